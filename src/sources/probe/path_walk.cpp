#include "sources/probe/path_walk.h"

#include <algorithm>

namespace tcpdx::probe {
namespace {

constexpr int kFarthest = 30;
constexpr int kSilentInARow = 3;
constexpr int kRepetitions = 2;

bool loops(const std::vector<PathHop>& path) {
    const PathHop& last = path.back();
    if (last.kind != PathHop::Kind::TimeExceeded) {
        return false;
    }
    const auto seen = std::count_if(path.begin(), path.end(), [&](const PathHop& hop) {
        return hop.kind == PathHop::Kind::TimeExceeded && hop.error->sender == last.error->sender;
    });
    return seen > kRepetitions;
}

}  // namespace

PathHop ask_hop(const Target& target, int distance, const Stop& stop) {
    const auto start = std::chrono::steady_clock::now();
    const Connecting made =
        try_to_connect({.target = target, .patience = kIcmpSpacing, .hop_limit = distance}, stop);
    PathHop hop{.distance = distance};
    const ConnectAttempt& attempt = made.attempt;
    if (!attempt.icmp.empty()) {
        hop.error = attempt.icmp.back();
        hop.kind = hop.error->meaning() == IcmpMeaning::TimeExceeded ? PathHop::Kind::TimeExceeded
                                                                     : PathHop::Kind::OtherError;
    } else if (attempt.outcome == ConnectAttempt::Outcome::Connected ||
               attempt.outcome == ConnectAttempt::Outcome::Refused) {
        hop.kind = PathHop::Kind::TargetReached;
    }
    wait_until(start + kIcmpSpacing, stop);
    return hop;
}

std::vector<PathHop> PathWalk::run() {
    std::vector<PathHop> path;
    int silent = 0;
    for (int distance = 1; distance <= kFarthest && !stop_(); ++distance) {
        on_hop_(distance);
        path.push_back(ask_hop(target_, distance, stop_));
        const PathHop& hop = path.back();
        if (stop_() && hop.kind == PathHop::Kind::Silent) {
            path.pop_back();  // it was not given its time
            break;
        }
        silent = hop.kind == PathHop::Kind::Silent ? silent + 1 : 0;
        const bool ends =
            hop.kind == PathHop::Kind::TargetReached || hop.kind == PathHop::Kind::OtherError;
        if (ends || silent == kSilentInARow || loops(path)) {
            break;
        }
    }
    return path;
}

IpAddress documentation_address(IpFamily family) {
    return family == IpFamily::V4 ? *parse_ip_address("192.0.2.1")
                                  : *parse_ip_address("2001:db8::1");
}

}  // namespace tcpdx::probe
