#include "app/serve/api.h"

#include <algorithm>

#include "app/host_names.h"
#include "base/i18n.h"
#include "diagnosis/engine.h"
#include "model/filter/parser.h"
#include "model/process_map.h"
#include "presentation/json/explain_json.h"
#include "presentation/json/map_json.h"
#include "presentation/json/now_json.h"
#include "presentation/render.h"
#include "presentation/text/rule_page.h"

namespace tcpdx::app {
namespace {

Answer not_found() {
    return error_answer(404, "not-found", _("There is nothing at this address."));
}

}  // namespace

Answer Api::answer(const Question& question) {
    constexpr std::string_view kRoot = "/api/v1/";
    if (!question.path.starts_with(kRoot)) {
        return not_found();
    }
    const std::string topic = question.path.substr(kRoot.size());
    const auto below = [&](std::string_view folder) {
        return topic.starts_with(folder) ? std::optional(topic.substr(folder.size()))
                                         : std::nullopt;
    };
    if (topic == "now") {
        const std::string document = now(question.language);
        return document.empty() ? error_answer(503, "failed", _("The first second is not over."))
                                : Answer{.body = document};
    }
    if (topic == "connections") {
        return connections_.list(question);
    }
    if (const auto id = below("connections/")) {
        return history_.connection(*id, connections_.row(*id));
    }
    if (topic == "closed") {
        return history_.closed(question);
    }
    if (topic == "series") {
        return history_.series(question);
    }
    if (topic == "map") {
        return map(question);
    }
    if (topic == "findings") {
        return history_.findings(question);
    }
    if (const auto subject = below("explain/")) {
        return explain(*subject, question.language);
    }
    return not_found();
}

std::string Api::now(Language language) {
    const auto now = monitor_.now();
    if (now == nullptr) {
        return {};
    }
    const auto looked = monitor_.looked();
    const std::lock_guard lock(mutex_);
    Made& made = made_[language];
    if (looked != nullptr && made.findings_of != looked->at) {
        made.findings = findings_json(looked->findings, language);
        made.findings_of = looked->at;
        made.of = std::chrono::microseconds(0);
    }
    if (made.of != now->at) {
        made.document =
            now_json(*now, monitor_.unseen(),
                     looked == nullptr ? std::chrono::microseconds(0) : looked->at, made.findings);
        made.of = now->at;
    }
    return made.document;
}

Answer Api::map(const Question& question) const {
    constexpr std::size_t kMostNodes = 200;
    const auto filter =
        filter::parse_filter(question.parameter("filter").value_or(""), names_for_filters());
    if (!filter) {
        return error_answer(400, "bad-filter", render(filter.error().what), "filter");
    }
    const auto looked = monitor_.looked();
    if (looked == nullptr) {
        return error_answer(503, "failed", _("The first look is not done."));
    }
    // Namespaces have no program and no address in common but by chance; but a container talks to
    // the host, and that is a line.
    Observations all;
    for (const Observations& seen : looked->looks) {
        const auto first = static_cast<std::uint32_t>(all.processes.size());
        all.processes.insert(all.processes.end(), seen.processes.begin(), seen.processes.end());
        for (Connection connection : seen.connections) {
            const filter::Context names{.processes = seen.processes, .namespaces = {}};
            // Listeners are there for the names of ports.
            if (!connection.is_listener() && !filter::matches(*filter, connection, names)) {
                continue;
            }
            if (connection.owner.process != kNoProcess) {
                connection.owner.process += first;
            }
            all.connections.push_back(connection);
        }
        for (const ServerTimeWaits& counted : seen.server_time_waits) {
            // As it would be listed.
            Connection one{.local = counted.local,
                           .remote = {.address = counted.remote},
                           .state = TcpState::TimeWait,
                           .kind = SocketKind::TimeWaitSocket,
                           .opener = Opener::Passive,
                           .opener_basis = OpenerBasis::ListenerOnPort};
            one.owner.kind = OwnerKind::Kernel;
            if (filter::matches(*filter, one, {.processes = seen.processes, .namespaces = {}})) {
                all.server_time_waits.push_back(counted);
            }
        }
    }
    return {.body = map_json(map_processes(all, kMostNodes), looked->at)};
}

Answer Api::explain(const std::string& topic, Language language) const {
    static const Observations nothing;
    const auto looked = monitor_.looked();
    const Observations& seen =
        looked == nullptr || looked->looks.empty() ? nothing : looked->looks.front();
    if (topic == "states") {
        return {.body = explain_overview_json(seen)};
    }
    if (topic == "rules") {
        return {.body = list_rules_json()};
    }
    if (const auto state = parse_tcp_state(topic)) {
        return {.body = explain_state_json(*state, seen, diagnosis::Limits())};
    }
    for (const diagnosis::Rule* rule : diagnosis::all_rules()) {
        if (rule->id == topic) {
            return {.body = explain_rule_json(*rule, rule_page(topic, language).value_or(""))};
        }
    }
    return error_answer(404, "not-found",
                        render({N_("{0} is neither a state of TCP nor a rule."), {topic}}));
}

}  // namespace tcpdx::app
