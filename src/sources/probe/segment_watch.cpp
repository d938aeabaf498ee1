#include "sources/probe/segment_watch.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/i18n.h"
#include "sources/probe/kernel_address.h"
#include "wire/ip_header.h"
#include "wire/ip_packet.h"

namespace tcpdx::probe {
namespace {

constexpr std::size_t kLongestHeaders = 40 + 256 + 60;  // IPv6 with extensions, TCP with options
sock_filter statement(int code, std::uint32_t value) {
    return {static_cast<std::uint16_t>(code), 0, 0, value};
}

sock_filter jump(int code, std::uint32_t value, std::uint8_t if_true, std::uint8_t if_false) {
    return {static_cast<std::uint16_t>(code), if_true, if_false, value};
}

// Classic BPF: accepts TCP and ICMP with `peer` as source or destination. At a SOCK_DGRAM packet
// socket offsets count from the IP header, for both directions.
std::vector<sock_filter> filter_for(const IpAddress& peer) {
    const bool v4 = peer.family == IpFamily::V4;
    const std::uint32_t words = v4 ? 1 : 4;
    const std::size_t first_byte = v4 ? 12 : 0;
    const std::uint32_t source = v4 ? 12 : 8;
    const std::uint32_t destination = v4 ? 16 : 24;

    std::vector<sock_filter> code;
    // Of each address: a load and a comparison per word, and one jump to the end.
    const auto words8 = static_cast<std::uint8_t>(words);
    const auto reject_from = [&](std::size_t at) {
        return static_cast<std::uint8_t>(6 + 2 * words + 1 + 2 * words + 1 - at - 1);
    };
    code.push_back(statement(BPF_LD | BPF_B | BPF_ABS, 0));
    code.push_back(statement(BPF_ALU | BPF_RSH | BPF_K, 4));
    code.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, v4 ? 4 : 6, 0, reject_from(2)));
    // An extension header of IPv6 in front of TCP hides it here; nothing that we do makes one.
    code.push_back(statement(BPF_LD | BPF_B | BPF_ABS, v4 ? 9 : 6));
    code.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, wire::kProtocolTcp, 1, 0));
    code.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, v4 ? wire::kProtocolIcmp : wire::kProtocolIcmpV6,
                        0, reject_from(5)));
    for (const std::uint32_t offset : {source, destination}) {
        for (std::uint32_t word = 0; word < words; ++word) {
            std::uint32_t value = 0;
            std::memcpy(&value, peer.bytes.data() + first_byte + word * 4, 4);
            code.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offset + word * 4));
            // A difference leads past the rest of this address and its "accept".
            const auto left = static_cast<std::uint8_t>(2 * (words8 - word - 1) + 1);
            code.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, ntohl(value), 0, left));
        }
        code.push_back(statement(BPF_RET | BPF_K, kLongestHeaders));
    }
    code.push_back(statement(BPF_RET | BPF_K, 0));
    return code;
}

IpAddress address_of(std::span<const std::uint8_t> octets) {
    IpAddress address = IpAddress::any(octets.size() == 4 ? IpFamily::V4 : IpFamily::V6);
    std::copy(octets.begin(), octets.end(),
              address.bytes.begin() + static_cast<std::ptrdiff_t>(16 - octets.size()));
    return address;
}

std::chrono::system_clock::time_point time_of(msghdr& message) {
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        timespec stamp{};
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPNS &&
            header->cmsg_len >= CMSG_LEN(sizeof stamp)) {
            std::memcpy(&stamp, CMSG_DATA(header), sizeof stamp);
            return std::chrono::system_clock::time_point(std::chrono::seconds(stamp.tv_sec) +
                                                         std::chrono::nanoseconds(stamp.tv_nsec));
        }
    }
    return std::chrono::system_clock::now();
}

}  // namespace

Result<SegmentWatch> SegmentWatch::open(const IpAddress& peer) {
    // Protocol 0 captures nothing, so that the filter is there before the first packet.
    SegmentWatch watch(UniqueFd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
    if (!watch.socket_) {
        return os_failure(N_("opening a packet socket"));
    }
    const int socket = watch.socket_.get();
    std::vector<sock_filter> code = filter_for(peer);
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    if (::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
        return os_failure(N_("filtering a packet socket"));
    }
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    const int bytes = 1 << 20;
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    sockaddr_ll everything{};
    everything.sll_family = AF_PACKET;
    everything.sll_protocol = htons(ETH_P_ALL);  // only this one sees what goes out
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&everything), sizeof everything) != 0) {
        return os_failure(N_("binding a packet socket"));
    }
    return watch;
}

std::vector<SeenSegment> SegmentWatch::take() {
    std::vector<SeenSegment> segments;
    for (;;) {
        std::array<std::byte, kLongestHeaders> headers{};
        alignas(cmsghdr) std::array<std::byte, 128> control{};
        iovec part{headers.data(), headers.size()};
        sockaddr_ll from{};
        msghdr message{};
        message.msg_name = &from;
        message.msg_namelen = sizeof from;
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t size = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT);
        if (size < 0) {
            return segments;
        }
        const auto packet =
            wire::parse_ip(std::span(headers).first(static_cast<std::size_t>(size)));
        if (!packet || packet->later_fragment) {
            continue;
        }
        const bool outgoing = from.sll_pkttype == PACKET_OUTGOING;
        if (packet->protocol != wire::kProtocolTcp) {
            keep_icmp_error(*packet, outgoing);
            continue;
        }
        const auto segment = wire::parse_tcp(packet->payload);
        if (!segment) {
            continue;
        }
        segments.push_back({
            .outgoing = outgoing,
            .source = {address_of(packet->source), segment->source_port},
            .destination = {address_of(packet->destination), segment->destination_port},
            .flags = segment->flags,
            .sequence = segment->sequence,
            .acknowledgment = segment->acknowledgment,
            .payload_bytes = segment->payload.size(),
            .hop_limit = packet->hop_limit,
            .time = time_of(message),
        });
    }
}

void SegmentWatch::keep_icmp_error(const wire::IpPacket& packet, bool outgoing) {
    const IpFamily family = packet.version == 4 ? IpFamily::V4 : IpFamily::V6;
    const std::uint8_t icmp = family == IpFamily::V4 ? wire::kProtocolIcmp : wire::kProtocolIcmpV6;
    if (packet.protocol != icmp) {
        return;
    }
    if (const auto error = wire::parse_icmp_error_about_tcp(family, packet.payload)) {
        icmp_errors_.push_back({outgoing, address_of(packet.destination), *error});
    }
}

std::vector<SeenIcmpError> SegmentWatch::take_icmp_errors() {
    return std::exchange(icmp_errors_, {});
}

std::uint64_t SegmentWatch::dropped() {
    tpacket_stats statistics{};
    socklen_t size = sizeof statistics;
    if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0) {
        dropped_ += statistics.tp_drops;  // reading sets the kernel's count back
    }
    return dropped_;
}

}  // namespace tcpdx::probe
