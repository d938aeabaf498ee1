#include "presentation/json/map_json.h"

#include <nlohmann/json.hpp>

#include "presentation/json/life_json.h"

namespace tcpdx {
namespace {

using nlohmann::ordered_json;

const char* name_of(ProcessMap::Kind kind) {
    switch (kind) {
        case ProcessMap::Kind::Process:
            return "process";
        case ProcessMap::Kind::Peer:
            return "peer";
        case ProcessMap::Kind::Others:
            return "others";
        case ProcessMap::Kind::Unknown:
            return "unknown";
        case ProcessMap::Kind::Kernel:
            return "kernel";
    }
    return "";
}

std::string id_of(std::size_t node) {
    return "n" + std::to_string(node);
}

template <class T>
std::vector<T> first(const std::vector<T>& all, std::size_t most) {
    return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), most))};
}

ordered_json node_json(const ProcessMap::Node& node, std::size_t index) {
    constexpr std::size_t kMostPids = 10;
    constexpr std::size_t kMostPorts = 20;
    ordered_json object{{"id", id_of(index)}, {"kind", name_of(node.kind)}, {"name", node.name}};
    if (!node.unit.empty()) {
        object["unit"] = node.unit;
    }
    if (!node.pids.empty()) {
        object["processes"] = node.pids.size();
        object["pids"] = first(node.pids, kMostPids);
    }
    object["connections"] = node.connections;
    if (!node.listens_on.empty()) {
        object["listens_on"] = first(node.listens_on, kMostPorts);
    }
    if (node.kind == ProcessMap::Kind::Others) {
        object["members"] = node.members;
    }
    return object;
}

}  // namespace

std::string map_json(const ProcessMap& map, std::chrono::microseconds at) {
    ordered_json document{{"schema", "tcpdx.map/1"}, {"at_unix_s", unix_seconds(at)}};
    document["nodes"] = ordered_json::array();
    for (std::size_t i = 0; i < map.nodes.size(); ++i) {
        document["nodes"].push_back(node_json(map.nodes[i], i));
    }
    document["edges"] = ordered_json::array();
    for (const ProcessMap::Edge& edge : map.edges) {
        ordered_json object{{"from", id_of(edge.from)},
                            {"to", id_of(edge.to)},
                            {"opener_known", edge.opener_known}};
        if (edge.opener_known) {
            object["port"] = edge.port;
        }
        object["connections"] = edge.connections;
        object["states"] = ordered_json::object();
        for (const TcpState state : kAllTcpStates) {
            if (const std::size_t count = edge.states.at(static_cast<std::size_t>(state))) {
                object["states"][std::string(rfc_name(state))] = count;
            }
        }
        document["edges"].push_back(std::move(object));
    }
    document["nodes_in_all"] = map.nodes_in_all;
    return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace tcpdx
