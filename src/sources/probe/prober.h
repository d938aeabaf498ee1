#pragma once

// The questions a client can ask about one port of one host, in an order that stops as soon as the
// answer is plain, and at a pace that no ICMP rate limit swallows.

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "model/message.h"
#include "model/probe_report.h"
#include "sources/probe/connect_attempt.h"
#include "sources/probe/conversation.h"

namespace tcpdx::probe {

struct ProbeOptions {
    std::chrono::milliseconds patience{3500};
    bool quick = false;                           // one connect(), nothing else
    std::optional<std::uint16_t> open_reference;  // a port that is known to be open
    std::optional<Target> other_destination;      // for comparing the path
    std::size_t count = 1;                        // connects
    std::chrono::milliseconds interval{200};      // between them
    std::optional<Conversation> conversation;     // after the handshake
    std::chrono::milliseconds idle{0};            // before the conversation
};

// What the prober is lent by its caller.
struct Surroundings {
    Stop stop = [] { return false; };
    // Tells the user what is being waited for, and how long at most.
    std::function<void(const Message& step, std::chrono::milliseconds at_most)> progress =
        [](const Message&, std::chrono::milliseconds) {};
    std::function<std::optional<Counters>()> counters = [] { return std::nullopt; };
};

[[nodiscard]] bool raw_probes_allowed();

[[nodiscard]] TargetProbe probe_target(const Target& target, const ProbeOptions& options,
                                       const Surroundings& lent);

}  // namespace tcpdx::probe
