#pragma once

// For tests of rules about captures: a capture of one minute with connections that are in order, of
// which each test changes one fact. Not used outside tests.

#include <memory>

#include "diagnosis/rule.h"
#include "model/captured.h"

namespace tcpdx::diagnosis::testing {

inline CaptureTime at(double seconds) {
    return CaptureTime(std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9)));
}

inline CapturedState state(TcpState which, double since, std::optional<double> until = {}) {
    CapturedState made{.since = at(since), .cause = CapturedCause::Received};
    made.possible.add(which);
    if (until) {
        made.until = at(*until);
    }
    return made;
}

class CapturedBuilder {
public:
    Captured captured;

    CapturedBuilder() {
        captured.command = "tcpdx capture a.pcap";
        captured.first = at(0);
        captured.last = at(60);
    }

    // 192.0.2.1 to 198.51.100.2:80, open and idle since the first second.
    CapturedConnection& add() {
        CapturedConnection connection;
        connection.number = static_cast<std::uint32_t>(captured.connections.size() + 1);
        connection.first = at(1);
        connection.last = at(2);
        connection.ends[0].address = {IpAddress::v4(0xc0000201),
                                      static_cast<std::uint16_t>(40000 + connection.number)};
        connection.ends[1].address = {IpAddress::v4(0xc6336402), 80};
        connection.ends[0].opener = Opener::Active;
        connection.ends[1].opener = Opener::Passive;
        for (CapturedEnd& end : connection.ends) {
            end.sent.packets = 3;
            end.sent.syn_seen = true;
            end.states = {state(TcpState::Established, 1)};
        }
        return captured.connections.emplace_back(std::move(connection));
    }

    [[nodiscard]] std::vector<Finding> run(const Rule& rule) const {
        Observations seen;
        seen.captured = std::make_shared<const Captured>(captured);
        return rule.evaluate(Situation{.now = seen});
    }
};

// Every rule about captures has these two.
inline std::vector<Finding> without_capture(const Rule& rule) {
    const Observations seen;
    return rule.evaluate(Situation{.now = seen});
}

}  // namespace tcpdx::diagnosis::testing
