/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * One record of the ring buffer, and the settings that user space gives the
 * programs. Shared by the BPF programs and C++. Everything is in host order but
 * the addresses; IPv4 ones are mapped (::ffff:a.b.c.d).
 */
#ifndef TCPDX_TRACE_BPF_TRACE_RECORD_H
#define TCPDX_TRACE_BPF_TRACE_RECORD_H

#include <linux/types.h>

enum trace_kind {
	TRACE_STATE = 1,          /* sock:inet_sock_set_state */
	TRACE_REQUEST_STARTED,    /* timer:timer_start of a request socket: SYN+ACK sent (again) */
	TRACE_REQUEST_EXPIRED,    /* timer:timer_expire_entry: it was not answered in time */
	TRACE_REQUEST_STOPPED,    /* timer:timer_cancel: it became a connection, or was dropped */
	TRACE_TIME_WAIT_STARTED,  /* the same three of a TIME_WAIT mini-socket; */
	TRACE_TIME_WAIT_EXPIRED,  /* new_state is its substate, TIME_WAIT or FIN_WAIT2 */
	TRACE_TIME_WAIT_STOPPED,
	TRACE_RETRANSMISSION,     /* tcp:tcp_retransmit_skb */
	TRACE_SYN_ACK_REPEATED,   /* tcp:tcp_retransmit_synack */
	TRACE_RESET_SENT,         /* tcp:tcp_send_reset */
	TRACE_RESET_RECEIVED,     /* tcp:tcp_receive_reset */
	TRACE_ERROR,              /* sock:inet_sk_error_report */
	TRACE_DROP,               /* skb:kfree_skb */
	TRACE_OWNER,              /* a process used the socket for the first time */
	TRACE_RELEASED,           /* tcp:tcp_destroy_sock of one that had ended in use */
	TRACE_KIND_END,
};

enum trace_flags {
	TRACE_IN_CALL = 1 << 0,         /* a process held the socket's lock: `process` is its user */
	TRACE_ORPHAN = 1 << 1,          /* SOCK_DEAD: no process has it any more */
	TRACE_PEER_FINISHED = 1 << 2,   /* SOCK_DONE: the peer's FIN has come */
	TRACE_NOTHING_SENT = 1 << 3,    /* not one segment was ever sent */
	TRACE_FAST_OPEN = 1 << 4,       /* data in the SYN was taken */
	TRACE_COUNTERS = 1 << 5,        /* bytes_* and retransmissions are filled in */
	TRACE_HAS_SOCKET = 1 << 6,      /* of a reset or drop: a socket was found for the packet */
	TRACE_LEAVING = 1 << 7,         /* of a drop: on its way out of this host */
	TRACE_PROGRAM_CLOSED = 1 << 8,  /* sk_shutdown: close(), or shutdown() both ways */
};

struct trace_record {
	__u64 monotonic_ns;
	__u64 cookie;            /* 0: this kernel object has none (yet) */
	__u64 bytes_acked;       /* at the end of a full socket */
	__u64 bytes_received;
	__u32 network_namespace; /* inode; 0: not known */
	__u32 process;           /* thread group id; 0: none took part */
	__u32 retransmissions;
	__u32 detail; /* reason of reset or drop; of TIME_WAIT_*: ms when the substate began, or 0 */
	__u16 local_port;
	__u16 remote_port;
	__u16 error; /* sk_err; of a retransmission: why it could not leave */
	__u8 kind;
	__u8 family;    /* AF_INET, AF_INET6 */
	__u8 old_state; /* TCP_* of net/tcp_states.h */
	__u8 new_state; /* of anything but a change: the present one */
	__u16 flags;
	__u32 user; /* of changes, and of TRACE_OWNER: uid of the socket */
	__u8 local_address[16];
	__u8 remote_address[16];
	char process_name[16]; /* of the process, not of the thread */
};

/* One condition on a connection's ends. All of its limits have to hold. */
struct trace_area {
	__u64 local_prefix[2]; /* as stored, in network order */
	__u64 local_mask[2];
	__u64 remote_prefix[2];
	__u64 remote_mask[2];
	__u16 lowest_local_port;
	__u16 highest_local_port;
	__u16 lowest_remote_port;
	__u16 highest_remote_port;
	__u32 family; /* 0: either */
	__u32 reserved;
};

#define TRACE_MOST_AREAS 4

/* Records that the ring had no room for, per CPU. */
struct trace_losses {
	__u64 changes; /* what takes a connection from state to state */
	__u64 details; /* the rest: given up first */
};

#define TRACE_MOST_CPUS 1024

#ifdef __cplusplus
static_assert(sizeof(trace_record) == 112);
static_assert(sizeof(trace_area) == 80);
#endif

#endif
