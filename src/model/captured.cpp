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

}  // namespace tcpdx
