#include "diagnosis/counter_evidence.h"

#include <algorithm>
#include <cassert>

#include "base/i18n.h"

namespace tcpdx::diagnosis {

bool rose(const Situation& situation, std::string_view counter) {
    return situation.increase(counter).value_or(0) > 0;
}

Observation rise_of(const Situation& situation, std::string_view counter) {
    const auto increase = situation.increase(counter);
    assert(increase);
    const auto by = static_cast<std::int64_t>(increase.value_or(0));
    const auto apart = situation.interval().value_or(Limits::Duration(0));
    Message fact = apart > Limits::Duration(0)
                       ? Message{N_("{0} rose by {1} in {2}"), {std::string(counter), by, apart}}
                       : Message{N_("{0} rose by {1} from one listing to the next"),
                                 {std::string(counter), by}};
    return {std::move(fact), Origin::Counter, "nstat -az " + std::string(counter)};
}

Observation option_value(const Observations& seen, std::string_view option) {
    std::string value(seen.options.text(option).value_or("?"));
    std::replace(value.begin(), value.end(), '\t', ' ');  // between several numbers
    return {{N_("{0} = {1}"), {std::string(option), value}},
            Origin::KernelOption,
            "sysctl " + std::string(option)};
}

bool counters_concern(const Inquiry& asked) {
    return !asked.pid;
}

}  // namespace tcpdx::diagnosis
