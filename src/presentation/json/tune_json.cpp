#include "presentation/json/tune_json.h"

#include <nlohmann/json.hpp>

#include "presentation/json/observation_json.h"
#include "presentation/render.h"

namespace tcpdx {
namespace {

using diagnosis::Verdict;
using nlohmann::ordered_json;

const char* verdict_id(Verdict verdict) {
    switch (verdict) {
        case Verdict::Ok:
            return "ok";
        case Verdict::NoEffect:
            return "no-effect";
        case Verdict::Consider:
            return "consider";
        case Verdict::Harmful:
            return "harmful";
    }
    return "";
}

ordered_json entry_json(const diagnosis::TuneEntry& entry) {
    ordered_json object{{"option", entry.option},
                        {"value", entry.value},
                        {"verdict", verdict_id(entry.verdict)},
                        {"reason", render(entry.reason)}};
    object["evidence"] = observations_json(entry.evidence);
    if (!entry.claimed.empty()) {
        object["often_said"] = render(entry.claimed);
    }
    if (!entry.change.empty()) {
        object["change"] = entry.change;
    }
    return object;
}

}  // namespace

std::string tune_json(std::span<const diagnosis::TuneEntry> entries,
                      std::span<const diagnosis::Folklore> folklore) {
    ordered_json document{{"schema", "tcpdx.tune/1"}};
    document["options"] = ordered_json::array();
    for (const diagnosis::TuneEntry& entry : entries) {
        document["options"].push_back(entry_json(entry));
    }
    document["wrong_advice"] = ordered_json::array();
    for (const diagnosis::Folklore& one : folklore) {
        document["wrong_advice"].push_back(
            {{"advice", render(one.advice)}, {"truth", render(one.truth)}});
    }
    // Names of programs, in the evidence, are bytes and not necessarily UTF-8.
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace tcpdx
