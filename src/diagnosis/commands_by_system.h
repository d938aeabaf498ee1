#pragma once

#include <string>
#include <string_view>

#include "diagnosis/finding.h"
#include "model/paste.h"

namespace tcpdx::diagnosis {

// Rules name the commands and the advice of Linux. What somebody pasted may come from another
// system, where they do not exist or mean something else; this is the one place that knows the
// others.

// What shows the same on `system` as this command does on Linux, or "" when nothing does. Commands
// of ss(8) are translated with their states, ports and addresses.
[[nodiscard]] std::string command_on(HostSystem system, std::string_view linux_command);

// The one command whose output settles what a listing of `system` has left open.
[[nodiscard]] std::string deciding_command(HostSystem system);

// Takes out of a finding what is only true on Linux, and translates its commands.
void fit_to_system(Finding& finding, HostSystem system);

}  // namespace tcpdx::diagnosis
