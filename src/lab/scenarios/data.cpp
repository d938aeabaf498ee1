#include "lab/scenario.h"
namespace tcpdx::lab {
std::span<const Scenario> data_scenarios() {
    return {};
}
}  // namespace tcpdx::lab
