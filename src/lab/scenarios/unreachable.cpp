#include "lab/scenario.h"
namespace tcpdx::lab {
std::span<const Scenario> unreachable_scenarios() {
    return {};
}
}  // namespace tcpdx::lab
