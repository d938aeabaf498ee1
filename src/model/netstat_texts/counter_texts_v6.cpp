#include <array>

#include "model/netstat_texts/counter_texts.h"

namespace tcpdx::netstat {
namespace {

constexpr std::array kIp6{
    CounterText{"Ip6FragCreates", "{} fragments created", CounterKind::NonZero},
    CounterText{"Ip6FragFails", "{} outgoing packets failed fragmentation", CounterKind::NonZero},
    CounterText{"Ip6FragOKs", "{} outgoing packets fragmented ok", CounterKind::NonZero},
    CounterText{"Ip6InAddrErrors", "{} with invalid addresses", CounterKind::NonZero},
    CounterText{"Ip6InDelivers", "{} incoming packets delivered", CounterKind::Always},
    CounterText{"Ip6InDiscards", "{} incoming packets discarded", CounterKind::Always},
    CounterText{"Ip6InHdrErrors", "{} with invalid headers", CounterKind::NonZero},
    CounterText{"Ip6InMcastPkts", "{} incoming multicast packets", CounterKind::NonZero},
    CounterText{"Ip6InNoRoutes", "{} incoming packets with no route", CounterKind::NonZero},
    CounterText{"Ip6InReceives", "{} total packets received", CounterKind::Always},
    CounterText{"Ip6InTooBigErrors", "{} with packets too big", CounterKind::NonZero},
    CounterText{"Ip6InTruncatedPkts", "{} with truncated packets", CounterKind::NonZero},
    CounterText{"Ip6InUnknownProtos", "{} with unknown protocol", CounterKind::NonZero},
    CounterText{"Ip6OutDiscards", "{} outgoing packets dropped", CounterKind::NonZero},
    CounterText{"Ip6OutForwDatagrams", "{} forwarded", CounterKind::Always},
    CounterText{"Ip6OutMcastPkts", "{} outgoing multicast packets", CounterKind::NonZero},
    CounterText{"Ip6OutNoRoutes", "{} dropped because of missing route", CounterKind::NonZero},
    CounterText{"Ip6OutRequests", "{} requests sent out", CounterKind::Always},
    CounterText{"Ip6ReasmFails", "{} packet reassemblies failed", CounterKind::NonZero},
    CounterText{"Ip6ReasmOKs", "{} packets reassembled ok", CounterKind::NonZero},
    CounterText{"Ip6ReasmReqds", "{} reassemblies required", CounterKind::NonZero},
    CounterText{"Ip6ReasmTimeout", "{} fragments dropped after timeout", CounterKind::NonZero},
};

constexpr std::array kIcmp6{
    CounterText{"Icmp6InDestUnreachs", "destination unreachable: {}", CounterKind::IcmpIn},
    CounterText{"Icmp6InEchoReplies", "echo replies: {}", CounterKind::IcmpIn},
    CounterText{"Icmp6InEchos", "echo requests: {}", CounterKind::IcmpIn},
    CounterText{"Icmp6InErrors", "{} input ICMP message failed", CounterKind::Always},
    CounterText{"Icmp6InGroupMembQueries", "group member queries: {}", CounterKind::IcmpIn},
    CounterText{"Icmp6InGroupMembReductions", "group member reductions: {}", CounterKind::IcmpIn},
    CounterText{"Icmp6InGroupMembResponses", "group member responses: {}", CounterKind::IcmpIn},
    CounterText{"Icmp6InMsgs", "{} ICMP messages received", CounterKind::Always},
    CounterText{"Icmp6InNeighborAdvertisements", "neighbour advertisement: {}",
                CounterKind::IcmpIn},
    CounterText{"Icmp6InNeighborSolicits", "neighbour solicits: {}", CounterKind::IcmpIn},
    CounterText{"Icmp6InParmProblems", "parameter problem: {}", CounterKind::IcmpIn},
    CounterText{"Icmp6InPktTooBigs", "packets too big: {}", CounterKind::IcmpIn},
    CounterText{"Icmp6InRedirects", "redirects: {}", CounterKind::IcmpIn},
    CounterText{"Icmp6InRouterAdvertisements", "router advertisement: {}", CounterKind::IcmpIn},
    CounterText{"Icmp6InRouterSolicits", "router solicits: {}", CounterKind::IcmpIn},
    CounterText{"Icmp6InTimeExcds", "received ICMPv6 time exceeded: {}", CounterKind::IcmpIn},
    CounterText{"Icmp6OutDestUnreachs", "destination unreachable: {}", CounterKind::IcmpOut},
    CounterText{"Icmp6OutEchoReplies", "echo replies: {}", CounterKind::IcmpOut},
    CounterText{"Icmp6OutEchos", "echo requests: {}", CounterKind::IcmpOut},
    CounterText{"Icmp6OutGroupMembQueries", "group member queries: {}", CounterKind::IcmpOut},
    CounterText{"Icmp6OutGroupMembReductions", "group member reductions: {}", CounterKind::IcmpOut},
    CounterText{"Icmp6OutGroupMembResponses", "group member responses: {}", CounterKind::IcmpOut},
    CounterText{"Icmp6OutMsgs", "{} ICMP messages sent", CounterKind::Always},
    CounterText{"Icmp6OutNeighborAdvertisements", "neighbor advertisements: {}",
                CounterKind::IcmpOut},
    CounterText{"Icmp6OutNeighborSolicits", "neighbor solicits: {}", CounterKind::IcmpOut},
    CounterText{"Icmp6OutParmProblems", "parameter problem: {}", CounterKind::IcmpOut},
    CounterText{"Icmp6OutPktTooBigs", "packets too big: {}", CounterKind::IcmpOut},
    CounterText{"Icmp6OutRedirects", "redirects: {}", CounterKind::IcmpOut},
    CounterText{"Icmp6OutRouterAdvertisements ", "router advertisement: {}", CounterKind::IcmpOut},
    CounterText{"Icmp6OutRouterSolicits", "router solicits: {}", CounterKind::IcmpOut},
    CounterText{"Icmp6OutTimeExcds", "sent ICMPv6 time exceeded: {}", CounterKind::IcmpOut},
};

constexpr std::array kUdp6{
    CounterText{"Udp6InDatagrams", "{} packets received", CounterKind::Always},
    CounterText{"Udp6InErrors", "{} packet receive errors", CounterKind::Always},
    CounterText{"Udp6NoPorts", "{} packets to unknown port received", CounterKind::Always},
    CounterText{"Udp6OutDatagrams", "{} packets sent", CounterKind::Always},
};

}  // namespace

const std::span<const CounterText> kIp6Texts = kIp6;
const std::span<const CounterText> kIcmp6Texts = kIcmp6;
const std::span<const CounterText> kUdp6Texts = kUdp6;

}  // namespace tcpdx::netstat
