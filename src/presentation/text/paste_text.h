#pragma once

#include <string>
#include <vector>

#include "diagnosis/report.h"

namespace tcpdx {

// The parts of a report that only one about pasted text has.

// "114 lines, 87 sockets; netstat -antp; Linux; not made as root."
[[nodiscard]] std::string paste_summary(const Paste& paste);

// "3 of 120 lines not understood:" and the first of them; nothing when all were.
[[nodiscard]] std::vector<std::string> unread_lines(const Paste& paste);

// "lines 12-15, 18 and 40 more": where in the text a finding's sockets are; "" when it has none.
[[nodiscard]] std::string lines_of(const Observations& seen, const diagnosis::Finding& finding);

// "Windows"; "" when the text does not tell.
[[nodiscard]] std::string_view system_name(HostSystem system);

}  // namespace tcpdx
