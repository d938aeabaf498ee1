#include "sources/procfs/tables/lines.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/unique_fd.h"

namespace tcpdx::proc_tables {
namespace {

constexpr std::size_t kChunk = std::size_t{256} * 1024;

}  // namespace

Result<> for_each_line(const char* path, const std::function<void(std::string_view)>& on_line) {
    const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
    if (!file) {
        return os_failure(path);
    }
    std::string buffer;
    std::size_t kept = 0;  // the beginning of a line whose end has not been read yet
    for (;;) {
        buffer.resize(kept + kChunk);
        const ssize_t got = ::read(file.get(), buffer.data() + kept, kChunk);
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return os_failure(path);
        }
        const std::string_view text(buffer.data(), kept + static_cast<std::size_t>(got));
        if (got == 0) {
            split_lines(text, on_line);
            return {};
        }
        const std::size_t last = text.rfind('\n');
        const std::size_t whole = last == std::string_view::npos ? 0 : last + 1;
        split_lines(text.substr(0, whole), on_line);
        kept = text.size() - whole;
        buffer.erase(0, whole);
    }
}

Result<std::string> read_file(const char* path) {
    const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
    if (!file) {
        return os_failure(path);
    }
    std::string text;
    std::array<char, 16384> chunk{};
    for (;;) {
        const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return os_failure(path);
        }
        if (got == 0) {
            return text;
        }
        text.append(chunk.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace tcpdx::proc_tables
