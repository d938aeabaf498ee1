#include "sources/procfs/descriptor_walk.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <string>
#include <vector>

#include "base/words.h"
#include "sources/procfs/proc_file.h"
#include "sources/procfs/process_reader.h"

namespace tcpdx::procfs {
namespace {

// "123/fd" in a buffer: no allocation for each of thousands of processes.
struct ProcessPath {
    std::array<char, 32> text{};
    ProcessPath(int pid, const char* file) {
        std::snprintf(text.data(), text.size(), "%d/%s", pid, file);
    }
    [[nodiscard]] const char* c_str() const { return text.data(); }
};

Result<std::vector<int>> list_pids(int proc) {
    std::vector<int> pids;
    TRY(for_each_entry(proc, [&](const char* name) {
        if (const auto pid = number_in<int>(name)) {
            pids.push_back(*pid);
        }
    }));
    std::sort(pids.begin(), pids.end());
    return pids;
}

std::string name_of(int proc, int pid) {
    const auto text = read_file(proc, ProcessPath(pid, "comm").c_str());
    return text ? std::string(text->substr(0, text->rfind('\n'))) : std::string();
}

class Walk {
public:
    Walk(int proc, std::size_t budget) : proc_(proc), left_(budget) {}

    // False once the budget is used up.
    bool visit(int pid) {
        if (left_ < kProcessCost) {
            return false;
        }
        left_ -= kProcessCost;
        const auto directory = open_directory(proc_, ProcessPath(pid, "fd").c_str());
        if (!directory) {
            const bool denied = directory.error().code == ErrorCode::PermissionDenied;
            if (denied && can_hold_sockets(proc_, pid)) {
                holders_.add_unseen_process();
            }
            return true;
        }
        process_ = kNoProcess;
        bool denied = false;
        // It fails only when the process ends under our hands: what was seen until then stays.
        (void)for_each_entry(directory->get(), [&](const char* name) {
            if (left_ == 0) {
                return;
            }
            --left_;
            denied |= !read_link(directory->get(), name, pid);
        });
        if (denied) {
            holders_.add_unseen_process();
        }
        return left_ > 0;
    }

    void set_processes_hidden(bool hidden) { holders_.set_processes_hidden(hidden); }
    SocketHolders take() && { return std::move(holders_); }

private:
    // False when the link may not be read.
    bool read_link(int directory, const char* name, int pid) {
        std::array<char, 64> link{};
        const ssize_t length = ::readlinkat(directory, name, link.data(), link.size());
        if (length < 0) {
            // The directory of a process with our uid opens, but its links do not when it is not
            // dumpable (setuid, or it asked for that).
            return errno != EACCES && errno != EPERM;
        }
        const auto inode = socket_inode({link.data(), static_cast<std::size_t>(length)});
        if (!inode) {
            return true;
        }
        if (process_ == kNoProcess) {
            process_ = holders_.add_process(pid, name_of(proc_, pid));
        }
        holders_.add_holder(*inode, process_, number_in<std::int32_t>(name).value_or(-1));
        return true;
    }

    int proc_;
    std::size_t left_;
    std::uint32_t process_ = kNoProcess;
    SocketHolders holders_{HolderMethod::DescriptorWalk};
};

}  // namespace

std::optional<std::uint32_t> socket_inode(std::string_view link) {
    constexpr std::string_view kBefore = "socket:[";
    if (!link.starts_with(kBefore) || !link.ends_with(']')) {
        return std::nullopt;
    }
    return number_in<std::uint32_t>(link.substr(kBefore.size(), link.size() - kBefore.size() - 1));
}

Result<std::optional<SocketHolders>> walk_descriptors(int proc, std::size_t budget) {
    const std::vector<int> pids = TRY(list_pids(proc));
    Walk walk(proc, budget);
    walk.set_processes_hidden(pids.empty() || pids.front() != 1);
    for (const int pid : pids) {
        if (!walk.visit(pid)) {
            return std::optional<SocketHolders>();
        }
    }
    return std::optional(std::move(walk).take());
}

}  // namespace tcpdx::procfs
