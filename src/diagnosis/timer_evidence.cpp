#include "diagnosis/timer_evidence.h"

#include <algorithm>

namespace tcpdx::diagnosis {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSmallestRto{200};     // TCP_RTO_MIN
constexpr milliseconds kLargestRto{120'000};  // TCP_RTO_MAX
// A first wait is the round trip and its deviation; above this only on paths over satellites.
constexpr milliseconds kLongestFirstWait{2'000};

}  // namespace

milliseconds waited(milliseconds first, unsigned doublings) {
    milliseconds total{0};
    for (unsigned i = 0; i < doublings; ++i) {
        total += first;
        first = std::min(first * 2, kLargestRto);
    }
    return total;
}

std::optional<milliseconds> waited_by_timer(const Timer& timer) {
    if (timer.kind != TimerKind::Retransmit && timer.kind != TimerKind::ZeroWindow) {
        return std::nullopt;
    }
    const unsigned doublings = std::min<unsigned>(timer.retransmits, 16);
    const milliseconds first =
        std::max(kSmallestRto, milliseconds(timer.expires.count() >> doublings));
    // The wait that runs began as long as all before it together, less the first.
    const milliseconds by_length = timer.expires - kLongestFirstWait;
    const milliseconds by_count = doublings == 0 ? milliseconds(0) : waited(first, doublings);
    const bool counts = timer.kind == TimerKind::ZeroWindow || doublings > 0;
    return std::max({by_count, counts ? by_length : milliseconds(0), milliseconds(0)});
}

}  // namespace tcpdx::diagnosis
