#pragma once

#include <string>

#include "diagnosis/finding.h"
#include "model/paste.h"

namespace tcpdx::diagnosis {

// Where a paste shows names, rules work with stand-ins for them (IpFamily::Name). A reader has to
// see the names again.

// "db.example:5432"; an ordinary address as it is.
[[nodiscard]] std::string shown(const Paste* paste, const SocketAddress& address);

// In all texts and commands of a finding.
void put_names_back(Finding& finding, const Paste& paste);

}  // namespace tcpdx::diagnosis
