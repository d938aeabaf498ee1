#pragma once

#include <optional>
#include <string_view>

#include "model/observations.h"

namespace tcpdx::text {

// One paste: the last sample of its sockets, and the first when it shows several.
struct Reading {
    Observations now;  // `now.paste` is always set
    std::optional<Observations> earlier;
};

// Reads whatever an administrator pastes: the output of netstat, ss, lsof or /proc/net/tcp of any
// system in any language, with prose around it. Never fails: what is not understood is counted in
// Paste::unread_lines. Connections carry the line they stand on (source_line); fields that the
// format does not have stay empty. Counters are those of `netstat -s` and `nstat`, by nstat's
// names.
[[nodiscard]] Reading read_paste(std::string_view bytes);

}  // namespace tcpdx::text
