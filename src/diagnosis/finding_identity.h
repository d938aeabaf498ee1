#pragma once

#include <string>

#include "diagnosis/finding.h"

namespace tcpdx::diagnosis {

// What makes a finding the same as one of an earlier look, for whoever follows it over time: its
// rule, and what it is about. Its numbers change while it lasts, and with them its claim.
//
// About: the owner, where all sockets concerned have one; the service's port and, for connections
// that were opened from here, its address, where all have one; else nothing, and the names in the
// claim. So two listeners with a full queue are two findings, and one leak that grows is one.
[[nodiscard]] std::string identity_of(const Observations& seen, const Finding& finding);

}  // namespace tcpdx::diagnosis
