#include "lab/scenario.h"
namespace tcpdx::lab {
std::span<const Scenario> program_scenarios() {
    return {};
}
}  // namespace tcpdx::lab
