#include "wire/ip_header.h"

#include <algorithm>
#include <cassert>

#include "wire/byte_cursor.h"
#include "wire/checksum.h"

namespace tcpdx::wire {
namespace {

constexpr std::size_t kV4Bytes = 20;
constexpr std::size_t kV6Bytes = 40;
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kDestinationOptions = 60;

enum class Completeness : bool { Whole, MayBeCut };

IpAddress v6_address(std::span<const std::byte, 16> bytes) {
    IpAddress address{.bytes = {}, .family = IpFamily::V6};
    std::transform(bytes.begin(), bytes.end(), address.bytes.begin(),
                   [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
    return address;
}

std::optional<std::span<const std::byte>> payload_of(std::span<const std::byte> rest,
                                                     std::size_t length, Completeness wanted) {
    if (length > rest.size() && wanted == Completeness::Whole) {
        return std::nullopt;
    }
    return rest.first(std::min(length, rest.size()));
}

std::optional<IpDatagram> parse_v4(std::span<const std::byte> bytes, Completeness wanted) {
    ByteCursor cursor(bytes);
    const auto fixed = cursor.take<kV4Bytes>();
    if (!fixed) {
        return std::nullopt;
    }
    const std::size_t header_bytes = (load_be<std::uint8_t, 0>(*fixed) & 0xfU) * std::size_t{4};
    const std::size_t total_bytes = load_be<std::uint16_t, 2>(*fixed);
    const unsigned fragment = load_be<std::uint16_t, 6>(*fixed) & 0x3fffU;  // more, and offset
    if (header_bytes < kV4Bytes || total_bytes < header_bytes || fragment != 0 ||
        !cursor.take(header_bytes - kV4Bytes)) {
        return std::nullopt;
    }
    // Routers on the way may have changed what an ICMP error quotes.
    if (wanted == Completeness::Whole && internet_checksum(bytes.first(header_bytes)) != 0) {
        return std::nullopt;
    }
    const auto payload = payload_of(cursor.rest(), total_bytes - header_bytes, wanted);
    if (!payload) {
        return std::nullopt;
    }
    return IpDatagram{.header = {.source = IpAddress::v4(load_be<std::uint32_t, 12>(*fixed)),
                                 .destination = IpAddress::v4(load_be<std::uint32_t, 16>(*fixed)),
                                 .protocol = load_be<std::uint8_t, 9>(*fixed),
                                 .hop_limit = load_be<std::uint8_t, 8>(*fixed),
                                 .traffic_class = load_be<std::uint8_t, 1>(*fixed)},
                      .payload = *payload};
}

std::optional<IpDatagram> parse_v6(std::span<const std::byte> bytes, Completeness wanted) {
    ByteCursor cursor(bytes);
    const auto fixed = cursor.take<kV6Bytes>();
    if (!fixed) {
        return std::nullopt;
    }
    const auto payload = payload_of(cursor.rest(), load_be<std::uint16_t, 4>(*fixed), wanted);
    if (!payload) {
        return std::nullopt;
    }
    ByteCursor rest(*payload);
    std::uint8_t next = load_be<std::uint8_t, 6>(*fixed);
    while (next == kHopByHop || next == kRouting || next == kDestinationOptions) {
        const auto extension = rest.take<8>();
        if (!extension || !rest.take(std::size_t{load_be<std::uint8_t, 1>(*extension)} * 8)) {
            return std::nullopt;
        }
        next = load_be<std::uint8_t, 0>(*extension);
    }
    return IpDatagram{.header = {.source = v6_address(fixed->subspan<8, 16>()),
                                 .destination = v6_address(fixed->subspan<24, 16>()),
                                 .protocol = next,
                                 .hop_limit = load_be<std::uint8_t, 7>(*fixed),
                                 .traffic_class = static_cast<std::uint8_t>(
                                     load_be<std::uint16_t, 0>(*fixed) >> 4)},
                      .payload = rest.rest()};
}

std::optional<IpDatagram> parse(std::span<const std::byte> bytes, Completeness wanted) {
    if (bytes.empty()) {
        return std::nullopt;
    }
    switch (std::to_integer<unsigned>(bytes[0]) >> 4) {
        case 4:
            return parse_v4(bytes, wanted);
        case 6:
            return parse_v6(bytes, wanted);
        default:
            return std::nullopt;
    }
}

void put16(std::span<std::byte> out, std::size_t at, std::size_t value) {
    out[at] = static_cast<std::byte>(value >> 8);
    out[at + 1] = static_cast<std::byte>(value);
}

void put_address(std::span<std::byte> out, const IpAddress& address) {
    const auto bytes = std::as_bytes(std::span(address.bytes)).last(out.size());
    std::copy(bytes.begin(), bytes.end(), out.begin());
}

}  // namespace

std::optional<IpDatagram> parse_ip_datagram(std::span<const std::byte> bytes) {
    return parse(bytes, Completeness::Whole);
}

std::optional<IpDatagram> parse_quoted_datagram(std::span<const std::byte> bytes) {
    return parse(bytes, Completeness::MayBeCut);
}

std::size_t ip_header_bytes(IpFamily family) {
    return family == IpFamily::V4 ? kV4Bytes : kV6Bytes;
}

void write_ip_header(const IpHeader& header, std::size_t payload_bytes, std::span<std::byte> out) {
    const bool v4 = header.source.family == IpFamily::V4;
    out = out.first(v4 ? kV4Bytes : kV6Bytes);
    std::fill(out.begin(), out.end(), std::byte{0});
    if (v4) {
        out[0] = std::byte{0x45};
        out[1] = std::byte{header.traffic_class};
        put16(out, 2, kV4Bytes + payload_bytes);
        out[6] = std::byte{0x40};  // do not fragment: path MTU discovery
        out[8] = std::byte{header.hop_limit};
        out[9] = std::byte{header.protocol};
        put_address(out.subspan(12, 4), header.source);
        put_address(out.subspan(16, 4), header.destination);
        put16(out, 10, internet_checksum(out));
    } else {
        put16(out, 0, 0x6000U | (unsigned{header.traffic_class} << 4));
        put16(out, 4, payload_bytes);
        out[6] = std::byte{header.protocol};
        out[7] = std::byte{header.hop_limit};
        put_address(out.subspan(8, 16), header.source);
        put_address(out.subspan(24, 16), header.destination);
    }
}

}  // namespace tcpdx::wire
