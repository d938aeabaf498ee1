#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sources/capture/live_connection.h"

namespace tcpdx::capture {

// Numbers of two connections that are the same one, each followed by the other; ascending.
using Translations = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

// Finds connections that are in a capture twice, before and behind an address translator: it
// changes addresses and ports, and not the numbers that both ends start with.
class TranslationFinder {
public:
    void add(const LiveConnection& connection, std::uint8_t opener);
    [[nodiscard]] Translations find();

private:
    struct Numbers {
        std::uint64_t initial = 0;  // of the opener in the upper half, of the other end below
        std::int64_t first_ns = 0;
        std::int64_t last_ns = 0;
        std::uint32_t number = 0;
        std::uint32_t ends = 0;  // differs when the two ends differ
    };
    std::vector<Numbers> all_;
};

}  // namespace tcpdx::capture
