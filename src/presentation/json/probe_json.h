#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "diagnosis/reach/verdict.h"
#include "model/probe_report.h"

namespace tcpdx {

// Schema "tcpdx.probe/1", described in docs/json.md: the verdicts, and everything they were made
// from, so that `tcpdx conclude` can read it again on another host.
[[nodiscard]] std::string probe_json(const ProbeReport& report,
                                     std::span<const diagnosis::reach::Verdict> verdicts);

// Writes the verdict's keys into `object`.
void put_verdict(nlohmann::ordered_json& object, const diagnosis::reach::Verdict& verdict);

// "listen-drops": a feature's name for programs.
[[nodiscard]] std::string_view feature_id(diagnosis::reach::Feature feature);

}  // namespace tcpdx
