#pragma once

// What happened at one end, from the log of both: its own segments when it sent them, the other's
// when they arrived there. Arrival is seen by what the end does next, and not by a segment passing
// the capture: that may have been lost behind it.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "sources/capture/segment_log.h"
#include "sources/capture/state_run.h"

namespace tcpdx::capture {

// What is known of the way between the capture and both ends. Ends: 0 opened, or spoke first.
struct Vantage {
    std::array<std::int64_t, 2> delay_ns{};  // one way; 0 when not known
    std::array<bool, 2> delay_known{};
    // What passes the capture on the way to this end has as good as arrived.
    std::array<bool, 2> is_near{};
    // Something of this connection was not captured, so more may have been: then only what a packet
    // proves is told as certain.
    bool incomplete = false;
    bool disordered = false;  // times go backwards
    // A SYN or data of this end was captured: before, it had not sent a FIN.
    std::array<bool, 2> numbered{};
};

struct EndStory {
    bool saw_opening = false;   // a SYN or SYN+ACK, of whichever end
    bool opened = false;        // this end sent the SYN, or must have
    bool simultaneous = false;  // both sent one
    bool other_silent = false;  // no packet of the other end was captured
    bool self_silent = false;   // none of this one
    std::vector<EndEvent> events;
    bool arrival_assumed = false;
    bool fin_hidden = false;
};

[[nodiscard]] EndStory end_story(const std::vector<LogEntry>& log, std::uint8_t end,
                                 const Vantage& vantage, const std::array<bool, 2>& silent);

}  // namespace tcpdx::capture
