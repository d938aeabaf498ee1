#include "wire/icmp_error.h"

#include "wire/byte_cursor.h"
#include "wire/ip_header.h"

// RFC 792 and RFC 4443, 2.1: type 0, code 1, checksum 2, a field of the type 4, then as much of the
// packet as fits; of TCP at least both ports and the sequence number.

namespace tcpdx::wire {
namespace {

bool is_error(IpFamily family, std::uint8_t type) {
    if (family == IpFamily::V4) {
        // Unreachable, source quench, redirect, time exceeded, parameter problem.
        return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
    }
    constexpr std::uint8_t kFirstInformational = 128;  // RFC 4443, 2.1
    return type < kFirstInformational;
}

}  // namespace

std::optional<IcmpErrorAboutTcp> parse_icmp_error_about_tcp(IpFamily family,
                                                            std::span<const std::byte> bytes) {
    ByteCursor cursor(bytes);
    const auto fixed = cursor.take<8>();
    if (!fixed || !is_error(family, load_be<std::uint8_t, 0>(*fixed))) {
        return std::nullopt;
    }
    const auto quoted = parse_quoted_datagram(cursor.rest());
    if (!quoted || quoted->header.source.family != family ||
        quoted->header.protocol != kProtocolTcp) {
        return std::nullopt;
    }
    ByteCursor segment(quoted->payload);
    const auto ports = segment.take<4>();
    if (!ports) {
        return std::nullopt;
    }
    return IcmpErrorAboutTcp{
        .type = load_be<std::uint8_t, 0>(*fixed),
        .code = load_be<std::uint8_t, 1>(*fixed),
        .source = {quoted->header.source, load_be<std::uint16_t, 0>(*ports)},
        .destination = {quoted->header.destination, load_be<std::uint16_t, 2>(*ports)}};
}

}  // namespace tcpdx::wire
