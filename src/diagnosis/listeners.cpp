#include "diagnosis/listeners.h"

#include <map>
#include <utility>

#include "diagnosis/grouping.h"

namespace tcpdx::diagnosis {

std::vector<ListeningPort> listening_ports(const Situation& situation,
                                           bool (*wanted)(const Connection&)) {
    std::map<std::pair<std::uint16_t, std::string>, ListeningPort> ports;
    for (const std::uint32_t index : situation.lookups().in_state(TcpState::Listen)) {
        const Connection& listener = situation.now.connections[index];
        if (!wanted(listener) || !is_asked_about(situation, listener)) {
            continue;
        }
        const Process* process = situation.now.process_of(listener);
        const std::string program = process == nullptr ? std::string() : process->name;
        ListeningPort& port = ports[{listener.local.port, program}];
        port.port = listener.local.port;
        port.program = program;
        port.listeners.push_back(index);
    }
    std::vector<ListeningPort> sorted;
    sorted.reserve(ports.size());
    for (auto& [key, port] : ports) {
        sorted.push_back(std::move(port));
    }
    return sorted;
}

std::string list_of(const std::vector<ListeningPort>& ports) {
    constexpr std::size_t kMost = 20;
    std::string list;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        if (i == kMost) {
            return list + ", ...";
        }
        list += (i == 0 ? "" : ", ") + std::to_string(ports[i].port);
        list += ports[i].program.empty() ? "" : " (" + ports[i].program + ")";
    }
    return list;
}

}  // namespace tcpdx::diagnosis
