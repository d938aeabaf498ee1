#pragma once

namespace tcpdx::app {

// Runs as netstat(8) would with these arguments, and returns its exit status. argv[0] is the name
// for messages. Nothing here is translated: programs parse it.
[[nodiscard]] int run_netstat(int argc, char** argv);

// The arguments of netstat when the program was called by that name (argv[0] ends in "netstat") or
// with "netstat" as the first word; otherwise argc is 0.
struct NetstatCall {
    int argc = 0;
    char** argv = nullptr;
};
[[nodiscard]] NetstatCall netstat_call(int argc, char** argv);

}  // namespace tcpdx::app
