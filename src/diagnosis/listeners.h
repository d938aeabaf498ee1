#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

// The listeners of one program on one port: 0.0.0.0 and ::, or the four workers of a server, are
// one line for a reader.
struct ListeningPort {
    std::uint16_t port = 0;
    std::string program;  // name without a pid; empty when not known
    std::vector<std::uint32_t> listeners;
};

// By port, then program, over the listeners for which `wanted` is true and that were asked about.
[[nodiscard]] std::vector<ListeningPort> listening_ports(const Situation& situation,
                                                         bool (*wanted)(const Connection&));

// "22 (sshd), 80 (nginx)"; after the first twenty ", ...".
[[nodiscard]] std::string list_of(const std::vector<ListeningPort>& ports);

}  // namespace tcpdx::diagnosis
