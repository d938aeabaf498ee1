// Segments of one or two connections, twelve bytes each: whatever order, flags and numbers they
// come with, the states stay within the table, and time does not grow with the square.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "sources/capture/tracker.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tcpdx;
    using namespace tcpdx::capture;
    Tracker tracker(16);
    std::int64_t now = 0;
    std::uint32_t packet = 0;
    for (std::size_t at = 0; at + 12 <= size; at += 12) {
        const std::uint8_t* const bytes = data + at;
        const bool back = (bytes[0] & 1U) != 0;
        Segment segment;
        const SocketAddress client{IpAddress::v4(1), static_cast<std::uint16_t>(bytes[0] >> 7U)};
        const SocketAddress server{IpAddress::v4(2), 80};
        segment.source = back ? server : client;
        segment.destination = back ? client : server;
        segment.seen = static_cast<HeaderSeen>(bytes[1] % 6U);
        segment.flags = bytes[2];
        segment.sequence = static_cast<std::uint32_t>(bytes[3] << 24U | bytes[4]);
        segment.acknowledgment = static_cast<std::uint32_t>(bytes[5] << 24U | bytes[6]);
        segment.payload_bytes = bytes[7];
        segment.window = bytes[8];
        segment.hop_limit = bytes[9];
        segment.ip_id = bytes[10];
        segment.fingerprint = bytes[11];
        now += std::int64_t{bytes[9]} * 1'000'003 - 20'000'000;
        tracker.add(segment,
                    {.time_ns = now, .packet = ++packet, .has_time = (bytes[1] & 0x80U) == 0});
    }
    Captured captured;
    tracker.finish(now, captured);
    for (const std::uint32_t number : captured.numbers()) {
        const auto connection = captured.find(number);
        if (!connection) {
            std::abort();
        }
        for (const CapturedEnd& end : connection->ends) {
            for (const CapturedState& state : end.states) {
                if (state.possible.empty() ||
                    (state.row != nullptr && state.row->to != state.certain())) {
                    std::abort();
                }
            }
        }
    }
    return 0;
}
