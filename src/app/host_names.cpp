#include "app/host_names.h"

#include <net/if.h>
#include <netdb.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace tcpdx::app {
namespace {

// The unified hierarchy; beside a version 1 hierarchy it is mounted one level deeper.
constexpr const char* kCgroupRoots[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};

// A socket's cgroup id is the inode of the group's directory (kernfs, 64-bit systems).
std::optional<std::uint64_t> cgroup_id_of(const std::string& directory) {
    struct stat status {};
    if (::stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
        return std::nullopt;
    }
    return status.st_ino;
}

std::unordered_map<std::uint64_t, std::string> list_cgroups() {
    std::unordered_map<std::uint64_t, std::string> paths;
    namespace fs = std::filesystem;
    std::error_code error;
    const char* root = fs::exists(kCgroupRoots[0], error) ? kCgroupRoots[0] : kCgroupRoots[1];
    if (const auto id = cgroup_id_of(root)) {
        paths.emplace(*id, "/");
    }
    fs::recursive_directory_iterator each(root, fs::directory_options::skip_permission_denied,
                                          error);
    for (; !error && each != fs::recursive_directory_iterator(); each.increment(error)) {
        std::error_code ignored;
        if (!each->is_directory(ignored)) {
            continue;
        }
        const std::string path = each->path().string();
        if (const auto id = cgroup_id_of(path)) {
            paths.emplace(*id, path.substr(std::string_view(root).size()));
        }
    }
    return paths;
}

}  // namespace

void HostNames::learn_interface(std::uint32_t network_namespace, std::uint32_t index) {
    const auto [entry, is_new] = interfaces_.try_emplace({network_namespace, index});
    if (is_new) {
        char name[IF_NAMESIZE] = {};
        if (::if_indextoname(index, name) != nullptr) {
            entry->second = name;
        }
    }
}

std::string_view HostNames::interface(std::uint32_t network_namespace, std::uint32_t index) const {
    const auto found = interfaces_.find({network_namespace, index});
    return found == interfaces_.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view HostNames::cgroup(std::uint64_t id) {
    if (!cgroups_) {
        cgroups_ = list_cgroups();
    }
    const auto found = cgroups_->find(id);
    return found == cgroups_->end() ? std::string_view() : std::string_view(found->second);
}

// Before any thread is started, so the functions with static results are safe here.
// NOLINTBEGIN(concurrency-mt-unsafe)
filter::Names names_for_filters() {
    filter::Names names;
    names.service = [](std::string_view name) -> std::optional<std::uint16_t> {
        const servent* found = ::getservbyname(std::string(name).c_str(), "tcp");
        return found == nullptr ? std::nullopt
                                : std::optional(ntohs(static_cast<std::uint16_t>(found->s_port)));
    };
    names.interface = [](std::string_view name) -> std::optional<std::uint32_t> {
        const unsigned index = ::if_nametoindex(std::string(name).c_str());
        return index == 0 ? std::nullopt : std::optional<std::uint32_t>(index);
    };
    names.user = [](std::string_view name) -> std::optional<std::uint32_t> {
        const passwd* found = ::getpwnam(std::string(name).c_str());
        return found == nullptr ? std::nullopt : std::optional<std::uint32_t>(found->pw_uid);
    };
    names.cgroup = [](std::string_view path) -> std::optional<std::uint64_t> {
        const std::string below =
            path.starts_with('/') ? std::string(path) : "/" + std::string(path);
        for (const char* root : kCgroupRoots) {
            if (const auto id = cgroup_id_of(root + below)) {
                return id;
            }
        }
        return below.starts_with(kCgroupRoots[1]) ? cgroup_id_of(below) : std::nullopt;
    };
    names.automatic_ports = []() -> std::optional<filter::PortRange> {
        filter::PortRange range;
        std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
        return file >> range.first >> range.last ? std::optional(range) : std::nullopt;
    };
    return names;
}
// NOLINTEND(concurrency-mt-unsafe)

}  // namespace tcpdx::app
