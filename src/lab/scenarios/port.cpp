#include "lab/scenario.h"
namespace tcpdx::lab {
std::span<const Scenario> port_scenarios() {
    return {};
}
}  // namespace tcpdx::lab
