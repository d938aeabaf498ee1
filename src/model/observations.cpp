#include "model/observations.h"

#include <algorithm>
#include <charconv>

namespace tcpdx {

std::optional<std::int64_t> KernelOptions::number(std::string_view name, std::size_t index) const {
    auto rest = text(name);
    if (!rest) {
        return std::nullopt;
    }
    constexpr std::string_view kBlank = " \t";
    for (;; --index) {
        const std::size_t begin = rest->find_first_not_of(kBlank);
        if (begin == std::string_view::npos) {
            return std::nullopt;
        }
        rest = rest->substr(begin);
        if (index == 0) {
            break;
        }
        rest = rest->substr(std::min(rest->find_first_of(kBlank), rest->size()));
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest->data(), rest->data() + rest->size(), number);
    if (error != std::errc()) {
        return std::nullopt;
    }
    return number;
}

std::size_t Observations::count(TcpState state) const {
    const auto listed = std::count_if(connections.begin(), connections.end(),
                                      [&](const Connection& each) { return each.state == state; });
    auto count = static_cast<std::size_t>(listed);
    if (state == TcpState::TimeWait) {
        count += server_time_waits;
        for (const TimeWaitsTowards& each : client_time_waits) {
            count += each.count;
        }
    }
    return count;
}

}  // namespace tcpdx
