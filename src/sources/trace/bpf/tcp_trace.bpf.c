// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * Writes a record for everything that happens to a TCP connection's state, and
 * for what explains it. Tracepoints only. Each program stands alone: user space
 * leaves out the ones whose tracepoint this kernel does not have.
 */
#include <linux/bpf.h>
#include <stdbool.h>

#include "kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "trace_record.h"
#include "trace_output.h"
#include "trace_ends.h"

#define SOCK_DEAD_BIT (1UL << 0) /* enum sock_flags of net/sock.h */
#define SOCK_DONE_BIT (1UL << 1)
#define SHUTDOWN_MASK 3
#define PF_KTHREAD 0x00200000

/* What the running kernel has. Constants, so that the verifier drops what would not load. */
const volatile bool reset_has_reason = false;
const volatile bool retransmit_has_error = false;

/*
 * The process that used a socket last, so that only a new one makes a record.
 * Direct-mapped by cookie: a load and a compare, where a map with locks and
 * eviction would cost more than the rest. Two sockets that share a slot only
 * make a record too many.
 */
#define USER_SLOTS 65536
#define PROCESS_BITS 22 /* PID_MAX_LIMIT is 4 M */
__u64 users[USER_SLOTS] = {};

static __always_inline __u64 user_of(__u64 cookie)
{
	return cookie << PROCESS_BITS | bpf_get_current_pid_tgid() >> 32;
}

/* Sockets whose connection ended before their process closed them. The same kind of table. */
#define ENDED_SLOTS 4096
__u64 ended_in_use[ENDED_SLOTS] = {};

/* The reader's pid namespace; 0 when it is the host's, and numbers need no translation. */
const volatile __u64 pid_namespace_device = 0;
const volatile __u64 pid_namespace_inode = 0;

/* 0: a kernel thread, or a process that the reader's /proc does not show. */
static __always_inline __u32 present_process(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct bpf_pidns_info numbers = {};

	if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
		return 0;
	if (!pid_namespace_inode)
		return bpf_get_current_pid_tgid() >> 32;
	if (bpf_get_ns_current_pid_tgid(pid_namespace_device, pid_namespace_inode, &numbers,
					sizeof(numbers)))
		return 0;
	return numbers.tgid;
}

/* Of the process: threads call themselves whatever they like. */
static __always_inline void read_process_name(struct trace_record *record)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	BPF_CORE_READ_INTO(&record->process_name, task, group_leader, comm);
}

/*
 * The lock is owned only while a process works on the socket; packets and
 * timers wait for it then. So `current` is whoever uses the socket, never a
 * bystander that was interrupted.
 */
static __always_inline void read_user(struct trace_record *record, const struct sock *sk)
{
	if (!sk->sk_lock.owned)
		return;
	record->process = present_process();
	if (!record->process)
		return;
	record->flags |= TRACE_IN_CALL;
	read_process_name(record);
}

static __always_inline void read_flags(struct trace_record *record, const struct sock *sk)
{
	unsigned long flags = sk->__sk_common.skc_flags;

	if (flags & SOCK_DEAD_BIT)
		record->flags |= TRACE_ORPHAN;
	if (flags & SOCK_DONE_BIT)
		record->flags |= TRACE_PEER_FINISHED;
	if (sk->sk_shutdown == SHUTDOWN_MASK)
		record->flags |= TRACE_PROGRAM_CLOSED;
	record->error = sk->sk_err;
}

static __always_inline void read_counters(struct trace_record *record, struct tcp_sock *tp)
{
	record->flags |= TRACE_COUNTERS;
	record->bytes_acked = tp->bytes_acked;
	record->bytes_received = tp->bytes_received;
	record->retransmissions = tp->total_retrans;
	if (!tp->segs_out)
		record->flags |= TRACE_NOTHING_SENT;
}

static __always_inline bool begin(struct trace_record *record, struct sock *sk, __u8 kind)
{
	if (sk->sk_protocol != IPPROTO_TCP || !read_ends(record, &sk->__sk_common))
		return false;
	record->kind = kind;
	record->user = sk->sk_uid.val;
	record->new_state = sk->__sk_common.skc_state;
	return true;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, struct sock *sk, int old_state, int new_state)
{
	struct trace_record record = {};
	struct tcp_sock *tp;

	if (!begin(&record, sk, TRACE_STATE))
		return 0;
	record.old_state = old_state;
	record.new_state = new_state;
	if (old_state == TCP_LISTEN && new_state == TCP_SYN_RECV) {
		/*
		 * A new child. Before Linux 6.x its cookie is still the listener's and its
		 * addresses are not set: user space joins it by addresses, or not at all.
		 */
		if (!record.remote_port)
			return 0;
	} else {
		record.cookie = bpf_get_socket_cookie(sk);
	}
	read_flags(&record, sk);
	read_user(&record, sk);
	if (new_state == TCP_CLOSE || new_state == TCP_ESTABLISHED) {
		tp = bpf_skc_to_tcp_sock(sk);
		if (tp && new_state == TCP_CLOSE) {
			/* skc_num has been given back by now; this copy stays. */
			record.local_port = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
			read_counters(&record, tp);
		}
		/* The client's side knows only after the change to ESTABLISHED. */
		if (tp && BPF_CORE_READ_BITFIELD_PROBED(tp, syn_data_acked)) {
			record.flags |= TRACE_FAST_OPEN;
		}
	}
	if (!ends_wanted(&record))
		return 0;
	if (new_state == TCP_SYN_SENT && record.process)
		users[record.cookie & (USER_SLOTS - 1)] = user_of(record.cookie);
	if (new_state == TCP_CLOSE && old_state != TCP_LISTEN && !(record.flags & TRACE_ORPHAN))
		ended_in_use[record.cookie & (ENDED_SLOTS - 1)] = record.cookie;
	write_change(&record);
	return 0;
}

/* A process used the socket. A record only when it is another one than before. */
static __always_inline void note_user(struct sock *sk)
{
	struct trace_record record = {};
	__u64 cookie, user;

	if (sk->sk_protocol != IPPROTO_TCP || !namespace_wanted(&sk->__sk_common))
		return;
	cookie = bpf_get_socket_cookie(sk);
	user = user_of(cookie);
	if (users[cookie & (USER_SLOTS - 1)] == user)
		return;
	record.cookie = cookie;
	record.process = present_process();
	if (!record.process || !begin(&record, sk, TRACE_OWNER) || !ends_wanted(&record))
		return;
	users[cookie & (USER_SLOTS - 1)] = user;
	read_process_name(&record);
	write_detail(&record);
}

/* In the reader's context; in every kernel since 4.15. */
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(on_receive, struct sock *sk)
{
	/* Kernel threads and packet handlers read too (TLS, sockmap). */
	if (sk->sk_lock.owned)
		note_user(sk);
	return 0;
}

/* In the sender's context; since 6.3. */
SEC("tp_btf/sock_send_length")
int BPF_PROG(on_send, struct sock *sk, int length, int flags)
{
	note_user(sk);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(on_destroy, struct sock *sk)
{
	struct trace_record record = {};
	struct tcp_sock *tp;

	/* Only close() of a socket that a program still had; most end by packets and timers. */
	if (!sk->sk_lock.owned || !namespace_wanted(&sk->__sk_common))
		return 0;
	record.cookie = bpf_get_socket_cookie(sk);
	if (ended_in_use[record.cookie & (ENDED_SLOTS - 1)] != record.cookie)
		return 0;
	ended_in_use[record.cookie & (ENDED_SLOTS - 1)] = 0;
	if (!begin(&record, sk, TRACE_RELEASED))
		return 0;
	read_user(&record, sk);
	tp = bpf_skc_to_tcp_sock(sk);
	if (tp)
		record.local_port = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
	write_detail(&record);
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(on_retransmission, struct sock *sk)
{
	struct trace_record record = {};

	if (!begin(&record, sk, TRACE_RETRANSMISSION) || !ends_wanted(&record))
		return 0;
	record.cookie = bpf_get_socket_cookie(sk);
	/* err: minus the errno with which the packet failed to leave, or a queue's verdict. */
	if (retransmit_has_error && (int)ctx[2] < 0)
		record.error = -(int)ctx[2];
	write_detail(&record);
	return 0;
}

SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(on_syn_ack_repeated, struct sock *sk, struct request_sock *request)
{
	struct trace_record record = {};

	if (!read_ends(&record, &request->__req_common) || !ends_wanted(&record))
		return 0;
	record.kind = TRACE_SYN_ACK_REPEATED;
	record.new_state = TCP_SYN_RECV;
	record.cookie = request->__req_common.skc_cookie.counter;
	write_detail(&record);
	return 0;
}

SEC("tp_btf/inet_sk_error_report")
int BPF_PROG(on_error, struct sock *sk)
{
	struct trace_record record = {};

	record.error = sk->sk_err;
	/* Without an error it tells of a time stamp in the error queue. */
	if (!record.error || !begin(&record, sk, TRACE_ERROR) || !ends_wanted(&record))
		return 0;
	record.cookie = bpf_get_socket_cookie(sk);
	write_detail(&record);
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(on_reset_received, struct sock *sk)
{
	struct trace_record record = {};

	if (!begin(&record, sk, TRACE_RESET_RECEIVED) || !ends_wanted(&record))
		return 0;
	record.cookie = bpf_get_socket_cookie(sk);
	write_detail(&record);
	return 0;
}

/*
 * `skb` is the packet that is answered; none when the socket gives up by itself.
 * `sk` is the socket that resets, or none (nobody listens), or for a packet
 * outside of any connection what was found: a listener or a mini-socket. Some
 * verifiers take them for pointers that are never null, and would drop a check;
 * copied from memory they are plain numbers, which are read with probes.
 */
SEC("tp_btf/tcp_send_reset")
int BPF_PROG(on_reset_sent)
{
	struct trace_record record = {};
	struct sk_buff *skb;
	struct sock *sk;
	bool known;
	__u8 state;

	bpf_probe_read_kernel(&sk, sizeof(sk), &ctx[0]);
	bpf_probe_read_kernel(&skb, sizeof(skb), &ctx[1]);
	state = sk ? BPF_CORE_READ(sk, __sk_common.skc_state) : 0;
	known = skb && read_packet_ends(&record, skb, false);
	if (!known && (!state || !probe_ends(&record, &sk->__sk_common)))
		return 0;
	if (!ends_wanted(&record))
		return 0;
	record.kind = TRACE_RESET_SENT;
	record.new_state = state;
	record.cookie = 0;
	/* A listener's cookie would be taken for the connection's. */
	if (state && state != TCP_LISTEN) {
		record.flags |= TRACE_HAS_SOCKET;
		record.cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	}
	if (reset_has_reason)
		record.detail = ctx[2];
	write_detail(&record);
	return 0;
}

/* A socket that is closed throws away what it holds, the peer's FIN at least: no loss. */
const volatile __u32 reason_queue_purge = 0;

/* Only loaded where the tracepoint has a reason (5.17). */
SEC("tp_btf/kfree_skb")
int BPF_PROG(on_drop, struct sk_buff *skb, void *location, unsigned int reason)
{
	struct trace_record record = {};

	/* SKB_DROP_REASON_NOT_SPECIFIED and below tell nothing, and are often no loss at all. */
	if (reason <= 2 || reason == reason_queue_purge)
		return 0;
	if (!read_packet_ends(&record, skb, true) || !ends_wanted(&record))
		return 0;
	record.kind = TRACE_DROP;
	record.detail = reason;
	write_detail(&record);
	return 0;
}

#include "trace_timers.h"

char LICENSE[] SEC("license") = "GPL";
