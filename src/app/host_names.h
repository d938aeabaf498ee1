#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "model/filter/operand.h"
#include "sources/names/name_resolver.h"

namespace tcpdx::app {

// Names that the host gives to numbers: users, interfaces, services, control groups. Each is asked
// for once and remembered, since rows ask again and again. Empty where there is no name.
class HostNames {
public:
    [[nodiscard]] std::string_view user(std::uint32_t uid) {
        return users_.user(static_cast<std::int32_t>(uid));
    }
    // Looks the interface's name up in the network namespace that the calling thread is in, and
    // remembers it as one of namespace `network_namespace`, for a row that is written later.
    void learn_interface(std::uint32_t network_namespace, std::uint32_t index);
    [[nodiscard]] std::string_view interface(std::uint32_t network_namespace,
                                             std::uint32_t index) const;
    // The path below the root of the hierarchy: "/system.slice/nginx.service".
    [[nodiscard]] std::string_view cgroup(std::uint64_t id);

private:
    names::NameResolver users_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::string> interfaces_;
    std::optional<std::unordered_map<std::uint64_t, std::string>> cgroups_;
};

// The same the other way around, for filters.
[[nodiscard]] filter::Names names_for_filters();

}  // namespace tcpdx::app
