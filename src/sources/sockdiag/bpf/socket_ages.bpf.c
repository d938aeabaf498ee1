// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * Walks the TCP sockets of the reader's network namespace and writes how long
 * each one that is SYN_SENT, SYN_RECV or TIME_WAIT has been so, by the kernel's
 * own time stamps. sock_diag does not carry these.
 */
#include <linux/bpf.h>

#include "kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "socket_age_record.h"

#define TCP_SYN_SENT 2
#define TCP_TIME_WAIT 6
#define TCP_NEW_SYN_RECV 12

#define NSEC_PER_USEC 1000ULL
#define NSEC_PER_MSEC 1000000ULL
#define USEC_PER_MSEC 1000ULL

static __always_inline __u64 request_age_ms(struct sock_common *skc, __u64 now_ns)
{
	struct tcp_request_sock *req = bpf_skc_to_tcp_request_sock(skc);
	__u64 answered, now_us = now_ns / NSEC_PER_USEC;

	if (!req)
		return 0;
	answered = BPF_CORE_READ(req, snt_synack);
	/* A stamp in nanoseconds would lie far in the future of a microsecond clock. */
	if (answered > now_us)
		return answered < now_ns ? (now_ns - answered) / NSEC_PER_MSEC : 0;
	return answered ? (now_us - answered) / USEC_PER_MSEC : 0;
}

static __always_inline __u64 connect_age_ms(struct sock_common *skc, __u64 now_ns)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(skc);
	__u32 stamp;

	if (!tp)
		return 0;
	stamp = BPF_CORE_READ(tp, retrans_stamp);
	if (!stamp)
		return 0;
	/* tcp_usec_ts exists since 6.7; 32 bits of microseconds wrap after 71 minutes. */
	if (bpf_core_field_exists(tp->tcp_usec_ts) && BPF_CORE_READ_BITFIELD_PROBED(tp, tcp_usec_ts))
		return ((__u32)(now_ns / NSEC_PER_USEC) - stamp) / USEC_PER_MSEC;
	return (__u32)(now_ns / NSEC_PER_MSEC) - stamp;
}

static __always_inline __u64 time_wait_age_ms(struct sock_common *skc, __u64 now_ns)
{
	struct tcp_timewait_sock *tcptw = bpf_skc_to_tcp_timewait_sock(skc);

	if (!tcptw || !bpf_core_field_exists(tcptw->tw_sk.tw_entry_stamp))
		return 0;
	/* The stamp is of the mini-socket, so in substate FIN_WAIT2 it is that state's. */
	if (BPF_CORE_READ(tcptw, tw_sk.tw_substate) != TCP_TIME_WAIT)
		return 0;
	return (__u32)(now_ns / NSEC_PER_MSEC) - BPF_CORE_READ(tcptw, tw_sk.tw_entry_stamp);
}

SEC("iter/tcp")
int write_socket_ages(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct socket_age_record record = {};
	__u64 now_ns;

	if (!skc)
		return 0;
	now_ns = bpf_ktime_get_ns();
	switch (skc->skc_state) {
	case TCP_SYN_SENT:
		record.age_ms = connect_age_ms(skc, now_ns);
		break;
	case TCP_NEW_SYN_RECV:
		record.age_ms = request_age_ms(skc, now_ns);
		break;
	case TCP_TIME_WAIT:
		record.age_ms = time_wait_age_ms(skc, now_ns);
		break;
	default:
		return 0;
	}
	record.cookie = skc->skc_cookie.counter;
	/* No cookie: nobody has listed this socket yet, so nobody will ask for its age. */
	if (record.age_ms && record.cookie)
		bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
