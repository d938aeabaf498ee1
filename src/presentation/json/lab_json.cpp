#include "presentation/json/lab_json.h"

#include <nlohmann/json.hpp>

#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx {
namespace {

using nlohmann::ordered_json;

const char* end_name(LabEnd end) {
    return end == LabEnd::Kernel ? "kernel" : "peer";
}

ordered_json rung_json(const LabRung& rung) {
    ordered_json object{{"at_ms", std::chrono::duration<double, std::milli>(rung.at).count()}};
    if (rung.from) {
        object["from"] = end_name(*rung.from);
        object["segment"] = rung.segment;
        object["again"] = rung.again;
        object["lost"] = rung.lost;
    }
    if (rung.caller) {
        object["call"] = rung.call;
        object["caller"] = end_name(*rung.caller);
    }
    if (rung.kernel) {
        object["kernel"] = rfc_name(*rung.kernel);
    }
    if (rung.peer) {
        object["peer"] = rfc_name(*rung.peer);
    }
    return object;
}

ordered_json held_json(const LabHeld& held) {
    ordered_json object{{"wanted", rfc_name(held.wanted)}, {"reached", held.reached()}};
    if (held.socket) {
        object["state"] = rfc_name(held.socket->state);
        object["local"] = to_string(held.socket->local);
        object["remote"] = to_string(held.socket->remote);
        if (held.socket->timer && held.socket->timer->kind != TimerKind::None) {
            object["timer_ends_ms"] = held.socket->timer->expires.count();
        }
    }
    if (!held.options.empty()) {
        object["options"] = held.options;
    }
    if (held.peer) {
        object["peer"] = rfc_name(*held.peer);
    }
    return object;
}

ordered_json look_json(const LabLook& look) {
    return {{"command", look.command}, {"expected", look.expected},
            {"found", look.found},     {"unexpected", look.unexpected},
            {"right", look.right},     {"output", ordered_json::parse(look.json, nullptr, false)}};
}

}  // namespace

std::string lab_json(const LabResult& result) {
    ordered_json document{{"schema", "tcpdx.lab/1"},
                          {"name", result.name},
                          {"title", _(result.title)},
                          {"text", _(result.text)}};
    if (*result.ending != '\0') {
        document["ending"] = _(result.ending);
    }
    document["told"] = ordered_json::array();
    for (const Message& told : result.told) {
        document["told"].push_back(render(told));
    }
    if (result.held) {
        document["held"] = held_json(*result.held);
    }
    document["rungs"] = ordered_json::array();
    for (const LabRung& rung : result.rungs) {
        document["rungs"].push_back(rung_json(rung));
    }
    document["netstat"] = result.netstat;
    document["looks"] = ordered_json::array();
    for (const LabLook& look : result.looks) {
        document["looks"].push_back(look_json(look));
    }
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string lab_list_json(std::span<const LabEntry> entries) {
    ordered_json document{{"schema", "tcpdx.lab-list/1"}, {"entries", ordered_json::array()}};
    for (const LabEntry& entry : entries) {
        ordered_json object{{"name", entry.name}, {"title", _(entry.title)}};
        if (entry.holds) {
            object["holds"] = rfc_name(*entry.holds);
        }
        document["entries"].push_back(std::move(object));
    }
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace tcpdx
