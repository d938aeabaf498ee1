#pragma once

#include <span>
#include <string>

#include "diagnosis/reach/verdict.h"
#include "model/probe_report.h"
#include "presentation/text/output.h"

namespace tcpdx {

// What a probe found, for a reader: per address the verdict, what is proven, the cause or the
// candidates, and the evidence. `verdicts` belong to the targets of `report`, in order.
[[nodiscard]] std::string probe_text(const ProbeReport& report,
                                     std::span<const diagnosis::reach::Verdict> verdicts,
                                     const Screen& screen);

// The part of it below the first line: what every verdict has, whoever observed what.
class TextPage;
void write_verdict(const diagnosis::reach::Verdict& verdict, const Screen& screen, TextPage& page);

}  // namespace tcpdx
