#pragma once

#include <optional>

#include "sources/text/collector.h"
#include "sources/text/ss_details.h"

namespace tcpdx::text {

// What the lines around the rows said, one by one; see Paste and Coverage for what it comes to.
struct Clues {
    std::optional<bool> prompt_as_root;  // sudo, or the prompt of the command
    bool warned_not_root = false;        // the tool itself said so
    bool owner_column = false;           // a header or a command asked for owners
    std::optional<bool> banner_listeners;
    std::optional<bool> banner_connections;
    bool asked_for_all = false;             // -a
    bool asked_for_listeners_only = false;  // -l
    SsAbilities ss;
};

// Works out what no single row says: whether it was made as root, who owns what nobody is named
// for, which end opened, and how old each state is.
void conclude(Observations& seen, std::vector<RowNote>& notes, const Clues& clues);

}  // namespace tcpdx::text
