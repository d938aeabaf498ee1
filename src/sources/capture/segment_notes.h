#pragma once

// What one segment tells of its connection: counted, and logged when it matters for the states.

#include <cstdint>

#include "sources/capture/live_connection.h"
#include "sources/capture/segment.h"
#include "sources/capture/segment_log.h"

namespace tcpdx::capture {

struct Moment {
    std::int64_t time_ns = 0;
    std::uint32_t packet = 0;
    bool has_time = true;
};

// `side` is the sender, in the order of the key.
void note_segment(LiveConnection& connection, std::uint8_t side, const Segment& segment,
                  const Moment& moment, SegmentLog& log);

// `side` is the end whose segment the error quotes, which is the one that receives it.
void note_icmp(LiveConnection& connection, std::uint8_t side, const IcmpError& error,
               const Moment& moment, SegmentLog& log);

// A SYN of the next connection between the same ends, sent by `side`.
void note_new_syn(LiveConnection& connection, std::uint8_t side, const Moment& moment,
                  SegmentLog& log);

// ICMP types of both families fit a byte together with what matters of the code.
[[nodiscard]] std::uint8_t packed_icmp(std::uint8_t type, std::uint8_t code);

}  // namespace tcpdx::capture
