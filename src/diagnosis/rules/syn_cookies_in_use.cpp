// SYN cookies mean that a listener's queue of half-open connections was full: the kernel answers
// without remembering. Since Linux 4.4 that queue holds the listener's own backlog and one more, so
// a burst of eight clients on listen(2) is enough; it need not be an attack. Clients connect
// normally, with one exception: when the accept queue is full too, a client believes that it is
// connected while this host has no socket for it at all (facts: row g5).

#include "diagnosis/rules/syn_cookies_in_use.h"

#include <algorithm>
#include <map>

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"
#include "diagnosis/grouping.h"

namespace tcpdx::diagnosis {
namespace {

constexpr const char* kOption = "net.ipv4.tcp_syncookies";
constexpr const char* kSent = "TcpExtSyncookiesSent";
constexpr const char* kReceived = "TcpExtSyncookiesRecv";
constexpr const char* kFailed = "TcpExtSyncookiesFailed";
constexpr const char* kQueueFull = "TcpExtTCPReqQFullDoCookies";
constexpr const char* kOverflows = "TcpExtListenOverflows";

void add_full_listeners(const Situation& situation, Finding& finding) {
    std::map<std::uint16_t, std::uint32_t> half_open;
    for (const Connection& connection : situation.now.connections) {
        if (connection.state == TcpState::SynReceived) {
            ++half_open[connection.local.port];
        }
    }
    const std::vector<Connection>& connections = situation.now.connections;
    for (std::uint32_t index = 0; index < connections.size(); ++index) {
        const Connection& listener = connections[index];
        if (!listener.is_listener() || !listener.backlog_limit) {
            continue;
        }
        const auto found = half_open.find(listener.local.port);
        if (found == half_open.end() || found->second < *listener.backlog_limit) {
            continue;
        }
        const Process* process = situation.now.process_of(listener);
        finding.connections.push_back(index);
        Message fact{N_("port {0}: {1} half-open connections, and its backlog is {2}"),
                     {Port{listener.local.port}, std::int64_t{found->second},
                      std::int64_t{*listener.backlog_limit}}};
        if (process != nullptr) {
            fact.text = N_("port {0} of {3}: {1} half-open connections, and its backlog is {2}");
            fact.values.emplace_back(name_of(*process));
        }
        finding.evidence.push_back(
            {std::move(fact), Origin::SocketTable,
             "ss -tan state syn-recv sport = :" + std::to_string(listener.local.port)});
    }
}

// Of the listeners whose queues are full, or of all when it is not known which those are.
bool somaxconn_is_the_limit(const Situation& situation, const Finding& finding) {
    const auto somaxconn = situation.now.options.number("net.core.somaxconn");
    return !somaxconn || finding.connections.empty() ||
           std::any_of(
               finding.connections.begin(), finding.connections.end(), [&](std::uint32_t index) {
                   return situation.now.connections[index].backlog_limit.value_or(0) >= *somaxconn;
               });
}

std::vector<Message> advice(const Situation& situation, const Finding& finding) {
    return {{somaxconn_is_the_limit(situation, finding)
                 ? N_("Raise the backlog that the program gives to listen(), and "
                      "net.core.somaxconn with it, then restart the program. "
                      "net.ipv4.tcp_max_syn_backlog has no effect while cookies are on.")
                 : N_("Raise the backlog that the program gives to listen(), then restart the "
                      "program. net.core.somaxconn allows more already, and "
                      "net.ipv4.tcp_max_syn_backlog has no effect while cookies are on.")},
            {N_("When the clients are many addresses that never finish, it is a flood, and the "
                "cookies do their work: leave them on.")}};
}

// Cookies were sent some time since the namespace came up: no more than a hint about the past.
std::vector<Finding> since_boot(const Situation& situation) {
    const std::uint64_t sent = situation.now.counters.value(kSent).value_or(0);
    if (sent == 0 || !(situation.asked.explain_harmless || situation.asked.port)) {
        return {};
    }
    Finding finding;
    finding.severity = Severity::Information;
    finding.claim = {N_("SYN cookies were in use at some time since the host came up.")};
    finding.evidence = {{{N_("{0} is {1}"), {std::string(kSent), static_cast<std::int64_t>(sent)}},
                         Origin::Counter,
                         "nstat -az " + std::string(kSent)}};
    finding.unknown = {{N_("when that was: --sample 10 shows whether it goes on")}};
    finding.advice = advice(situation, finding);
    return {finding};
}

std::vector<Finding> evaluate(const Situation& situation) {
    if (!counters_concern(situation.asked)) {
        return {};
    }
    if (!rose(situation, kSent) && !rose(situation, kQueueFull)) {
        return since_boot(situation);
    }
    Finding finding;
    const bool always = situation.now.options.number(kOption) == 2;
    const bool ghosts = rose(situation, kReceived) && rose(situation, kOverflows);
    if (ghosts) {
        finding.severity = Severity::Problem;
        finding.claim = {
            N_("SYN cookies meet a full accept queue: clients can believe that they are connected "
               "while this host has no socket for them.")};
    } else if (always) {
        finding.severity = Severity::Information;
        finding.claim = {N_("SYN cookies are in use for every connection, as configured.")};
    } else {
        finding.severity = Severity::Warning;
        finding.claim = {
            N_("SYN cookies are in use: a listener's queue of half-open connections is full.")};
    }
    for (const char* counter : {kSent, kQueueFull, kReceived, kFailed}) {
        if (rose(situation, counter)) {
            finding.evidence.push_back(rise_of(situation, counter));
        }
    }
    if (ghosts) {
        finding.evidence.push_back(rise_of(situation, kOverflows));
    }
    if (situation.now.options.text(kOption)) {
        finding.evidence.push_back(option_value(situation.now, kOption));
    }
    add_full_listeners(situation, finding);
    finding.advice = advice(situation, finding);
    if (ghosts) {
        finding.unknown.push_back(
            {N_("which clients: they show ESTABLISHED with data that is never acknowledged, and "
                "here there is nothing to list")});
        finding.advice.insert(finding.advice.begin(),
                              {N_("First make the program accept faster or its backlog larger: the "
                                  "full accept queue is what clients feel.")});
    }
    return {finding};
}

}  // namespace

const Rule kSynCookiesInUse{
    .id = "syn-cookies-in-use",
    .title = N_("A listener's queue of half-open connections is full, so SYN cookies are in use."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
