#include "model/netstat_texts/counter_texts.h"

#include <array>

namespace tcpdx::netstat {
namespace {

constexpr std::array kIp{
    CounterText{"DefaultTTL", "", CounterKind::Hidden},
    CounterText{"ForwDatagrams", "{} forwarded", CounterKind::Always},
    CounterText{"FragCreates", "{} fragments created", CounterKind::NonZero},
    CounterText{"FragFails", "{} outgoing packets failed fragmentation", CounterKind::NonZero},
    CounterText{"FragOKs", "{} outgoing packets fragmented ok", CounterKind::NonZero},
    CounterText{"InAddrErrors", "{} with invalid addresses", CounterKind::NonZero},
    CounterText{"InDelivers", "{} incoming packets delivered", CounterKind::Always},
    CounterText{"InDiscards", "{} incoming packets discarded", CounterKind::Always},
    CounterText{"InHdrErrors", "{} with invalid headers", CounterKind::NonZero},
    CounterText{"InReceives", "{} total packets received", CounterKind::Always},
    CounterText{"InUnknownProtos", "{} with unknown protocol", CounterKind::NonZero},
    CounterText{"OutDiscards", "{} outgoing packets dropped", CounterKind::NonZero},
    CounterText{"OutNoRoutes", "{} dropped because of missing route", CounterKind::NonZero},
    CounterText{"OutRequests", "{} requests sent out", CounterKind::Always},
    CounterText{"ReasmFails", "{} packet reassemblies failed", CounterKind::NonZero},
    CounterText{"ReasmOKs", "{} packets reassembled ok", CounterKind::NonZero},
    CounterText{"ReasmReqds", "{} reassemblies required", CounterKind::NonZero},
    CounterText{"ReasmTimeout", "{} fragments dropped after timeout", CounterKind::NonZero},
};

constexpr std::array kIcmp{
    CounterText{"InAddrMaskReps", "address mask replies: {}", CounterKind::IcmpIn},
    CounterText{"InAddrMasks", "address mask request: {}", CounterKind::IcmpIn},
    CounterText{"InDestUnreachs", "destination unreachable: {}", CounterKind::IcmpIn},
    CounterText{"InEchoReps", "echo replies: {}", CounterKind::IcmpIn},
    CounterText{"InEchos", "echo requests: {}", CounterKind::IcmpIn},
    CounterText{"InErrors", "{} input ICMP message failed", CounterKind::Always},
    CounterText{"InMsgs", "{} ICMP messages received", CounterKind::Always},
    CounterText{"InParmProbs", "wrong parameters: {}", CounterKind::IcmpIn},
    CounterText{"InRedirects", "redirects: {}", CounterKind::IcmpIn},
    CounterText{"InSrcQuenchs", "source quenches: {}", CounterKind::IcmpIn},
    CounterText{"InTimeExcds", "timeout in transit: {}", CounterKind::IcmpIn},
    CounterText{"InTimestampReps", "timestamp reply: {}", CounterKind::IcmpIn},
    CounterText{"InTimestamps", "timestamp request: {}", CounterKind::IcmpIn},
    CounterText{"OutAddrMaskReps", "address mask replies: {}", CounterKind::IcmpOut},
    CounterText{"OutAddrMasks", "address mask requests: {}", CounterKind::IcmpOut},
    CounterText{"OutDestUnreachs", "destination unreachable: {}", CounterKind::IcmpOut},
    CounterText{"OutEchoReps", "echo replies: {}", CounterKind::IcmpOut},
    CounterText{"OutEchos", "echo requests: {}", CounterKind::IcmpOut},
    CounterText{"OutErrors", "{} ICMP messages failed", CounterKind::Always},
    CounterText{"OutMsgs", "{} ICMP messages sent", CounterKind::Always},
    CounterText{"OutParmProbs", "wrong parameters: {}", CounterKind::IcmpOut},
    CounterText{"OutRedirects", "redirect: {}", CounterKind::IcmpOut},
    CounterText{"OutSrcQuenchs", "source quench: {}", CounterKind::IcmpOut},
    CounterText{"OutTimeExcds", "time exceeded: {}", CounterKind::IcmpOut},
    CounterText{"OutTimestampReps", "timestamp replies: {}", CounterKind::IcmpOut},
    CounterText{"OutTimestamps", "timestamp requests: {}", CounterKind::IcmpOut},
};

constexpr std::array kUdp{
    CounterText{"InDatagrams", "{} packets received", CounterKind::Always},
    CounterText{"InErrors", "{} packet receive errors", CounterKind::Always},
    CounterText{"NoPorts", "{} packets to unknown port received", CounterKind::Always},
    CounterText{"OutDatagrams", "{} packets sent", CounterKind::Always},
    CounterText{"RcvbufErrors", "{} receive buffer errors", CounterKind::Always},
    CounterText{"SndbufErrors", "{} send buffer errors", CounterKind::Always},
};

constexpr std::array kSctp{
    CounterText{"SctpAborteds", "{} Number of Aborteds ", CounterKind::Always},
    CounterText{"SctpActiveEstabs", "{} Active Associations", CounterKind::Always},
    CounterText{"SctpChecksumErrors", "{} Number of Packets with invalid Checksum",
                CounterKind::Always},
    CounterText{"SctpCurrEstab", "{} Current Associations", CounterKind::Always},
    CounterText{"SctpFragUsrMsgs", "{} Number of messages fragmented", CounterKind::Always},
    CounterText{"SctpInCtrlChunks", "{} Number of control chunks received", CounterKind::Always},
    CounterText{"SctpInOrderChunks", "{} Number of ordered chunks received", CounterKind::Always},
    CounterText{"SctpInSCTPPacks", "{} Number of SCTP packets received", CounterKind::Always},
    CounterText{"SctpInUnorderChunks", "{} Number of Unordered chunks received",
                CounterKind::Always},
    CounterText{"SctpOutCtrlChunks", "{} Number of control chunks sent", CounterKind::Always},
    CounterText{"SctpOutOfBlues", "{} Number of Out of Blue packets", CounterKind::Always},
    CounterText{"SctpOutOrderChunks", "{} Number of ordered chunks sent", CounterKind::Always},
    CounterText{"SctpOutSCTPPacks", "{} Number of SCTP packets sent", CounterKind::Always},
    CounterText{"SctpOutUnorderChunks", "{} Number of Unordered chunks sent", CounterKind::Always},
    CounterText{"SctpPassiveEstabs", "{} Passive Associations", CounterKind::Always},
    CounterText{"SctpReasmUsrMsgs", "{} Number of messages reassembled ", CounterKind::Always},
    CounterText{"SctpShutdowns", "{} Number of Graceful Terminations", CounterKind::Always},
};

}  // namespace

const std::span<const CounterText> kIpTexts = kIp;
const std::span<const CounterText> kIcmpTexts = kIcmp;
const std::span<const CounterText> kUdpTexts = kUdp;
const std::span<const CounterText> kSctpTexts = kSctp;

}  // namespace tcpdx::netstat
