#include "lab/scenario.h"
namespace tcpdx::lab {
std::span<const Scenario> queue_scenarios() {
    return {};
}
}  // namespace tcpdx::lab
