/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The two ends of a connection: reading them, and whether they are wanted. */
#ifndef TCPDX_TRACE_BPF_TRACE_ENDS_H
#define TCPDX_TRACE_BPF_TRACE_ENDS_H

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86DD

#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
#define TCP_SYN_RECV 3
#define TCP_FIN_WAIT2 5
#define TCP_TIME_WAIT 6
#define TCP_CLOSE 7
#define TCP_LISTEN 10

/* What the reader wants to see. Constants by the time the verifier comes. */
const volatile __u32 only_namespace = 0; /* inode; 0: all */
const volatile __u32 area_count = 0;     /* 0: all */
const volatile struct trace_area areas[TRACE_MOST_AREAS] = {};

static __always_inline bool namespace_wanted(const struct sock_common *skc)
{
	return !only_namespace || skc->skc_net.net->ns.inum == only_namespace;
}

static __always_inline void map_ipv4(__u8 *address, __be32 ipv4)
{
	__u32 *words = (__u32 *)address;

	words[0] = 0;
	words[1] = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = ipv4;
}

/* Of an object whose type the verifier knows. False: in a namespace that is not wanted. */
static __always_inline bool read_ends(struct trace_record *record, const struct sock_common *skc)
{
	record->network_namespace = skc->skc_net.net->ns.inum;
	if (only_namespace && record->network_namespace != only_namespace)
		return false;
	record->family = skc->skc_family;
	record->local_port = skc->skc_num;
	record->remote_port = bpf_ntohs(skc->skc_dport);
	if (record->family == AF_INET6 && bpf_core_field_exists(skc->skc_v6_daddr)) {
		BPF_CORE_READ_INTO(&record->local_address, skc, skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&record->remote_address, skc, skc_v6_daddr);
	} else {
		map_ipv4(record->local_address, skc->skc_rcv_saddr);
		map_ipv4(record->remote_address, skc->skc_daddr);
	}
	return true;
}

/* Of an object that is known by its address only. */
static __always_inline bool probe_ends(struct trace_record *record, struct sock_common *skc)
{
	record->network_namespace = BPF_CORE_READ(skc, skc_net.net, ns.inum);
	if (only_namespace && record->network_namespace != only_namespace)
		return false;
	record->cookie = BPF_CORE_READ(skc, skc_cookie.counter);
	record->family = BPF_CORE_READ(skc, skc_family);
	record->local_port = BPF_CORE_READ(skc, skc_num);
	record->remote_port = bpf_ntohs(BPF_CORE_READ(skc, skc_dport));
	if (record->family == AF_INET6 && bpf_core_field_exists(skc->skc_v6_daddr)) {
		BPF_CORE_READ_INTO(&record->local_address, skc, skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&record->remote_address, skc, skc_v6_daddr);
	} else {
		map_ipv4(record->local_address, BPF_CORE_READ(skc, skc_rcv_saddr));
		map_ipv4(record->remote_address, BPF_CORE_READ(skc, skc_daddr));
	}
	return true;
}

/*
 * Of a packet that is here as received: its destination is the local end. A
 * dropped one may be on its way out; the socket it belongs to tells by its port.
 */
static __always_inline bool read_packet_ends(struct trace_record *record, struct sk_buff *skb,
					     bool may_be_leaving)
{
	unsigned char *network = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	unsigned char *end = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, tail);
	__u16 protocol = bpf_ntohs(BPF_CORE_READ(skb, protocol));
	struct net_device *dev = BPF_CORE_READ(skb, dev);
	struct sock *sk = BPF_CORE_READ(skb, sk);
	unsigned char *transport;
	__u16 ports[2];
	__u8 source[16], destination[16];

	if (dev)
		record->network_namespace = BPF_CORE_READ(dev, nd_net.net, ns.inum);
	else if (sk)
		record->network_namespace = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	if (only_namespace && record->network_namespace != only_namespace)
		return false;
	if (protocol == ETH_P_IP) {
		__u8 header[20];

		if (bpf_probe_read_kernel(header, sizeof(header), network) || header[9] != IPPROTO_TCP)
			return false;
		/* Only the first fragment has ports. */
		if (header[7] || header[6] & 0x1f)
			return false;
		map_ipv4(source, *(__u32 *)(header + 12));
		map_ipv4(destination, *(__u32 *)(header + 16));
		transport = network + (header[0] & 0xf) * 4;
		record->family = AF_INET;
	} else if (protocol == ETH_P_IPV6) {
		__u8 header[40];

		if (bpf_probe_read_kernel(header, sizeof(header), network) || header[6] != IPPROTO_TCP)
			return false;
		__builtin_memcpy(source, header + 8, 16);
		__builtin_memcpy(destination, header + 24, 16);
		transport = network + 40;
		record->family = AF_INET6;
	} else {
		return false;
	}
	if (transport + sizeof(ports) > end || bpf_probe_read_kernel(ports, sizeof(ports), transport))
		return false;
	if (may_be_leaving && sk && BPF_CORE_READ(sk, __sk_common.skc_num) == bpf_ntohs(ports[0]) &&
	    BPF_CORE_READ(sk, __sk_common.skc_num) != bpf_ntohs(ports[1])) {
		__builtin_memcpy(record->local_address, source, 16);
		__builtin_memcpy(record->remote_address, destination, 16);
		record->local_port = bpf_ntohs(ports[0]);
		record->remote_port = bpf_ntohs(ports[1]);
		record->flags |= TRACE_HAS_SOCKET | TRACE_LEAVING;
	} else {
		__builtin_memcpy(record->local_address, destination, 16);
		__builtin_memcpy(record->remote_address, source, 16);
		record->local_port = bpf_ntohs(ports[1]);
		record->remote_port = bpf_ntohs(ports[0]);
	}
	return true;
}

static __always_inline bool prefix_fits(const __u8 *address, const volatile __u64 *prefix,
					const volatile __u64 *mask)
{
	const __u64 *words = (const __u64 *)address;

	return (words[0] & mask[0]) == prefix[0] && (words[1] & mask[1]) == prefix[1];
}

/*
 * A port 0 is one that is not chosen yet (connect() binds after the change to
 * SYN_SENT), so it fits; user space asks again when it is known.
 */
static __always_inline bool port_fits(__u16 port, __u16 lowest, __u16 highest)
{
	return !port || (port >= lowest && port <= highest);
}

static __always_inline bool ends_wanted(const struct trace_record *record)
{
	if (!area_count)
		return true;
#pragma unroll
	for (__u32 i = 0; i < TRACE_MOST_AREAS; i++) {
		const volatile struct trace_area *area = &areas[i];

		if (i >= area_count)
			break;
		if ((!area->family || area->family == record->family) &&
		    port_fits(record->local_port, area->lowest_local_port, area->highest_local_port) &&
		    port_fits(record->remote_port, area->lowest_remote_port,
			      area->highest_remote_port) &&
		    prefix_fits(record->local_address, area->local_prefix, area->local_mask) &&
		    prefix_fits(record->remote_address, area->remote_prefix, area->remote_mask))
			return true;
	}
	return false;
}

#endif
