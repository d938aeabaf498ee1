#pragma once

#include <string>
#include <string_view>

#include "model/observations.h"

namespace tcpdx::procfs {

// Reads the options that rules, explanations and the tuning audit look at, and rp_filter of every
// interface, of the calling thread's network namespace. One that this kernel does not have, or that
// may not be read, is absent. In a namespace other than the host's, that is also so for the options
// of the whole host (net.ipv4.tcp_mem, net.core.netdev_max_backlog, ...).
[[nodiscard]] KernelOptions read_kernel_options(const char* sys_directory = "/proc/sys");

// "net/ipv4/tcp_mem" for "net.ipv4.tcp_mem". An interface's name may have a dot of its own, which
// sysctl(8) writes as a slash: "net.ipv4.conf.eth0/100.rp_filter".
[[nodiscard]] std::string path_of_option(std::string_view name);

}  // namespace tcpdx::procfs
