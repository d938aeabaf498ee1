#include "lab/scenario.h"
namespace tcpdx::lab {
std::span<const Scenario> closing_scenarios() {
    return {};
}
}  // namespace tcpdx::lab
