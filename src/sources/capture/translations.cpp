#include "sources/capture/translations.h"

#include <algorithm>
#include <cstring>

namespace tcpdx::capture {
namespace {

// The same ends in the same roles have the same; a false match of different ones is one in 2^32.
std::uint32_t hash_of_ends(const FlowKey& key, std::uint8_t opener) {
    std::uint64_t value = opener;
    for (std::size_t at = 0; at < sizeof(FlowKey); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, reinterpret_cast<const std::byte*>(&key) + at, 8);
        value = (value ^ word) * 0x9fb21c651e98df25U;
        value ^= value >> 35U;
    }
    return static_cast<std::uint32_t>(value >> 32U);
}

}  // namespace

void TranslationFinder::add(const LiveConnection& connection, std::uint8_t opener) {
    const LiveFlow& from = connection.flows[opener];
    const LiveFlow& to = connection.flows[1U - opener];
    if ((from.syn_seen || from.syn_ack_seen) && (to.syn_seen || to.syn_ack_seen)) {
        all_.push_back({.initial = std::uint64_t{from.initial} << 32U | to.initial,
                        .first_ns = connection.first_ns,
                        .last_ns = connection.last_ns,
                        .number = connection.number,
                        .ends = hash_of_ends(connection.key, opener)});
    }
}

Translations TranslationFinder::find() {
    std::sort(all_.begin(), all_.end(), [](const Numbers& a, const Numbers& b) {
        return std::pair(a.initial, a.number) < std::pair(b.initial, b.number);
    });
    Translations found;
    for (std::size_t i = 1; i < all_.size(); ++i) {
        const Numbers& one = all_[i - 1];
        const Numbers& other = all_[i];
        // The same ends again are another connection by some reader's mistake, not a translation.
        if (one.initial == other.initial && one.ends != other.ends &&
            one.first_ns <= other.last_ns && other.first_ns <= one.last_ns) {
            found.emplace_back(one.number, other.number);
            found.emplace_back(other.number, one.number);
        }
    }
    all_ = {};
    std::sort(found.begin(), found.end());
    // One that is there three times is told to be the same as the first of the others.
    found.erase(std::unique(found.begin(), found.end(),
                            [](const auto& a, const auto& b) { return a.first == b.first; }),
                found.end());
    return found;
}

}  // namespace tcpdx::capture
