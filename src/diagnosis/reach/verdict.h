#pragma once

#include <string>
#include <vector>

#include "diagnosis/reach/causes.h"
#include "diagnosis/reach/facts.h"
#include "model/message.h"
#include "model/observations.h"

namespace tcpdx::diagnosis::reach {

// Whom the texts of causes speak of.
struct Parties {
    std::uint16_t port = 0;
    IpAddress server;
    std::optional<IpAddress> client;
};

// A cause with its texts filled in.
struct PossibleCause {
    const Cause* cause = nullptr;
    Message claim;
    Message decided_by;   // empty when nothing has to be decided any more
    std::string command;  // with the port and the addresses in it
};

struct ExcludedCause {
    const Cause* cause = nullptr;
    Feature by = Feature::Answer;
};

struct Verdict {
    enum class Outcome : std::uint8_t {
        Connects,
        ConnectsButBadly,  // with a finding
        DoesNotConnect,
        Unknown,  // it was interrupted, or nothing of the table fits
    };

    // The question that is asked first. No means that whoever should know it says so.
    enum class ServerUp : std::uint8_t { Unknown, Yes, No };

    Outcome outcome = Outcome::Unknown;
    ServerUp server_up = ServerUp::Unknown;
    std::vector<PossibleCause> candidates;  // one: that is the cause; several: not told apart
    std::vector<ExcludedCause> excluded;
    std::vector<Message> proven;  // what holds whichever candidate is the cause
    std::vector<Observation> evidence;
    std::string server_command;  // makes the server's half of the evidence; empty when not needed
    std::vector<Message> narrowing;  // what would leave fewer candidates, asked from here

    [[nodiscard]] bool is_certain() const { return candidates.size() == 1; }
};

[[nodiscard]] Verdict judge(const Facts& facts, const Parties& parties);

// The same with the server's facts alone: only causes that a server can see something of. When
// nothing was seen of the client, whatever keeps its SYNs away remains.
[[nodiscard]] Verdict judge_server(const Facts& facts, const Parties& parties);

}  // namespace tcpdx::diagnosis::reach
