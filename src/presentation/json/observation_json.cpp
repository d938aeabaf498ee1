#include "presentation/json/observation_json.h"

#include "presentation/render.h"

namespace tcpdx {
namespace {

using nlohmann::ordered_json;

const char* origin_id(Origin origin) {
    switch (origin) {
        case Origin::SocketTable:
            return "socket-table";
        case Origin::Counter:
            return "counter";
        case Origin::KernelOption:
            return "kernel-option";
        case Origin::Process:
            return "process";
        case Origin::Packet:
            return "packet";
        case Origin::TraceEvent:
            return "trace-event";
        case Origin::PastedText:
            return "pasted-text";
        case Origin::Limit:
            return "limit";
        case Origin::Probe:
            return "probe";
    }
    return "";
}

}  // namespace

ordered_json observations_json(const std::vector<Observation>& facts) {
    ordered_json list = ordered_json::array();
    for (const Observation& fact : facts) {
        ordered_json entry{{"fact", render(fact.fact)}, {"origin", origin_id(fact.origin)}};
        if (!fact.check.empty()) {
            entry["check"] = fact.check;
        }
        list.push_back(std::move(entry));
    }
    return list;
}

}  // namespace tcpdx
