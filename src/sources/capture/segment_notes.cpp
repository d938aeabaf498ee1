#include "sources/capture/segment_notes.h"

#include <algorithm>

#include "sources/capture/segment_note.h"

namespace tcpdx::capture {

void note_segment(LiveConnection& connection, std::uint8_t side, const Segment& segment,
                  const Moment& moment, SegmentLog& log) {
    if (moment.has_time) {
        connection.times_backwards |= moment.time_ns < connection.last_ns;
        connection.last_ns = std::max(connection.last_ns, moment.time_ns);
    } else {
        connection.no_times = true;
    }
    Note(connection, side, segment, moment, log).take();
}

std::uint8_t packed_icmp(std::uint8_t type, std::uint8_t code) {
    return static_cast<std::uint8_t>((type & 0x0fU) << 4U | std::min<unsigned>(code, 15U));
}

void note_icmp(LiveConnection& connection, std::uint8_t side, const IcmpError& error,
               const Moment& moment, SegmentLog& log) {
    LiveFlow& flow = connection.flows[side];
    connection.had_icmp = true;
    if (flow.repeats_logged >= kMostRepeats) {
        connection.marks_limited = true;
        return;
    }
    ++flow.repeats_logged;
    log.append(connection.log, connection.first_ns,
               {.time_ns = moment.time_ns,
                .packet = moment.packet,
                .mark = SegmentMark::IcmpError,
                .from = side,
                .extra = packed_icmp(error.type, error.code)});
}

void note_new_syn(LiveConnection& connection, std::uint8_t side, const Moment& moment,
                  SegmentLog& log) {
    connection.flows[side].new_syn_seen = true;
    log.append(connection.log, connection.first_ns,
               {.time_ns = moment.time_ns,
                .packet = moment.packet,
                .mark = SegmentMark::NewSyn,
                .from = side});
}

}  // namespace tcpdx::capture
