#include "diagnosis/reach/causes.h"

#include <vector>

#include "diagnosis/reach/cause_table.h"

namespace tcpdx::diagnosis::reach {

std::span<const Cause> all_causes() {
    static const std::vector<Cause> kAll = [] {
        std::vector<Cause> all;
        for (const auto part :
             {silence_causes(), refusal_causes(), connected_causes(), unsteady_causes()}) {
            all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    }();
    return kAll;
}

bool allows(const Condition& condition, const Facts& facts) {
    const auto value = facts.value(condition.feature);
    return !value || (condition.values & (1U << *value)) != 0;
}

}  // namespace tcpdx::diagnosis::reach
