#include "presentation/json/conclusion_json.h"

#include "presentation/json/observation_json.h"
#include "presentation/json/probe_json.h"

namespace tcpdx {
namespace {

double milliseconds_of(std::chrono::microseconds duration) {
    return static_cast<double>(duration.count()) / 1000;
}

}  // namespace

std::string conclusion_json(const diagnosis::reach::Joined& joined) {
    nlohmann::ordered_json document{{"schema", "tcpdx.conclusion/1"}};
    put_verdict(document, joined.verdict);
    document.erase("evidence");
    document["client_evidence"] = observations_json(joined.client_evidence);
    document["server_evidence"] = observations_json(joined.server_evidence);
    if (joined.clock_offset) {
        document["clock_offset"] = {{"at_least_ms", milliseconds_of(joined.clock_offset->least)},
                                    {"at_most_ms", milliseconds_of(joined.clock_offset->most)}};
    }
    return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace tcpdx
