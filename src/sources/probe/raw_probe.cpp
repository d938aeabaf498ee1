#include "sources/probe/raw_probe.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>

#include "wire/checksum.h"
#include "wire/tcp_header.h"

namespace tcpdx::probe {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// A port of ours that nobody else gets while the socket lives.
struct ReservedPort {
    UniqueFd socket;
    SocketAddress address;
};

std::optional<ReservedPort> reserve_port(const IpAddress& source) {
    ReservedPort reserved;
    reserved.socket =
        UniqueFd(::socket(kernel_family(source.family), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const KernelAddress local =
        kernel_address({.address = {IpAddress::any(source.family), 0}, .interface = 0});
    if (!reserved.socket || ::bind(reserved.socket.get(), local.get(), local.size) != 0) {
        return std::nullopt;
    }
    const auto bound = local_address_of(reserved.socket.get());
    if (!bound) {
        return std::nullopt;
    }
    reserved.address = {source, bound->port};
    return reserved;
}

wire::TcpFlags flags_of(RawProbe::Segment segment) {
    switch (segment) {
        case RawProbe::Segment::Syn:
            return {.syn = true};
        case RawProbe::Segment::Ack:
            return {.ack = true};
        case RawProbe::Segment::Fin:
            return {.fin = true};
    }
    return {};
}

int send_segment(RawProbe::Segment segment, const SocketAddress& source, const Target& target) {
    static std::mt19937 random{std::random_device{}()};
    wire::TcpSegment bare{.source_port = source.port,
                          .destination_port = target.address.port,
                          .sequence = static_cast<std::uint32_t>(random()),
                          .window = 1024,
                          .flags = flags_of(segment)};
    if (segment == RawProbe::Segment::Ack) {
        bare.acknowledgment = static_cast<std::uint32_t>(random());
    }
    std::array<std::byte, 20> bytes{};
    if (wire::write_tcp(bare, bytes) != bytes.size()) {
        return EMSGSIZE;  // it has neither options nor data
    }
    const std::uint16_t checksum =
        wire::tcp_checksum(source.address, target.address.address, bytes);
    bytes[16] = static_cast<std::byte>(checksum >> 8);
    bytes[17] = static_cast<std::byte>(checksum & 0xff);
    // Open only while sending: a raw socket is given every TCP segment that comes in.
    const UniqueFd raw(::socket(kernel_family(target.address.address.family),
                                SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP));
    if (!raw) {
        return errno;
    }
    Target remote = target;
    remote.address.port = 0;  // a raw IPv6 socket takes it for the protocol
    const KernelAddress address = kernel_address(remote);
    return ::sendto(raw.get(), bytes.data(), bytes.size(), 0, address.get(), address.size) < 0
               ? errno
               : 0;
}

RawProbe::Answer answer_of(const wire::TcpFlags& flags) {
    if (flags.rst) {
        return RawProbe::Answer::Reset;
    }
    return flags.syn && flags.ack ? RawProbe::Answer::SynAck : RawProbe::Answer::Ack;
}

}  // namespace

RawProbe send_raw_probe(RawProbe::Segment segment, const Target& target, SegmentWatch& watch,
                        milliseconds patience, std::uint32_t tries, const Stop& stop) {
    RawProbe probe{.segment = segment, .port = target.address.port};
    const auto source = source_towards(target);
    const auto reserved = source ? reserve_port(*source) : std::nullopt;
    if (!reserved) {
        probe.send_error = EADDRNOTAVAIL;
        return probe;
    }
    while (probe.tries < tries && !stop()) {
        ++probe.tries;
        const auto start = Clock::now();
        probe.send_error = send_segment(segment, reserved->address, target);
        if (probe.send_error != 0) {
            return probe;
        }
        while (Clock::now() < start + patience && !stop()) {
            for (const SeenSegment& seen : watch.take()) {
                if (!seen.outgoing && seen.source == target.address &&
                    seen.destination.port == reserved->address.port) {
                    probe.answer = answer_of(seen.flags);
                    probe.ttl = seen.hop_limit;
                    probe.after =
                        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
                    return probe;
                }
            }
            wait_until(std::min(Clock::now() + milliseconds(5), start + patience), stop);
        }
    }
    return probe;
}

}  // namespace tcpdx::probe
