#include "model/captured.h"

#include <algorithm>

namespace tcpdx {

std::optional<TcpState> CapturedState::certain() const {
    std::optional<TcpState> found;
    for (const TcpState state : kAllTcpStates) {
        if (possible.contains(state)) {
            if (found) {
                return std::nullopt;
            }
            found = state;
        }
    }
    return found;
}

bool CapturedConnection::has(CaptureLimit limit) const {
    return std::find(limits.begin(), limits.end(), limit) != limits.end();
}

std::size_t Captured::connection_count() const {
    return connections.size() + (compact ? compact->size() : 0);
}

std::vector<std::uint32_t> Captured::numbers() const {
    std::vector<std::uint32_t> all;
    all.reserve(connection_count());
    std::size_t at = 0;
    const std::size_t others = compact ? compact->size() : 0;
    for (const CapturedConnection& connection : connections) {
        while (at < others && compact->number(at) < connection.number) {
            all.push_back(compact->number(at++));
        }
        all.push_back(connection.number);
    }
    while (at < others) {
        all.push_back(compact->number(at++));
    }
    return all;
}

std::optional<CapturedConnection> Captured::find(std::uint32_t number) const {
    const auto found = std::lower_bound(
        connections.begin(), connections.end(), number,
        [](const CapturedConnection& one, std::uint32_t wanted) { return one.number < wanted; });
    if (found != connections.end() && found->number == number) {
        return *found;
    }
    std::size_t low = 0;
    std::size_t high = compact ? compact->size() : 0;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (compact->number(middle) < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (compact && low < compact->size() && compact->number(low) == number) {
        return compact->look(low);
    }
    return std::nullopt;
}

}  // namespace tcpdx
