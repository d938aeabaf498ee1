#include "sources/procfs/proc_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>

namespace tcpdx::procfs {
namespace {

constexpr std::size_t kFirstReadBytes = 4096;
constexpr std::size_t kEntriesBytes = 64UL * 1024;

}  // namespace

Result<UniqueFd> open_directory(int directory, const char* path) {
    UniqueFd opened(::openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened) {
        return os_failure(std::string("opening the directory ") + path);
    }
    return opened;
}

Result<std::string> read_file(int directory, const char* path, std::size_t most_bytes) {
    const UniqueFd file(::openat(directory, path, O_RDONLY | O_CLOEXEC));
    if (!file) {
        return os_failure(std::string("opening ") + path);
    }
    // Files in /proc have no size, so read until nothing comes. The kernel makes them a page or
    // more at a time, and a larger buffer saves it from formatting anything twice.
    std::string text;
    std::size_t used = 0;
    while (used < most_bytes) {
        if (used == text.size()) {
            text.resize(std::min(most_bytes, std::max(kFirstReadBytes, 2 * used)));
        }
        const ssize_t got = ::read(file.get(), text.data() + used, text.size() - used);
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return os_failure(std::string("reading ") + path);
        }
        if (got == 0) {
            break;
        }
        used += static_cast<std::size_t>(got);
    }
    text.resize(used);
    return text;
}

Result<> for_each_entry(int directory, const std::function<void(const char*)>& on_name) {
    // getdents64 itself: readdir(3) would take a second descriptor and a heap buffer for each of
    // thousands of directories.
    alignas(dirent64) std::array<char, kEntriesBytes> buffer{};
    while (true) {
        const ssize_t got = ::getdents64(directory, buffer.data(), buffer.size());
        if (got < 0) {
            return os_failure("reading a directory");
        }
        if (got == 0) {
            return {};
        }
        for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
            unsigned short length = 0;
            std::memcpy(&length, buffer.data() + at + offsetof(dirent64, d_reclen), sizeof(length));
            const char* name = buffer.data() + at + offsetof(dirent64, d_name);
            if (std::strcmp(name, ".") != 0 && std::strcmp(name, "..") != 0) {
                on_name(name);
            }
            at += length;
        }
    }
}

}  // namespace tcpdx::procfs
