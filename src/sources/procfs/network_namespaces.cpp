#include "sources/procfs/network_namespaces.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <future>
#include <string>
#include <thread>
#include <unordered_set>

#include "base/words.h"
#include "sources/procfs/proc_file.h"
#include "sources/procfs/process_reader.h"

namespace tcpdx::procfs {
namespace {

constexpr const char* kNamedNamespaces = "/run/netns";
constexpr const char* kOwnNamespace = "/proc/thread-self/ns/net";

Result<OpenNamespace> open_namespace(int directory, const char* path) {
    OpenNamespace opened{.identity = {},
                         .entrance = UniqueFd(::openat(directory, path, O_RDONLY | O_CLOEXEC))};
    struct stat status {};
    if (!opened.entrance || ::fstat(opened.entrance.get(), &status) != 0) {
        return os_failure(std::string("opening the network namespace ") + path);
    }
    opened.identity.inode = status.st_ino;
    return opened;
}

// `ip netns` leaves an empty file behind when its bind mount is gone.
bool is_namespace(const UniqueFd& file) {
    struct statfs filesystem {};
    return ::fstatfs(file.get(), &filesystem) == 0 && filesystem.f_type == NSFS_MAGIC;
}

class Collector {
public:
    Result<> add_own() {
        add(TRY(open_namespace(AT_FDCWD, kOwnNamespace)), "");
        return {};
    }

    void add_named() {
        const auto directory = open_directory(AT_FDCWD, kNamedNamespaces);
        if (!directory) {
            return;  // nobody has ever named one
        }
        (void)for_each_entry(directory->get(), [&](const char* name) {
            auto opened = open_namespace(directory->get(), name);
            if (opened && is_namespace(opened->entrance)) {
                add(*std::move(opened), name);
            }
        });
    }

    Result<> add_of_processes() {
        const UniqueFd proc = TRY(open_directory(AT_FDCWD, "/proc"));
        list_.processes_hidden = true;
        return for_each_entry(proc.get(), [&](const char* name) {
            if (const auto pid = number_in<int>(name)) {
                list_.processes_hidden &= *pid != 1;
                add_of_process(proc.get(), *pid);
            }
        });
    }

    NamespaceList take() && { return std::move(list_); }

private:
    void add(OpenNamespace opened, std::string name) {
        if (known_.insert(opened.identity.inode).second) {
            opened.identity.name = std::move(name);
            list_.namespaces.push_back(std::move(opened));
        }
    }

    void add_of_process(int proc, int pid) {
        const std::string directory = std::to_string(pid);
        const std::string link = directory + "/ns/net";
        // stat costs less than open, and nearly all processes share a namespace.
        struct stat status {};
        if (::fstatat(proc, link.c_str(), &status, 0) != 0) {
            const bool denied = errno == EACCES || errno == EPERM;
            if (denied && can_hold_sockets(proc, pid)) {
                ++list_.unseen_processes;
            }
            return;
        }
        if (known_.contains(status.st_ino)) {
            return;
        }
        if (auto opened = open_namespace(proc, link.c_str())) {
            const auto comm = read_file(proc, (directory + "/comm").c_str());
            std::string name(comm ? trimmed(*comm) : std::string_view("?"));
            add(*std::move(opened), name + " (pid " + directory + ")");
        }
    }

    NamespaceList list_;
    std::unordered_set<std::uint64_t> known_;
};

}  // namespace

Result<NamespaceList> list_network_namespaces() {
    Collector collector;
    TRY(collector.add_own());
    collector.add_named();
    TRY(collector.add_of_processes());
    return std::move(collector).take();
}

Result<> inside_network_namespace(const UniqueFd& entrance, const std::function<Result<>()>& work) {
    // setns() changes the calling thread alone, and there may be no way back into the old one.
    std::packaged_task<Result<>()> task([&]() -> Result<> {
        if (::setns(entrance.get(), CLONE_NEWNET) != 0) {
            return os_failure("entering a network namespace");
        }
        return work();
    });
    std::future<Result<>> outcome = task.get_future();
    std::jthread(std::move(task)).join();
    return outcome.get();
}

}  // namespace tcpdx::procfs
