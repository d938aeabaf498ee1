#include "model/trace/shared_parts.h"

#include <algorithm>

namespace tcpdx::trace {

SharedParts::Part SharedParts::of(const Life& life) {
    return {.network_namespace = life.network_namespace,
            .local = life.local.address,
            .owner = life.owner,
            .user = life.user};
}

std::uint8_t SharedParts::take(const Part& part) {
    if (latest_ == 0 || entries_[latest_].lives == 0 || entries_[latest_].part != part) {
        if (const auto known = numbers_.find(part); known != numbers_.end()) {
            latest_ = known->second;
        } else if (numbers_.size() + 1 < entries_.size()) {
            const auto* free = std::find_if(entries_.begin() + 1, entries_.end(),
                                            [](const Entry& each) { return each.lives == 0; });
            latest_ = static_cast<std::uint8_t>(free - entries_.begin());
            entries_[latest_].part = part;
            numbers_.emplace(part, latest_);
        } else {
            return 0;
        }
    }
    ++entries_[latest_].lives;
    return latest_;
}

void SharedParts::give_back(std::uint8_t number) {
    if (number != 0 && --entries_[number].lives == 0) {
        numbers_.erase(entries_[number].part);
    }
}

void SharedParts::put_into(Life& life, std::uint8_t number) const {
    const Part& part = entries_[number].part;
    life.network_namespace = part.network_namespace;
    life.local.address = part.local;
    life.owner = part.owner;
    life.user = part.user;
}

}  // namespace tcpdx::trace
