#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/netstat_tables.h"

namespace tcpdx::proc_tables {

// Reads /proc/net/igmp line by line: an interface's line comes first, its groups follow, indented.
//
//   Idx     Device    : Count Querier       Group    Users Timer    Reporter
//   1       lo        :     1      V3
//                                   010000E0     1 0:00000000               0
class IgmpReader {
public:
    enum class Line { Heading, Interface, Group, Malformed };

    // For Line::Group, `membership` is filled in; its interface lives until the next call.
    Line read(std::string_view line, GroupMembership& membership);

private:
    std::string interface_;
    bool heading_seen_ = false;
};

// A line of /proc/net/igmp6: "1    lo    ff020000000000000000000000000001     1 0000000C 0".
[[nodiscard]] std::optional<GroupMembership> parse_igmp6(std::string_view line);

}  // namespace tcpdx::proc_tables
