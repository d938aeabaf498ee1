#include "sources/capture/translations.h"

#include <algorithm>

namespace tcpdx::capture {
namespace {

struct Numbers {
    std::uint32_t first;
    std::uint32_t second;
    std::size_t index;
};

}  // namespace

void match_translations(std::vector<CapturedConnection>& connections) {
    std::vector<Numbers> all;
    for (std::size_t i = 0; i < connections.size(); ++i) {
        const auto& ends = connections[i].ends;
        if (ends[0].sent.initial_sequence && ends[1].sent.initial_sequence) {
            all.push_back({*ends[0].sent.initial_sequence, *ends[1].sent.initial_sequence, i});
        }
    }
    std::stable_sort(all.begin(), all.end(), [](const Numbers& a, const Numbers& b) {
        return std::pair(a.first, a.second) < std::pair(b.first, b.second);
    });
    for (std::size_t i = 1; i < all.size(); ++i) {
        CapturedConnection& one = connections[all[i - 1].index];
        CapturedConnection& other = connections[all[i].index];
        // The same ends again are another connection by some reader's mistake, not a translation.
        const bool translated = one.ends[0].address != other.ends[0].address ||
                                one.ends[1].address != other.ends[1].address;
        if (all[i - 1].first == all[i].first && all[i - 1].second == all[i].second && translated &&
            one.first <= other.last && other.first <= one.last) {
            one.translation = other.number;
            other.translation = one.number;
        }
    }
}

}  // namespace tcpdx::capture
