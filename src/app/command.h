#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "presentation/text/output.h"

namespace CLI {
class App;
}

namespace tcpdx::app {

// Exit statuses beside those of `diagnose` (0 nothing wrong, 1 warning, 2 problem, 3 could not
// tell). From 64 on as in sysexits.h.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kCouldNotTell = 3;
inline constexpr int kUsageError = 64;
inline constexpr int kBadInput = 65;
inline constexpr int kNoInput = 66;  // a file that cannot be read

// What every command is given.
struct Context {
    Screen screen;
};

// Each subcommand has one file with one function that declares it: its options, and what to run
// when it was chosen. The returned status becomes the exit status.
using Run = std::function<int(const Context&)>;

void add_capture_command(CLI::App& tcpdx, Run& chosen);
void add_check_command(CLI::App& tcpdx, Run& chosen);
void add_conclude_command(CLI::App& tcpdx, Run& chosen);
void add_config_command(CLI::App& tcpdx, Run& chosen);
void add_explain_command(CLI::App& tcpdx, Run& chosen);
void add_history_command(CLI::App& tcpdx, Run& chosen);
void add_lab_command(CLI::App& tcpdx, Run& chosen);
void add_list_command(CLI::App& tcpdx, Run& chosen);
void add_netstat_command(CLI::App& tcpdx, Run& chosen);
void add_probe_command(CLI::App& tcpdx, Run& chosen);
void add_record_command(CLI::App& tcpdx, Run& chosen);
void add_serve_command(CLI::App& tcpdx, Run& chosen);
void add_trace_command(CLI::App& tcpdx, Run& chosen);
void add_tune_command(CLI::App& tcpdx, Run& chosen);

// "tcpdx: <what went wrong>. <what to do>", in the user's language, on stderr.
void complain(std::string_view text);
void complain(const Error& error);

// Writes to stdout and turns a failure into the exit status: `wanted` when all was written, 1 with
// a message when not, and 0 when the reader of a pipe has gone.
[[nodiscard]] int finish(std::string_view output, int wanted);

}  // namespace tcpdx::app
