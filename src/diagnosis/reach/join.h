#pragma once

#include <chrono>
#include <optional>

#include "base/result.h"
#include "diagnosis/reach/verdict.h"
#include "model/port_watch.h"
#include "model/probe_report.h"

namespace tcpdx::diagnosis::reach {

// How far the server's clock is ahead of the client's: between the two bounds, since a SYN that
// both saw was on its way for no longer than a round trip.
struct ClockOffset {
    std::chrono::microseconds least{0};
    std::chrono::microseconds most{0};
};

struct Joined {
    Verdict verdict;
    std::vector<Observation> client_evidence;
    std::vector<Observation> server_evidence;
    std::optional<ClockOffset> clock_offset;  // unknown when no SYN was seen by both
};

enum class WhyNotJoined : std::uint8_t {
    OtherPort,
    OtherServer,  // the address that the client tried is none of the server's
    OtherClient,  // the server watched for another address than the client has
    OtherTime,    // they were not made at the same time
    NoAttempt,    // the client's report has no target
};

// Both reports as one. The client's attempt has to have been made while the server watched.
[[nodiscard]] Result<Joined, WhyNotJoined> join(const ProbeReport& client, const PortWatch& server);

}  // namespace tcpdx::diagnosis::reach
