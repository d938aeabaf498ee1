#include "sources/trace/kernel_symbols.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <vector>

#include "base/unique_fd.h"

namespace tcpdx::trace {
namespace {

constexpr std::size_t kBlockBytes = 64UL * 1024;

// The address of the line that ends with `name` behind a blank; 0 when there is none.
std::uint64_t address_of(std::string_view lines, std::string_view name) {
    for (std::size_t at = lines.find(name); at != std::string_view::npos;
         at = lines.find(name, at + 1)) {
        const std::size_t end = at + name.size();
        const bool whole = at > 0 && lines[at - 1] == ' ' &&
                           (end == lines.size() || lines[end] == '\n' || lines[end] == '\t');
        if (!whole) {
            continue;
        }
        const std::size_t newline = lines.rfind('\n', at);
        const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
        std::uint64_t address = 0;
        const auto [stop, error] =
            std::from_chars(lines.data() + begin, lines.data() + at, address, 16);
        if (error == std::errc() && *stop == ' ') {
            return address;
        }
    }
    return 0;
}

}  // namespace

void TimerHandlers::find_in(std::string_view lines) {
    if (request == 0) {
        request = address_of(lines, "reqsk_timer_handler");
    }
    if (time_wait == 0) {
        time_wait = address_of(lines, "tw_timer_handler");
    }
}

Result<TimerHandlers> find_timer_handlers() {
    const UniqueFd file(::open("/proc/kallsyms", O_RDONLY | O_CLOEXEC));
    if (!file) {
        return os_failure("opening /proc/kallsyms");
    }
    TimerHandlers handlers;
    std::vector<char> block(kBlockBytes);
    std::size_t kept = 0;  // of a line that is not complete yet
    while (handlers.request == 0 || handlers.time_wait == 0) {
        const ssize_t got = ::read(file.get(), block.data() + kept, block.size() - kept);
        if (got < 0) {
            return os_failure("reading /proc/kallsyms");
        }
        if (got == 0) {
            break;
        }
        const std::size_t size = kept + static_cast<std::size_t>(got);
        const std::string_view text(block.data(), size);
        const std::size_t newline = text.rfind('\n');
        const std::size_t whole = newline == std::string_view::npos ? 0 : newline + 1;
        handlers.find_in(text.substr(0, whole));
        kept = size - whole;
        if (kept == block.size()) {
            kept = 0;  // no symbol is as long as a block
        }
        std::memmove(block.data(), block.data() + whole, kept);
    }
    return handlers;
}

}  // namespace tcpdx::trace
