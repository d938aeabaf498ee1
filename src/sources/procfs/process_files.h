#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tcpdx::procfs {

// Readers of the files in /proc/PID. All are pure: text in, facts out.

struct ProcessStat {
    bool kernel_thread = false;
    bool zombie = false;
};

// /proc/PID/stat.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view text);

struct ProcessStatus {
    std::string name;
    std::optional<std::uint32_t> uid;  // the effective one
};

// /proc/PID/status.
[[nodiscard]] ProcessStatus parse_process_status(std::string_view text);

// The soft limit of "Max open files" in /proc/PID/limits. Nothing when it is unlimited.
[[nodiscard]] std::optional<std::uint64_t> parse_descriptor_limit(std::string_view text);

// /proc/PID/cmdline with spaces for the NULs between arguments.
[[nodiscard]] std::string parse_command_line(std::string_view text);

}  // namespace tcpdx::procfs
