#include "sources/procfs/tables/socket_programs.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include "base/owned.h"
#include "base/unique_fd.h"

namespace tcpdx::proc_tables {
namespace {

using Directory = Owned<DIR, ::closedir>;

constexpr std::size_t kCommandLineBytes = 511;  // netstat reads no more of it

Directory open_directory(int parent, const char* name) {
    const int fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return nullptr;
    }
    return Directory(::fdopendir(fd));
}

bool is_number(const char* name) {
    return *name != '\0' && std::all_of(name, name + std::char_traits<char>::length(name),
                                        [](char c) { return c >= '0' && c <= '9'; });
}

// "socket:[1234]" -> 1234
std::optional<std::uint64_t> socket_inode(std::string_view link) {
    constexpr std::string_view kPrefix = "socket:[";
    if (!link.starts_with(kPrefix) || !link.ends_with(']')) {
        return std::nullopt;
    }
    link.remove_prefix(kPrefix.size());
    std::uint64_t inode = 0;
    const auto [end, error] = std::from_chars(link.data(), link.data() + link.size(), inode);
    return error == std::errc{} && *end == ']' ? std::optional(inode) : std::nullopt;
}

std::optional<std::string> beginning_of(int parent, const char* path) {
    const UniqueFd file(::openat(parent, path, O_RDONLY | O_CLOEXEC));
    std::array<char, kCommandLineBytes> bytes{};
    const ssize_t got = file ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
    if (got < 0) {
        return std::nullopt;
    }
    return std::string(bytes.data(), static_cast<std::size_t>(got));
}

// Adds the sockets of one process. Its command line is only read once it has shown a socket.
void add_process(int proc, const char* pid, bool with_security_context, SocketPrograms& found) {
    const std::string folder = std::string(pid) + "/fd";
    errno = 0;
    const Directory descriptors = open_directory(proc, folder.c_str());
    if (!descriptors) {
        found.some_denied = found.some_denied || errno == EACCES;
        return;
    }
    const int descriptors_fd = ::dirfd(descriptors.get());
    bool named = false;
    while (const dirent* entry = ::readdir(descriptors.get())) {  // NOLINT(concurrency-mt-unsafe)
        const char* const name = static_cast<const char*>(entry->d_name);
        if (*name == '.') {
            continue;
        }
        std::array<char, 32> link{};
        const ssize_t length = ::readlinkat(descriptors_fd, name, link.data(), link.size());
        if (length <= 0) {
            continue;
        }
        const auto inode = socket_inode({link.data(), static_cast<std::size_t>(length)});
        if (!inode) {
            continue;
        }
        if (!named) {
            const auto command_line = beginning_of(proc, (std::string(pid) + "/cmdline").c_str());
            if (!command_line) {
                continue;
            }
            SocketPrograms::Holder holder{.pid = pid,
                                          .program = std::string(program_name(*command_line))};
            if (with_security_context) {
                holder.security_context =
                    beginning_of(proc, (std::string(pid) + "/attr/current").c_str()).value_or("-");
                holder.security_context.resize(
                    std::min(holder.security_context.find_first_of(std::string_view("\0\n", 2)),
                             holder.security_context.size()));
            }
            found.holders.push_back(std::move(holder));
            named = true;
        }
        found.by_inode.try_emplace(*inode, static_cast<std::uint32_t>(found.holders.size() - 1));
    }
}

}  // namespace

std::string_view program_name(std::string_view command_line) {
    const std::string_view first = command_line.substr(0, command_line.find('\0'));
    if (!first.starts_with('/')) {
        return first;
    }
    return first.substr(first.rfind('/') + 1);
}

SocketPrograms read_socket_programs(bool with_security_context) {
    SocketPrograms found;
    const Directory proc = open_directory(AT_FDCWD, "/proc");
    if (!proc) {
        found.proc_unreadable = true;
        return found;
    }
    while (const dirent* entry = ::readdir(proc.get())) {  // NOLINT(concurrency-mt-unsafe)
        const char* const name = static_cast<const char*>(entry->d_name);
        if (is_number(name)) {
            add_process(::dirfd(proc.get()), name, with_security_context, found);
        }
    }
    return found;
}

}  // namespace tcpdx::proc_tables
