#include "presentation/json/report_json.h"

#include <nlohmann/json.hpp>

#include "presentation/json/activity_json.h"
#include "presentation/json/finding_json.h"
#include "presentation/render.h"

namespace tcpdx {
namespace {

using nlohmann::ordered_json;

ordered_json port_json(const Observations& seen, const diagnosis::PortView& view) {
    ordered_json object{{"port", view.port}};
    object["listeners"] = ordered_json::array();
    for (const std::uint32_t index : view.listeners) {
        const Connection& listener = seen.connections[index];
        ordered_json entry = socket_json(seen, listener);
        if (listener.accept_queue && listener.backlog_limit) {
            entry["accept_queue"] = *listener.accept_queue;
            entry["accept_queue_limit"] = *listener.backlog_limit;
        }
        if (listener.drops) {
            entry["drops"] = *listener.drops;
        }
        object["listeners"].push_back(std::move(entry));
    }
    for (const TcpState state : kAllTcpStates) {
        object["states"][std::string(rfc_name(state))] =
            view.state_counts[static_cast<std::size_t>(state)];
    }
    object["never_accepted"] = view.never_accepted;
    if (view.new_connections) {
        object["new_connections"] = *view.new_connections;
    }
    if (view.new_half_open) {
        object["new_half_open"] = *view.new_half_open;
    }
    if (view.drops_by_listeners) {
        object["new_drops"] = *view.drops_by_listeners;
    }
    for (const auto& [name, increase] : view.counter_increases) {
        object["counter_increases"][name] = increase;
    }
    return object;
}

const char* system_id(HostSystem system) {
    switch (system) {
        case HostSystem::Unknown:
            return "";
        case HostSystem::Linux:
            return "linux";
        case HostSystem::Windows:
            return "windows";
        case HostSystem::MacOs:
            return "macos";
        case HostSystem::FreeBsd:
            return "freebsd";
        case HostSystem::OpenBsd:
            return "openbsd";
        case HostSystem::Solaris:
            return "solaris";
        case HostSystem::Aix:
            return "aix";
    }
    return "";
}

ordered_json paste_json(const Paste& paste, const diagnosis::PasteReport& report) {
    ordered_json object{{"lines", paste.lines}, {"socket_rows", paste.socket_rows}};
    if (paste.system != HostSystem::Unknown) {
        object["system"] = system_id(paste.system);
    }
    object["tools"] = paste.tools;
    if (!paste.command.empty()) {
        object["command"] = paste.command;
    }
    object["samples"] = paste.samples;
    object["selected"] = paste.selected;
    object["cut_off"] = paste.cut_off;
    if (paste.as_root) {
        object["as_root"] = *paste.as_root;
    }
    if (paste.owner_shown) {
        object["owner_shown"] = *paste.owner_shown;
    }
    for (const TcpState state : kAllTcpStates) {
        if (const auto count = paste.state_counts[static_cast<std::size_t>(state)]) {
            object["counts"][std::string(rfc_name(state))] = *count;
        }
    }
    object["unread_lines"] = paste.unread_lines;
    object["unread"] = ordered_json::array();
    for (const UnreadLine& line : paste.unread) {
        object["unread"].push_back({{"line", line.number}, {"text", line.text}});
    }
    object["not_visible"] = messages_json(report.not_visible);
    object["deciding_command"] = report.deciding_command;
    return object;
}

ordered_json namespace_json(const diagnosis::Report& report) {
    const Observations& seen = *report.seen;
    ordered_json object;
    if (!seen.network_namespace.name.empty()) {
        object["network_namespace"] = seen.network_namespace.name;
    }
    if (report.paste) {
        object["paste"] = paste_json(*seen.paste, *report.paste);
    }
    if (report.interval) {
        object["interval_ms"] = report.interval->count();
    }
    for (const TcpState state : kAllTcpStates) {
        object["states"][std::string(rfc_name(state))] =
            report.state_counts[static_cast<std::size_t>(state)];
    }
    if (report.activity) {
        object["activity"] = activity_json(*report.activity);
    }
    if (report.port) {
        object["port"] = port_json(seen, *report.port);
    }
    object["looked_at"] = {{"sockets", seen.connections.size()},
                           {"processes", seen.processes.size()},
                           {"counters", seen.counters.all().size()},
                           {"kernel_options", seen.options.all().size()}};
    object["not_seen"] = ordered_json::array();
    for (const Unseen& unseen : seen.coverage.unseen) {
        object["not_seen"].push_back(
            {{"what", render(unseen.what)}, {"remedy", render(unseen.remedy)}});
    }
    object["findings"] = ordered_json::array();
    for (const diagnosis::Finding& finding : report.findings) {
        object["findings"].push_back(finding_json(seen, finding));
    }
    return object;
}

}  // namespace

std::string report_json(std::span<const diagnosis::Report> reports) {
    ordered_json document{{"schema", "tcpdx.diagnosis/1"}};
    document["namespaces"] = ordered_json::array();
    for (const diagnosis::Report& report : reports) {
        document["namespaces"].push_back(namespace_json(report));
    }
    // Process names are bytes, not necessarily UTF-8.
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace tcpdx
