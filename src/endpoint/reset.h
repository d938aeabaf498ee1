#pragma once

#include <cstdint>
#include <optional>

#include "wire/tcp_header.h"

namespace tcpdx::endpoint {

// How much sequence space a segment takes: SYN and FIN count (RFC 9293, 3.4).
[[nodiscard]] std::uint32_t sequence_length(const wire::TcpSegment& segment);

// The RST that answers a segment for which there is no connection (RFC 9293, 3.10.7.1); nothing for
// a RST. Its ports are already turned round.
[[nodiscard]] std::optional<wire::TcpSegment> reset_for(const wire::TcpSegment& segment);

}  // namespace tcpdx::endpoint
