#include <array>

#include "diagnosis/engine.h"
#include "diagnosis/rules/close_wait_leak.h"
#include "diagnosis/rules/port_ready.h"

namespace tcpdx::diagnosis {

std::span<const Rule* const> all_rules() {
    static constexpr std::array kRules{
        &kCloseWaitLeak,
        &kPortReady,
    };
    return kRules;
}

}  // namespace tcpdx::diagnosis
