#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "diagnosis/source_ports.h"
#include "model/observations.h"

namespace tcpdx::diagnosis {

// What the judges of options want to know about this host's load, gathered in one pass.
struct Load {
    const Observations& seen;
    std::size_t time_wait = 0;
    std::size_t orphaned_fin_wait2 = 0;
    std::size_t with_keepalive = 0;
    bool timers_known = false;  // of at least one established connection
    std::optional<SourcePorts> ports;
    std::optional<SourcePortUse> fullest;         // the destination that uses most source ports
    std::optional<SourcePortUse> fullest_remote;  // the same, loopback left out
    std::vector<std::uint16_t> listening_in_range;
    std::vector<std::uint32_t> full_listeners;     // accept queue over its limit now
    std::optional<std::uint32_t> largest_backlog;  // of any listener

    [[nodiscard]] double ports_percent(const std::optional<SourcePortUse>& use) const;
    [[nodiscard]] std::int64_t option(std::string_view name, std::int64_t otherwise) const;
    // Since the namespace came up; 0 when the counter is not known.
    [[nodiscard]] std::uint64_t counted(std::string_view counter) const;
};

[[nodiscard]] Load load_of(const Observations& seen);

}  // namespace tcpdx::diagnosis
