#include "diagnosis/tune/load.h"

#include <algorithm>

namespace tcpdx::diagnosis {

double Load::ports_percent(const std::optional<SourcePortUse>& use) const {
    return use && ports && ports->count > 0
               ? 100.0 * static_cast<double>(use->used) / static_cast<double>(ports->count)
               : 0;
}

std::int64_t Load::option(std::string_view name, std::int64_t otherwise) const {
    return seen.options.number(name).value_or(otherwise);
}

std::uint64_t Load::counted(std::string_view counter) const {
    return seen.counters.value(counter).value_or(0);
}

Load load_of(const Observations& seen) {
    Load load{.seen = seen};
    load.ports = source_ports(seen);
    const std::bitset<65536> reserved =
        parse_port_list(seen.options.text("net.ipv4.ip_local_reserved_ports").value_or(""));
    for (std::uint32_t index = 0; index < seen.connections.size(); ++index) {
        const Connection& connection = seen.connections[index];
        if (connection.is_listener()) {
            const std::uint16_t port = connection.local.port;
            if (load.ports && port >= load.ports->first && port <= load.ports->last &&
                !reserved.test(port)) {
                load.listening_in_range.push_back(port);
            }
            if (connection.backlog_limit) {
                load.largest_backlog =
                    std::max(load.largest_backlog.value_or(0), *connection.backlog_limit);
                if (connection.accept_queue.value_or(0) > *connection.backlog_limit) {
                    load.full_listeners.push_back(index);
                }
            }
            continue;
        }
        load.orphaned_fin_wait2 +=
            connection.state == TcpState::FinWait2 && connection.is_orphan() ? 1U : 0U;
        if (connection.state == TcpState::Established && connection.timer) {
            load.timers_known = true;
            load.with_keepalive += connection.timer->kind == TimerKind::Keepalive ? 1U : 0U;
        }
    }
    load.time_wait = seen.count(TcpState::TimeWait);
    std::sort(load.listening_in_range.begin(), load.listening_in_range.end());
    load.listening_in_range.erase(
        std::unique(load.listening_in_range.begin(), load.listening_in_range.end()),
        load.listening_in_range.end());
    if (load.ports) {
        for (SourcePortUse& use : source_port_use(seen, *load.ports)) {
            if (!load.fullest) {
                load.fullest = use;
            }
            if (!use.remote.address.is_loopback()) {
                load.fullest_remote = std::move(use);
                break;
            }
        }
    }
    return load;
}

}  // namespace tcpdx::diagnosis
