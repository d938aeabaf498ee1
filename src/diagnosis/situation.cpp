#include <algorithm>

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

std::optional<Limits::Duration> Situation::interval() const {
    if (earlier == nullptr) {
        return std::nullopt;
    }
    return std::chrono::duration_cast<Limits::Duration>(now.taken - earlier->taken);
}

std::optional<std::uint64_t> Situation::increase(std::string_view counter) const {
    if (earlier == nullptr) {
        return std::nullopt;
    }
    const auto after = now.counters.value(counter);
    const auto before = earlier->counters.value(counter);
    if (!after || !before || *after < *before) {
        return std::nullopt;
    }
    return *after - *before;
}

const Connection* Situation::earlier_of(const Connection& connection) const {
    if (earlier == nullptr) {
        return nullptr;
    }
    const auto same = [&](const Connection& other) {
        if (connection.cookie && other.cookie) {
            return *connection.cookie == *other.cookie;
        }
        return connection.local == other.local && connection.remote == other.remote;
    };
    const auto found = std::find_if(earlier->connections.begin(), earlier->connections.end(), same);
    return found == earlier->connections.end() ? nullptr : &*found;
}

}  // namespace tcpdx::diagnosis
