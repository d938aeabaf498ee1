#pragma once

#include <cstdint>
#include <string_view>

namespace tcpdx::text {

enum class Protocol : std::uint8_t { None, Tcp, Inet, Local };

// What the first cell of a row says: Tcp for "tcp", "TCP", "tcp46"; Inet for other protocols with
// addresses and ports ("udp6", "raw", "sctp"); Local for the rest ("unix", "u_str", "nl").
[[nodiscard]] Protocol parse_protocol(std::string_view word);

}  // namespace tcpdx::text
