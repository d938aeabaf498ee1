/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * The few kernel types that the iterator reads, written by hand for CO-RE: the
 * names and types matter, order and padding do not (libbpf patches in the true
 * offsets from the BTF of the running kernel).
 */
#ifndef TCPDX_SOCKDIAG_BPF_KERNEL_TYPES_H
#define TCPDX_SOCKDIAG_BPF_KERNEL_TYPES_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	__s64 counter;
} atomic64_t;

struct sock_common {
	volatile unsigned char skc_state;
	atomic64_t skc_cookie;
};

struct sock {
	struct sock_common __sk_common;
};

struct tcp_sock {
	__u32 retrans_stamp;
	__u8 tcp_usec_ts : 1;
};

/* Microseconds of the monotonic clock up to Linux 6.x, later nanoseconds. */
struct tcp_request_sock {
	__u64 snt_synack;
};

/*
 * skc_state says TCP_TIME_WAIT for an orphan in FIN_WAIT2 too; the substate
 * tells. tw_entry_stamp came with net.ipv4.tcp_tw_reuse_delay.
 */
struct inet_timewait_sock {
	struct sock_common __tw_common;
	volatile unsigned char tw_substate;
	__u32 tw_entry_stamp;
};

struct tcp_timewait_sock {
	struct inet_timewait_sock tw_sk;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
	__u32 uid;
};

#pragma clang attribute pop

#endif
