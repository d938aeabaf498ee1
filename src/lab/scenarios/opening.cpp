#include "lab/scenario.h"
namespace tcpdx::lab {
std::span<const Scenario> opening_scenarios() {
    return {};
}
}  // namespace tcpdx::lab
