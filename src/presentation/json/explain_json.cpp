#include "presentation/json/explain_json.h"

#include <nlohmann/json.hpp>

#include "diagnosis/engine.h"
#include "diagnosis/state_guide.h"
#include "diagnosis/state_now.h"
#include "model/transitions.h"
#include "presentation/cause_names.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx {
namespace {

using nlohmann::ordered_json;

constexpr const char* kSchema = "tcpdx.explain/1";

// Names of processes are bytes of any kind; JSON is UTF-8.
std::string dumped(const ordered_json& document) {
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

const char* object_id(SocketKind kind) {
    switch (kind) {
        case SocketKind::Full:
            return "socket";
        case SocketKind::RequestSocket:
            return "request-socket";
        case SocketKind::TimeWaitSocket:
            return "mini-socket";
    }
    return "";
}

const char* owner_id(OwnerKind kind) {
    switch (kind) {
        case OwnerKind::Unknown:
            return "unknown";
        case OwnerKind::Process:
            return "process";
        case OwnerKind::NeverAccepted:
            return "never-accepted";
        case OwnerKind::Kernel:
            return "kernel";
    }
    return "";
}

ordered_json transition_json(const Transition& row) {
    ordered_json object{{"from", rfc_name(row.from)},
                        {"to", rfc_name(row.to)},
                        {"cause", _(row.cause)},
                        {"cause_kind", std::string(name_of(row.kind))}};
    if (row.sent != SegmentSent::None) {
        object["sends"] = segment_name(row.sent);
    }
    object["source"] = row.source;
    object["in_rfc"] = row.in_rfc();
    object["in_linux"] = row.in_linux();
    if (row.in_linux()) {
        object["linux_object_before"] = object_id(row.from_kind);
        object["linux_object_after"] = object_id(row.to_kind);
    }
    if (*row.note != '\0') {
        object["note"] = _(row.note);
    }
    return object;
}

ordered_json transitions_json(const std::vector<const Transition*>& rows) {
    ordered_json list = ordered_json::array();
    for (const Transition* row : rows) {
        list.push_back(transition_json(*row));
    }
    return list;
}

ordered_json now_json(const Observations& seen, TcpState state) {
    const diagnosis::StateNow now = diagnosis::state_now(seen, state);
    ordered_json object = ordered_json::object();
    if (!now.sockets) {
        return object;
    }
    object["sockets"] = *now.sockets;
    if (now.oldest.lower) {
        object["oldest_at_least_ms"] = now.oldest.lower->count();
    }
    if (now.oldest.upper) {
        object["oldest_at_most_ms"] = now.oldest.upper->count();
    }
    object["owners"] = ordered_json::array();
    for (const diagnosis::OwnerCount& owner : now.owners) {
        ordered_json entry{{"owner", owner_id(owner.kind)}, {"sockets", owner.sockets}};
        if (owner.process < seen.processes.size()) {
            entry["pid"] = seen.processes[owner.process].pid;
            entry["process"] = seen.processes[owner.process].name;
        }
        object["owners"].push_back(std::move(entry));
    }
    return object;
}

}  // namespace

std::string explain_state_json(TcpState state, const Observations& seen,
                               const diagnosis::Limits& limits) {
    const diagnosis::StateGuide& guide = diagnosis::guide_to(state);
    ordered_json object{{"schema", kSchema},
                        {"state", rfc_name(state)},
                        {"netstat_name", netstat_name(state)},
                        {"meaning", _(guide.meaning)},
                        {"details", _(guide.details)},
                        {"normal", _(guide.normal)}};
    if (guide.limit == nullptr) {
        object["worry"] = _(guide.worry);
    } else {
        object["worry"] = render(Message{guide.worry, {limits.*guide.limit}});
        object["worry_after_ms"] = (limits.*guide.limit).count();
    }
    object["causes"] = ordered_json::array();
    for (const char* cause : guide.causes) {
        object["causes"].push_back(_(cause));
    }
    object["ways_in"] = transitions_json(transitions_into(state));
    object["ways_out"] = transitions_json(transitions_from(state));
    object["options"] = ordered_json::array();
    for (const diagnosis::OptionNote& option : guide.options) {
        ordered_json entry{{"name", option.name}};
        if (const auto value = seen.options.text(option.name)) {
            entry["value"] = *value;
        }
        entry["effect"] = _(option.effect);
        object["options"].push_back(std::move(entry));
    }
    object["rules"] = guide.rules;
    object["now"] = now_json(seen, state);
    return dumped(object);
}

std::string explain_overview_json(const Observations& seen) {
    ordered_json object{{"schema", kSchema}, {"states", ordered_json::array()}};
    for (const TcpState state : kAllTcpStates) {
        object["states"].push_back({{"state", rfc_name(state)},
                                    {"netstat_name", netstat_name(state)},
                                    {"meaning", _(diagnosis::guide_to(state).meaning)},
                                    {"now", now_json(seen, state)}});
    }
    object["transitions"] = ordered_json::array();
    for (const Transition& row : transitions()) {
        object["transitions"].push_back(transition_json(row));
    }
    return dumped(object);
}

std::string explain_rule_json(const diagnosis::Rule& rule, std::string_view page) {
    ordered_json object{{"schema", kSchema}, {"rule", rule.id}, {"title", _(rule.title)}};
    if (!page.empty()) {
        object["page_markdown"] = page;
    }
    return dumped(object);
}

std::string list_rules_json() {
    ordered_json object{{"schema", kSchema}, {"rules", ordered_json::array()}};
    for (const diagnosis::Rule* rule : diagnosis::all_rules()) {
        object["rules"].push_back({{"rule", rule->id}, {"title", _(rule->title)}});
    }
    return dumped(object);
}

}  // namespace tcpdx
