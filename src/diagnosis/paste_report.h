#pragma once

#include <string>
#include <vector>

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

// What a paste leaves open, and how to close it.
struct PasteReport {
    std::vector<Message> not_visible;
    std::string deciding_command;  // of the system that the paste is from
};

[[nodiscard]] PasteReport report_on_paste(const Situation& situation);

// Whether there is anything in it to judge: a row of TCP, a count of states, a counter.
[[nodiscard]] bool has_content(const Observations& seen);

}  // namespace tcpdx::diagnosis
