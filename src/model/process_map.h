#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/observations.h"

namespace tcpdx {

// Who talks to whom, seen from one host: its programs, the addresses elsewhere, and between them
// who opened to whom. Both ends of a connection within the host are one line.
struct ProcessMap {
    enum class Kind : std::uint8_t { Process, Peer, Others, Unknown, Kernel };
    struct Node {
        Kind kind = Kind::Unknown;
        std::string name;
        std::string unit;
        std::vector<int> pids;
        std::vector<std::uint16_t> listens_on;
        std::size_t connections = 0;
        std::size_t members = 1;  // of Others: how many it stands for
    };
    struct Edge {
        std::size_t from = 0;  // opened
        std::size_t to = 0;
        bool opener_known = true;
        std::uint16_t port = 0;  // of the service
        std::size_t connections = 0;
        std::array<std::size_t, kAllTcpStates.size()> states{};
    };
    std::vector<Node> nodes;  // the one with the most connections first
    std::vector<Edge> edges;  // the most connections first
    std::size_t nodes_in_all = 0;
};

// `most_nodes`, of which one stands for all the smallest when there are more.
[[nodiscard]] ProcessMap map_processes(const Observations& seen, std::size_t most_nodes);

}  // namespace tcpdx
