// ICMP errors about segments of this stack: RFC 9293, 3.9.2.2, with the checks of RFC 5927.

#include "endpoint/stack.h"
#include "wire/byte_cursor.h"
#include "wire/checksum.h"

namespace tcpdx::endpoint {
namespace {

constexpr std::uint8_t kUnreachableV4 = 3;
constexpr std::uint8_t kFragmentationNeeded = 4;
constexpr std::uint8_t kTimeExceededV4 = 11;
constexpr std::uint8_t kParameterProblemV4 = 12;
constexpr std::uint8_t kUnreachableV6 = 1;
constexpr std::uint8_t kPacketTooBig = 2;
constexpr std::uint8_t kTimeExceededV6 = 3;
constexpr std::uint8_t kParameterProblemV6 = 4;

struct Meaning {
    bool counts = false;
    bool packet_too_big = false;
    Connection::IcmpKind kind = Connection::IcmpKind::Soft;
};

// RFC 1122, 4.2.3.9. Source quench is discarded (RFC 9293, MUST-55), like all that is no error.
Meaning meaning_of(IpFamily family, IcmpError error) {
    using enum Connection::IcmpKind;
    if (family == IpFamily::V4) {
        switch (error.type) {
            case kUnreachableV4: {
                const bool hard = error.code == 2 || error.code == 3 || error.code == 9 ||
                                  error.code == 10 || error.code == 13;
                return {.counts = true,
                        .packet_too_big = error.code == kFragmentationNeeded,
                        .kind = hard ? Hard : Soft};
            }
            case kTimeExceededV4:
            case kParameterProblemV4:
                return {.counts = true};
            default:
                return {};
        }
    }
    switch (error.type) {
        case kUnreachableV6:
            return {.counts = true, .kind = error.code == 1 || error.code == 4 ? Hard : Soft};
        case kPacketTooBig:
            return {.counts = true, .packet_too_big = true};
        case kTimeExceededV6:
            return {.counts = true};
        case kParameterProblemV6:
            return {.counts = true, .kind = error.code == 1 ? Hard : Soft};
        default:
            return {};
    }
}

}  // namespace

void TcpStack::icmp_arrives(const wire::IpHeader& header, std::span<const std::byte> bytes,
                            Time now) {
    wire::ByteCursor cursor(bytes);
    const auto fixed = cursor.take<8>();
    const auto quoted = fixed ? wire::parse_quoted_datagram(cursor.rest()) : std::nullopt;
    if (!quoted || quoted->header.protocol != wire::kProtocolTcp ||
        (header.protocol == wire::kProtocolIcmp && wire::internet_checksum(bytes) != 0)) {
        ++counters_.icmp_ignored;
        return;
    }
    const IcmpError error{.type = wire::load_be<std::uint8_t, 0>(*fixed),
                          .code = wire::load_be<std::uint8_t, 1>(*fixed)};
    const Meaning meaning = meaning_of(header.source.family, error);
    wire::ByteCursor tcp(quoted->payload);
    const auto start = tcp.take<8>();
    if (!start || !meaning.counts) {
        ++counters_.icmp_ignored;
        return;
    }
    const FourTuple tuple{.local = {.address = quoted->header.source,
                                    .port = wire::load_be<std::uint16_t, 0>(*start)},
                          .remote = {.address = quoted->header.destination,
                                     .port = wire::load_be<std::uint16_t, 2>(*start)}};
    const auto found = by_tuple_.find(tuple);
    if (found == by_tuple_.end()) {
        ++counters_.icmp_ignored;
        return;
    }
    Connection& connection = *slots_[found->second]->connection;
    const std::uint32_t sequence = wire::load_be<std::uint32_t, 4>(*start);
    const TcpState before = connection.state();
    if (meaning.packet_too_big) {
        const std::uint32_t mtu = header.source.family == IpFamily::V4
                                      ? wire::load_be<std::uint16_t, 6>(*fixed)
                                      : wire::load_be<std::uint32_t, 4>(*fixed);
        connection.path_mtu(mtu, sequence, now);
    } else {
        connection.icmp_error(error, meaning.kind, sequence, now);
    }
    changed(found->second, before);
}

}  // namespace tcpdx::endpoint
