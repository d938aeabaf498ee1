#pragma once

#include <variant>

#include "presentation/netstat/options.h"

namespace tcpdx::app {

// The options, or the exit status of a command line that asks for nothing else (--help, --version)
// or makes no sense; what is to be said about it has then been printed.
using NetstatArguments = std::variant<netstat::Options, int>;

// argv[0] is the name that complaints about an option begin with.
[[nodiscard]] NetstatArguments parse_netstat_arguments(int argc, char** argv);

}  // namespace tcpdx::app
