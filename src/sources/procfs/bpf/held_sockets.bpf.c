// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/* Lists every descriptor of every process that holds a TCP socket, in all network namespaces. */
#include <linux/bpf.h>

#include "kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "held_socket_event.h"

#define AF_INET 2
#define AF_INET6 10
#define TCP_PROTOCOL 6
#define MPTCP_PROTOCOL 262
#define TCP_CLOSE 7
#define INIT_PROCESS 1
/* SOCK_DONE of enum sock_flags in net/sock.h: the peer's FIN has come (tcp_fin). */
#define SOCK_DONE_BIT (1UL << 1)

/*
 * A connection that was reset in CLOSE_WAIT has seen a FIN, too, but the peer
 * then answered our data with the reset instead of acknowledging it.
 */
static __always_inline void write_end(struct held_socket_event *event, struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	event->error = sk->sk_err;
	event->finished = (sk->__sk_common.skc_flags & SOCK_DONE_BIT) &&
			  BPF_CORE_READ(tp, snd_una) == BPF_CORE_READ(tp, write_seq);
}

SEC("iter/task_file")
int held_sockets(struct bpf_iter__task_file *ctx)
{
	struct held_socket_event event = {};
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct task_struct *leader;
	struct socket *socket;
	struct sock *sk;

	/* Both are NULL in the call that ends the walk. */
	if (!task || !file)
		return 0;
	/* A record without an inode says that processes are not hidden from us. */
	if (task->tgid == INIT_PROCESS)
		bpf_seq_write(ctx->meta->seq, &event, sizeof(event));
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6))
		return 0;
	if (sk->sk_protocol != TCP_PROTOCOL && sk->sk_protocol != MPTCP_PROTOCOL)
		return 0;
	/*
	 * Threads share their process's descriptors. One that does not share them (unshare, or the
	 * main thread has ended) holds the socket for the process all the same.
	 */
	leader = task->group_leader;
	if (task->pid != task->tgid && task->files == leader->files)
		return 0;

	event.inode = file->f_inode->i_ino;
	event.network_namespace = sk->__sk_common.skc_net.net->ns.inum;
	event.process = task->tgid;
	event.descriptor = ctx->fd;
	/* skc_num is given back when a reset closes the socket; this copy stays. */
	event.local_port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	event.remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
	event.state = sk->__sk_common.skc_state;
	event.multipath = sk->sk_protocol == MPTCP_PROTOCOL;
	if (event.state == TCP_CLOSE && !event.multipath)
		write_end(&event, sk);
	BPF_CORE_READ_INTO(&event.process_name, leader, comm);
	bpf_seq_write(ctx->meta->seq, &event, sizeof(event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
