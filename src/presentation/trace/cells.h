#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/trace/life.h"
#include "presentation/list/output_stream.h"
#include "presentation/trace/trace_context.h"

namespace tcpdx::trace {

// Widths in columns of the cells that lines of transitions and lines of lives share. A longer cell
// pushes the rest of its line to the right.
inline constexpr std::size_t kTimeColumns = 15;
inline constexpr std::size_t kDwellColumns = 9;

char* append(char* out, std::string_view text);

// Spaces up to `width` columns since `begin`, and a gap.
char* pad(char* out, const char* begin, std::size_t width);

// Writes the cells that say which connection it is: both ends, namespace, opener, owner.
class ConnectionCells {
public:
    explicit ConnectionCells(const TraceContext& context);

    [[nodiscard]] std::string header() const;
    char* append_ends(char* out, const SocketAddress& local, const SocketAddress& remote,
                      std::uint32_t network_namespace) const;
    // Without a life: "-".
    char* append_owner(char* out, const Life* life) const;

private:
    const TraceContext& context_;
    std::string active_;
    std::string passive_;
    std::string owner_prefix_;  // of who should accept it
    std::string owner_suffix_;
};

}  // namespace tcpdx::trace
