#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sources/text/commands.h"
#include "sources/text/row.h"
#include "sources/text/tokens.h"

namespace tcpdx::text {

// The line over a table that names its columns, in any language.
struct Header {
    Tool tool = Tool::None;
    HostSystem system = HostSystem::Unknown;
    HostSystem likely = HostSystem::Unknown;  // unless a row says otherwise
    TableContext table;
    bool sockets = true;  // false: over UNIX domain sockets, routes and the like
};
[[nodiscard]] std::optional<Header> parse_header(const Tokens& tokens);

// Lines that netstat and others print around their tables: banners and warnings.
struct Banner {
    HostSystem system = HostSystem::Unknown;
    std::optional<bool> listeners;    // "(only servers)", "(servers and established)"
    std::optional<bool> connections;  // false for "(only servers)"
    bool not_root = false;            // "you would have to be root to see it all"
    bool other_sockets = false;       // "Active UNIX domain sockets"
};
[[nodiscard]] std::optional<Banner> parse_banner(std::string_view line);

// "...", "[snip]", "... truncated": somebody left rows out.
[[nodiscard]] bool is_omission(std::string_view line);

}  // namespace tcpdx::text
