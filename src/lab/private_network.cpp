#include "lab/private_network.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "base/i18n.h"
#include "base/unique_fd.h"

namespace tcpdx::lab {
namespace {

constexpr const char* kDevice = "lab0";
bool inside = false;

ino_t network_inode() {
    struct stat status {};
    return ::stat("/proc/self/ns/net", &status) == 0 ? status.st_ino : 0;
}

Result<> write_file(const char* path, std::string_view text) {
    const UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
    if (!file || ::write(file.get(), text.data(), text.size()) < 0) {
        return os_failure(N_("writing"), path);
    }
    return {};
}

// One user of the new namespace, who is root there and the caller outside.
Result<> become_root_of_own_namespace(uid_t user, gid_t group) {
    TRY(write_file("/proc/self/setgroups", "deny"));
    TRY(write_file("/proc/self/uid_map", "0 " + std::to_string(user) + " 1"));
    return write_file("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
}

// A fresh network has lo, and perhaps tunnels of kernel modules; all of them are down.
Result<> check_that_nothing_leads_out() {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) {
        return os_failure(N_("listing the network devices"));
    }
    std::string up;
    for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
        if ((each->ifa_flags & static_cast<unsigned>(IFF_UP)) != 0) {
            up = each->ifa_name;
        }
    }
    ::freeifaddrs(list);
    if (!up.empty()) {
        return tl::unexpected(
            Error{.code = ErrorCode::Usage,
                  .doing = N_("the lab stays out of a network with a device that is up"),
                  .os_error = 0,
                  .about = up});
    }
    return {};
}

sockaddr address_of(std::uint32_t host_order) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(host_order);
    sockaddr plain{};
    std::memcpy(&plain, &in, sizeof plain);
    return plain;
}

ifreq request_for(const char* device) {
    ifreq request{};
    std::strncpy(request.ifr_name, device, IFNAMSIZ - 1);
    return request;
}

Result<> bring_up(int socket, const char* device) {
    ifreq request = request_for(device);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (::ioctl(socket, SIOCSIFFLAGS, &request) != 0) {
        return os_failure(N_("bringing up a device of the lab"), device);
    }
    return {};
}

}  // namespace

Result<> enter_private_network() {
    const ino_t before = network_inode();
    const uid_t user = ::geteuid();
    const gid_t group = ::getegid();
    if (::unshare(CLONE_NEWNET) != 0) {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
            return os_failure(
                N_("making a private network (needs CAP_SYS_ADMIN, or user namespaces that are "
                   "allowed)"));
        }
        TRY(become_root_of_own_namespace(user, group));
    }
    if (before == 0 || network_inode() == before) {
        return failure(ErrorCode::Unsupported, N_("making a private network"));
    }
    inside = true;
    return {};
}

Result<TunDevice> lay_road() {
    if (!inside) {
        return failure(ErrorCode::Usage, N_("the lab only works in a network of its own"));
    }
    TRY(check_that_nothing_leads_out());
    // Nothing but what the lab does shall be seen. Without IPv6 in the kernel there is no file.
    (void)write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    TunDevice device = TRY(TunDevice::open(kDevice));
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) {
        return os_failure(N_("opening a socket"));
    }
    TRY(bring_up(socket.get(), "lo"));
    ifreq request = request_for(kDevice);
    request.ifr_addr = address_of(0xC0000201);
    if (::ioctl(socket.get(), SIOCSIFADDR, &request) != 0) {
        return os_failure(N_("giving a device of the lab its address"), kDevice);
    }
    request.ifr_netmask = address_of(0xFFFFFF00);
    if (::ioctl(socket.get(), SIOCSIFNETMASK, &request) != 0) {
        return os_failure(N_("giving a device of the lab its address"), kDevice);
    }
    TRY(bring_up(socket.get(), kDevice));
    rtentry route{};
    route.rt_dst = address_of(0);
    route.rt_genmask = address_of(0);
    route.rt_gateway = address_of(0xC00002FE);
    route.rt_flags = RTF_UP | RTF_GATEWAY;
    if (::ioctl(socket.get(), SIOCADDRT, &route) != 0) {
        return os_failure(N_("adding a route of the lab"));
    }
    return device;
}

Result<> set_option(const std::string& name, const std::string& value) {
    if (!inside) {
        return failure(ErrorCode::Usage, N_("the lab only works in a network of its own"));
    }
    std::string path = "/proc/sys/" + name;
    std::replace(path.begin() + 10, path.end(), '.', '/');
    return write_file(path.c_str(), value);
}

}  // namespace tcpdx::lab
