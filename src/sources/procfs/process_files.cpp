#include "sources/procfs/process_files.h"

#include "base/words.h"

namespace tcpdx::procfs {
namespace {

// PF_KTHREAD of include/linux/sched.h. Part of no UAPI, but it has not moved since Linux 2.6.27.
constexpr std::uint32_t kKernelThreadFlag = 0x00200000;

// The kernel escapes just these two in the name (proc_task_name), so that it stays on its line.
std::string unescaped(std::string_view name) {
    std::string plain;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool escape = name[i] == '\\' && i + 1 < name.size();
        if (escape && name[i + 1] == 'n') {
            plain += '\n';
            ++i;
        } else if (escape && name[i + 1] == '\\') {
            plain += '\\';
            ++i;
        } else {
            plain += name[i];
        }
    }
    return plain;
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
    // The name stands in parentheses and may hold any of "() " itself, so search from the end.
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view rest = text.substr(name_end + 1);
    const auto state = take_word(rest);
    for (int i = 0; i < 5; ++i) {  // ppid, pgrp, session, tty_nr, tpgid
        (void)take_word(rest);
    }
    const auto flags_text = take_word(rest);
    const auto flags = flags_text ? number_in<std::uint32_t>(*flags_text) : std::nullopt;
    if (!flags || rest.empty()) {  // a number at the very end may have been cut
        return std::nullopt;
    }
    return ProcessStat{.kernel_thread = (*flags & kKernelThreadFlag) != 0,
                       .zombie = *state == "Z" || *state == "X"};
}

ProcessStatus parse_process_status(std::string_view text) {
    ProcessStatus status;
    // Both are near the top of some 60 lines.
    while (text.find('\n') != std::string_view::npos && !status.uid) {
        std::string_view line = *take_line(text);
        if (line.starts_with("Name:\t")) {
            status.name = unescaped(line.substr(6));
        } else if (line.starts_with("Uid:\t")) {
            line.remove_prefix(5);
            (void)take_word(line);  // the real one
            if (const auto effective = take_word(line)) {
                status.uid = number_in<std::uint32_t>(*effective);
            }
        }
    }
    return status;
}

std::optional<std::uint64_t> parse_descriptor_limit(std::string_view text) {
    constexpr std::string_view kRow = "Max open files";
    while (text.find('\n') != std::string_view::npos) {
        std::string_view line = *take_line(text);
        if (line.starts_with(kRow)) {
            line.remove_prefix(kRow.size());
            const auto soft = take_word(line);
            return soft ? number_in<std::uint64_t>(*soft) : std::nullopt;
        }
    }
    return std::nullopt;
}

std::string parse_command_line(std::string_view text) {
    // Programs that set their title pad it with NULs ("nginx: master process").
    std::string line(text.substr(0, text.find_last_not_of('\0') + 1));
    for (char& letter : line) {
        if (letter == '\0') {
            letter = ' ';
        }
    }
    return line;
}

}  // namespace tcpdx::procfs
