#include "presentation/json/finding_json.h"

#include "diagnosis/paste_names.h"
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

}  // namespace

ordered_json messages_json(const std::vector<Message>& texts) {
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

ordered_json finding_json(const Observations& seen, const diagnosis::Finding& finding,
                          std::size_t most_sockets) {
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
    object["unknown"] = messages_json(finding.unknown);
    object["advice"] = messages_json(finding.advice);
    object["socket_count"] = finding.count();
    ordered_json lines = ordered_json::array();
    for (const std::uint32_t line : line_numbers(seen, finding)) {
        if (lines.size() == most_sockets) {
            break;
        }
        lines.push_back(line);
    }
    if (!lines.empty()) {
        object["lines"] = std::move(lines);
    }
    ordered_json sockets = ordered_json::array();
    for (const std::uint32_t index : finding.connections) {
        if (sockets.size() == most_sockets) {
            break;
        }
        sockets.push_back(socket_json(seen, seen.connections[index]));
    }
    object["sockets"] = std::move(sockets);
    return object;
}

}  // namespace tcpdx
