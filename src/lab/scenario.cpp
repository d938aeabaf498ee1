#include "lab/scenario.h"

namespace tcpdx::lab {

std::vector<const Scenario*> all_scenarios() {
    std::vector<const Scenario*> all;
    for (const auto family :
         {state_scenarios(), opening_scenarios(), closing_scenarios(), unreachable_scenarios(),
          queue_scenarios(), data_scenarios(), port_scenarios(), program_scenarios()}) {
        for (const Scenario& each : family) {
            all.push_back(&each);
        }
    }
    return all;
}

const Scenario* find_scenario(std::string_view name) {
    const auto state = parse_tcp_state(name);
    for (const Scenario* each : all_scenarios()) {
        if (each->name == name || (state && each->holds == state)) {
            return each;
        }
    }
    return nullptr;
}

}  // namespace tcpdx::lab
