#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "model/observations.h"

namespace tcpdx {

// What a row needs beside the connection itself: what its indexes refer to, and names that only the
// host knows. A function may be unset, and answers "" where there is no name; the number is shown
// then. Views and answers stay valid as long as rows are written.
struct ListContext {
    std::span<const Process> processes;
    std::span<const NetworkNamespace> namespaces;
    std::function<std::string_view(std::uint32_t uid)> user_name;
    // An index means something only in its namespace.
    std::function<std::string_view(std::uint32_t network_namespace, std::uint32_t index)>
        interface_name;
    std::function<std::string_view(std::uint64_t id)> cgroup_path;
    // Of pasted text that shows names instead of addresses.
    const Paste* paste = nullptr;

    [[nodiscard]] const Process* process_of(const Connection& connection) const {
        return connection.owner.process < processes.size() ? &processes[connection.owner.process]
                                                           : nullptr;
    }
    // Empty for an address, which is nearly always.
    [[nodiscard]] std::string_view host_name(const IpAddress& address) const {
        return paste == nullptr ? std::string_view() : paste->host_name(address);
    }
    [[nodiscard]] const NetworkNamespace* namespace_of(const Connection& connection) const {
        return connection.network_namespace < namespaces.size()
                   ? &namespaces[connection.network_namespace]
                   : nullptr;
    }
};

}  // namespace tcpdx
