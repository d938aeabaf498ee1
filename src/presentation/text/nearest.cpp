#include "presentation/text/nearest.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace tcpdx {
namespace {

std::string folded(std::string_view word) {
    std::string key;
    for (const char c : word) {
        if (c >= 'A' && c <= 'Z') {
            key += static_cast<char>(c - 'A' + 'a');
        } else {
            key += c == '_' ? '-' : c;
        }
    }
    return key;
}

// Insertions, deletions, replacements, and swaps of neighbours, the commonest slip of the fingers.
std::size_t edits_between(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::vector<std::size_t> row(b.size() + 1);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
        }
        before_last = std::exchange(last, std::move(row));
    }
    return last.back();
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view typed,
                                        std::span<const std::string_view> words) {
    constexpr std::size_t kLongestSensible = 64;  // the work grows with the square
    if (typed.empty() || typed.size() > kLongestSensible) {
        return std::nullopt;
    }
    const std::string key = folded(typed);
    std::optional<std::string_view> best;
    std::size_t fewest = std::max<std::size_t>(typed.size() / 3, 1) + 1;
    for (const std::string_view word : words) {
        const std::size_t edits = edits_between(key, folded(word));
        if (edits < fewest) {
            fewest = edits;
            best = word;
        }
    }
    return best;
}

}  // namespace tcpdx
