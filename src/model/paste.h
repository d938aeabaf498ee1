#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/ip_address.h"
#include "model/tcp_state.h"

namespace tcpdx {

// The system a pasted listing was made on. What is normal differs: which source ports there are,
// who can see owners, and which command shows more.
enum class HostSystem : std::uint8_t {
    Unknown,
    Linux,
    Windows,
    MacOs,
    FreeBsd,
    OpenBsd,
    Solaris,
    Aix,
};

struct UnreadLine {
    std::uint32_t number = 0;  // 1-based
    std::string text;          // cut to what fits a screen line, valid UTF-8
};

// What a listing that somebody sent says about itself. Nothing here is about one connection.
struct Paste {
    HostSystem system = HostSystem::Unknown;
    std::vector<std::string> tools;  // "netstat", "ss", "lsof", "/proc/net/tcp": in order of use
    std::string command;             // as typed, when the paste shows it: "netstat -antp"
    std::size_t lines = 0;
    std::size_t socket_rows = 0;
    std::size_t samples = 1;  // more with netstat -c or several listings of the same host
    bool cut_off = false;     // ends within a table or a row, or says that rows were left out
    // Only rows that somebody selected (grep, a filter in the command): absence proves nothing.
    bool selected = false;
    std::optional<bool> as_root;      // made with the right to see every owner
    std::optional<bool> owner_shown;  // the listing has an owner column at all
    // Of `sort | uniq -c` and of summaries: how many in each state, without their rows.
    std::array<std::optional<std::uint64_t>, kAllTcpStates.size()> state_counts{};
    std::vector<UnreadLine> unread;  // the first of the lines that were not understood
    std::size_t unread_lines = 0;    // all of them
    // Rows that were understood, but show no state of theirs: `awk '{print $4, $5}'`,
    // `netstat -T`. They are no connections, since a rule could not tell what they are.
    std::size_t rows_without_state = 0;
    // What stood where an address belongs: a host's name, perhaps cut, or letters that hide the
    // address. An IpAddress of family Name points in here.
    std::vector<std::string> host_names;

    // Empty unless `address` is one of those names.
    [[nodiscard]] std::string_view host_name(const IpAddress& address) const {
        const auto index = address.name_index();
        return index && *index < host_names.size() ? std::string_view(host_names[*index])
                                                   : std::string_view();
    }
};

}  // namespace tcpdx
