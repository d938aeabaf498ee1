/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* One record of the iterator's output: a descriptor that holds a TCP socket. Shared with C++. */
#ifndef TCPDX_PROCFS_BPF_HELD_SOCKET_EVENT_H
#define TCPDX_PROCFS_BPF_HELD_SOCKET_EVENT_H

#include <linux/types.h>

struct held_socket_event {
	__u32 inode; /* 0: no socket, only a sign that process 1 was visited */
	__u32 network_namespace; /* inode of the socket's, not of the process's */
	__u32 process;
	__s32 descriptor;
	__u16 local_port;  /* host order; still there after a reset */
	__u16 remote_port; /* host order; 0 when never connected */
	__u8 state;        /* TCP_* of net/tcp_states.h */
	__u8 multipath;    /* an MPTCP socket, which shares its inode with its TCP subflows */
	__u8 finished;     /* in CLOSE: after both FINs, and all that was sent has arrived */
	__u8 error;        /* in CLOSE: errno that the program has not been told yet */
	char process_name[16]; /* of the process, not of the thread */
};

#ifdef __cplusplus
static_assert(sizeof(held_socket_event) == 40);
#endif

#endif
