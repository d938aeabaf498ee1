#include "model/process_map.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "model/listener_index.h"

namespace tcpdx {
namespace {

using Node = ProcessMap::Node;
using Edge = ProcessMap::Edge;
using Kind = ProcessMap::Kind;

struct NodeKey {
    Kind kind = Kind::Unknown;
    std::string name;
    std::string unit;
    friend auto operator<=>(const NodeKey&, const NodeKey&) = default;
};

class MapMaker {
public:
    explicit MapMaker(const Observations& seen) : seen_(seen) {
        for (std::size_t i = 0; i < seen.connections.size(); ++i) {
            const Connection& each = seen.connections[i];
            if (each.is_listener()) {
                listeners_.add(each);
            } else {
                by_ends_.emplace(ends_of(each.local, each.remote), i);
            }
        }
    }

    void add_all() {
        for (const Connection& each : seen_.connections) {
            if (each.is_listener()) {
                add_listener(each);
            } else {
                add(each);
            }
        }
    }

    ProcessMap take(std::size_t most_nodes) {
        ProcessMap map;
        std::vector<std::size_t> order(nodes_.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            order[i] = i;
        }
        std::erase_if(order, [&](std::size_t i) { return nodes_[i].connections == 0; });
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return nodes_[a].connections > nodes_[b].connections;
        });
        map.nodes_in_all = order.size();
        std::vector<std::size_t> place(nodes_.size(), 0);
        for (std::size_t i = 0; i < order.size(); ++i) {
            const Node& node = nodes_[order[i]];
            const bool fits = i + 1 < most_nodes || order.size() <= most_nodes;
            if (fits) {
                map.nodes.push_back(node);
            } else if (map.nodes.size() < most_nodes) {
                map.nodes.push_back({.kind = Kind::Others, .connections = node.connections});
            } else {
                ++map.nodes.back().members;
                map.nodes.back().connections += node.connections;
            }
            place[order[i]] = map.nodes.size() - 1;
        }
        join_edges(map, place);
        return map;
    }

private:
    static std::string ends_of(const SocketAddress& local, const SocketAddress& remote) {
        return to_string(local) + ">" + to_string(remote);
    }

    std::size_t node(NodeKey key) {
        const auto [found, is_new] = index_.try_emplace(key, nodes_.size());
        if (is_new) {
            nodes_.push_back({.kind = key.kind, .name = key.name, .unit = key.unit});
        }
        return found->second;
    }

    std::size_t node_of_owner(const Connection& connection) {
        if (const Process* process = seen_.process_of(connection)) {
            const std::size_t index =
                node({.kind = Kind::Process, .name = process->name, .unit = process->unit});
            if (pids_[index].insert(process->pid).second) {
                nodes_[index].pids.push_back(process->pid);
            }
            return index;
        }
        return node({.kind = connection.is_orphan() ? Kind::Kernel : Kind::Unknown});
    }

    // Of a connection whose other end is not there (any more). In TIME-WAIT that is so within the
    // host too: then it was with whoever listens there.
    std::size_t node_elsewhere(const Connection& connection) {
        const bool here = connection.remote.address.is_loopback() ||
                          connection.remote.address.same_host(connection.local.address);
        const Connection* listener = here && connection.opener == Opener::Active
                                         ? listeners_.find(connection.remote)
                                         : nullptr;
        if (listener != nullptr && listener->network_namespace == connection.network_namespace) {
            return node_of_owner(*listener);
        }
        return node({.kind = Kind::Peer, .name = to_string(connection.remote.address)});
    }

    void add_listener(const Connection& listener) {
        Node& owner = nodes_[node_of_owner(listener)];
        const auto port = listener.local.port;
        if (std::find(owner.listens_on.begin(), owner.listens_on.end(), port) ==
            owner.listens_on.end()) {
            owner.listens_on.push_back(port);
        }
    }

    void add(const Connection& connection) {
        const auto other = by_ends_.find(ends_of(connection.remote, connection.local));
        const Connection* peer =
            other == by_ends_.end() ? nullptr : &seen_.connections[other->second];
        // A connection within the host is drawn from the end that opened it, once.
        if (peer != nullptr && !tells_for_both(connection, *peer)) {
            return;
        }
        const std::size_t here = node_of_owner(connection);
        const std::size_t there =
            peer != nullptr ? node_of_owner(*peer) : node_elsewhere(connection);
        Opener opener = connection.opener;
        if (opener == Opener::Unknown && peer != nullptr && peer->opener != Opener::Unknown) {
            opener = peer->opener == Opener::Active ? Opener::Passive : Opener::Active;
        }
        const bool from_here = opener != Opener::Passive;
        const bool known = opener != Opener::Unknown;
        Edge edge{.from = from_here ? here : there,
                  .to = from_here ? there : here,
                  .opener_known = known,
                  .port = !known      ? std::uint16_t{0}
                          : from_here ? connection.remote.port
                                      : connection.local.port};
        ++nodes_[here].connections;
        ++nodes_[there].connections;
        count(edge, connection.state);
    }

    static bool tells_for_both(const Connection& connection, const Connection& peer) {
        if (connection.opener != peer.opener) {
            return connection.opener == Opener::Active || peer.opener == Opener::Passive;
        }
        return connection.local < peer.local;
    }

    void count(const Edge& edge, TcpState state) {
        const auto [found, is_new] =
            edges_.try_emplace(std::tuple(edge.from, edge.to, edge.opener_known, edge.port), edge);
        ++found->second.connections;
        ++found->second.states.at(static_cast<std::size_t>(state));
    }

    void join_edges(ProcessMap& map, const std::vector<std::size_t>& place) {
        std::map<std::tuple<std::size_t, std::size_t, bool, std::uint16_t>, Edge> joined;
        for (const auto& [key, edge] : edges_) {
            Edge moved = edge;
            moved.from = place[edge.from];
            moved.to = place[edge.to];
            const auto [found, is_new] = joined.try_emplace(
                std::tuple(moved.from, moved.to, moved.opener_known, moved.port), moved);
            if (!is_new) {
                found->second.connections += moved.connections;
                for (std::size_t i = 0; i < moved.states.size(); ++i) {
                    found->second.states.at(i) += moved.states.at(i);
                }
            }
        }
        for (const auto& [key, edge] : joined) {
            map.edges.push_back(edge);
        }
        std::stable_sort(map.edges.begin(), map.edges.end(), [](const Edge& a, const Edge& b) {
            return a.connections > b.connections;
        });
    }

    const Observations& seen_;
    ListenerIndex listeners_;
    std::unordered_map<std::string, std::size_t> by_ends_;
    std::vector<Node> nodes_;
    std::map<NodeKey, std::size_t> index_;
    std::map<std::size_t, std::set<int>> pids_;
    std::map<std::tuple<std::size_t, std::size_t, bool, std::uint16_t>, Edge> edges_;
};

}  // namespace

ProcessMap map_processes(const Observations& seen, std::size_t most_nodes) {
    MapMaker maker(seen);
    maker.add_all();
    return maker.take(most_nodes);
}

}  // namespace tcpdx
