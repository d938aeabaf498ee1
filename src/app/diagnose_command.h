#pragma once

#include "app/command.h"

namespace tcpdx::app {

// The main job. `command` is the program itself (`tcpdx`, this host) or its subcommand `diagnose`
// (one port, process or address); both take the same options.
[[nodiscard]] Run add_diagnose_options(CLI::App& command, bool with_target);

}  // namespace tcpdx::app
