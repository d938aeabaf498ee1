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
    return lookups().earlier_of(connection);
}

Lookups& Situation::lookups() const {
    // A copy of a situation may have been given other looks.
    if (!built_lookups || !built_lookups->are_of(now, earlier)) {
        built_lookups = std::make_shared<Lookups>(now, earlier);
    }
    return *built_lookups;
}

}  // namespace tcpdx::diagnosis
