/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * Request sockets and TIME_WAIT mini-sockets change no state that a tracepoint
 * tells of, but each has a timer, and the timer's handler says what it belongs
 * to. A timer that is moved within its slot of the timer wheel (some seconds
 * wide at 60 s) makes no event: FIN_WAIT2 that becomes TIME_WAIT soon after it
 * began shows by the packet that did it (6.11), or when the timer runs out.
 */
#ifndef TCPDX_TRACE_BPF_TRACE_TIMERS_H
#define TCPDX_TRACE_BPF_TRACE_TIMERS_H

/*
 * Addresses of the handlers, from /proc/kallsyms: they are static functions. 0:
 * not known, or the object does not have its timer where we look for it.
 */
const volatile __u64 request_handler = 0;
const volatile __u64 time_wait_handler = 0;

static __always_inline void on_request_timer(struct timer_list *timer, __u8 step)
{
	struct request_sock *request =
		(void *)timer - bpf_core_field_offset(struct request_sock, rsk_timer);
	struct trace_record record = {};

	if (!probe_ends(&record, &request->__req_common) || !ends_wanted(&record))
		return;
	record.kind = TRACE_REQUEST_STARTED + step;
	record.new_state = TCP_SYN_RECV;
	write_change(&record);
}

static __always_inline void on_time_wait(struct inet_timewait_sock *tw, __u8 step)
{
	struct trace_record record = {};

	if (!probe_ends(&record, &tw->__tw_common) || !ends_wanted(&record))
		return;
	record.kind = TRACE_TIME_WAIT_STARTED + step;
	record.new_state = BPF_CORE_READ(tw, tw_substate);
	if (bpf_core_field_exists(tw->tw_entry_stamp))
		record.detail = BPF_CORE_READ(tw, tw_entry_stamp);
	write_change(&record);
}

static __always_inline void on_time_wait_timer(struct timer_list *timer, __u8 step)
{
	on_time_wait((void *)timer - bpf_core_field_offset(struct inet_timewait_sock, tw_timer), step);
}

#define FIN_FLAG 0x01

static __always_inline bool has_fin(struct sk_buff *skb)
{
	unsigned char *transport = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, transport_header);
	__u8 flags = 0;

	bpf_probe_read_kernel(&flags, sizeof(flags), transport + 13);
	return flags & FIN_FLAG;
}

/*
 * The peer's FIN for a mini-socket in FIN_WAIT2. Once it is answered the packet
 * is thrown away, without a reason but with the socket that it was for. Only
 * loaded where the tracepoint has that (6.11). It is taken as in on_reset_sent():
 * most packets have none.
 */
SEC("tp_btf/kfree_skb")
int BPF_PROG(on_late_fin)
{
	struct sk_buff *skb;
	struct sock *sk;

	bpf_probe_read_kernel(&skb, sizeof(skb), &ctx[0]);
	bpf_probe_read_kernel(&sk, sizeof(sk), &ctx[3]);
	if (!sk || BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_TIME_WAIT)
		return 0;
	if (BPF_CORE_READ((struct inet_timewait_sock *)sk, tw_substate) == TCP_TIME_WAIT && has_fin(skb))
		on_time_wait((struct inet_timewait_sock *)sk, 0);
	return 0;
}

/* Nearly all timers are somebody else's, so this has to be quick about them. */
static __always_inline int on_timer(struct timer_list *timer, __u8 step)
{
	__u64 handler = (__u64)timer->function;

	/* A zero is a constant for the verifier, who then leaves out what would not load. */
	if (request_handler && handler == request_handler)
		on_request_timer(timer, step);
	else if (time_wait_handler && handler == time_wait_handler)
		on_time_wait_timer(timer, step);
	return 0;
}

SEC("tp_btf/timer_start")
int BPF_PROG(on_timer_start, struct timer_list *timer)
{
	return on_timer(timer, 0);
}

SEC("tp_btf/timer_expire_entry")
int BPF_PROG(on_timer_expire, struct timer_list *timer)
{
	return on_timer(timer, 1);
}

SEC("tp_btf/timer_cancel")
int BPF_PROG(on_timer_cancel, struct timer_list *timer)
{
	return on_timer(timer, 2);
}

#endif
