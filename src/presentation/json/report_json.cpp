#include "presentation/json/report_json.h"

#include <nlohmann/json.hpp>

#include "diagnosis/paste_names.h"
#include "presentation/json/activity_json.h"
#include "presentation/json/observation_json.h"
#include "presentation/paste_lines.h"
#include "presentation/render.h"

namespace tcpdx {
namespace {

using nlohmann::ordered_json;

const char* severity_id(diagnosis::Severity severity) {
    switch (severity) {
        case diagnosis::Severity::Information:
            return "information";
        case diagnosis::Severity::Warning:
            return "warning";
        case diagnosis::Severity::Problem:
            return "problem";
    }
    return "";
}

void put_age(ordered_json& object, const Age& age) {
    if (age.lower) {
        object["at_least_ms"] = age.lower->count();
    }
    if (age.upper) {
        object["at_most_ms"] = age.upper->count();
    }
}

ordered_json messages(const std::vector<Message>& texts) {
    ordered_json list = ordered_json::array();
    for (const Message& text : texts) {
        list.push_back(render(text));
    }
    return list;
}

ordered_json socket_json(const Observations& seen, const Connection& connection) {
    const Paste* paste = seen.paste ? &*seen.paste : nullptr;
    ordered_json socket{{"state", rfc_name(connection.state)},
                        {"local", diagnosis::shown(paste, connection.local)},
                        {"remote", diagnosis::shown(paste, connection.remote)}};
    put_age(socket, connection.age);
    if (connection.source_line != 0) {
        socket["line"] = connection.source_line;
    }
    if (const Process* process = seen.process_of(connection)) {
        socket["pid"] = process->pid;
        socket["process"] = process->name;
    }
    return socket;
}

ordered_json finding_json(const Observations& seen, const diagnosis::Finding& finding) {
    // A leak can have 100,000 sockets; the count is exact, the list shows the worst.
    constexpr std::size_t kMostSockets = 100;
    ordered_json object{{"rule", finding.rule_id},
                        {"severity", severity_id(finding.severity)},
                        {"claim", render(finding.claim)}};
    put_age(object, finding.since);
    object["evidence"] = observations_json(finding.evidence);
    for (const diagnosis::Candidate& candidate : finding.candidates) {
        ordered_json entry{{"cause", render(candidate.cause)}};
        if (!candidate.decided_by.empty()) {
            entry["decided_by"] = render(candidate.decided_by);
        }
        if (!candidate.command.empty()) {
            entry["command"] = candidate.command;
        }
        object["candidates"].push_back(std::move(entry));
    }
    object["unknown"] = messages(finding.unknown);
    object["advice"] = messages(finding.advice);
    object["socket_count"] = finding.connections.size();
    ordered_json lines = ordered_json::array();
    for (const std::uint32_t line : line_numbers(seen, finding)) {
        if (lines.size() == kMostSockets) {
            break;
        }
        lines.push_back(line);
    }
    if (!lines.empty()) {
        object["lines"] = std::move(lines);
    }
    ordered_json sockets = ordered_json::array();
    for (const std::uint32_t index : finding.connections) {
        if (sockets.size() == kMostSockets) {
            break;
        }
        sockets.push_back(socket_json(seen, seen.connections[index]));
    }
    object["sockets"] = std::move(sockets);
    return object;
}

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
    object["not_visible"] = messages(report.not_visible);
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
