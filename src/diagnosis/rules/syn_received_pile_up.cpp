// SYN-RECEIVED lasts one round trip. A number of them is not a flood and no measure of one: a busy
// host has many, and under a real flood SYN cookies keep the number at the listener's backlog. What
// counts is how long they stand and whether the kernel repeats its SYN+ACK (facts: rows g3, h1, h2,
// j1, j2, j3, u):
//
//     repeated, accept queue full            the final ACK arrives and finds no room
//     repeated, accept queue has room        SYN+ACK or final ACK lost, or clients that never
//     answer not repeated although its time came    this host drops its own SYN+ACK, or
//     TCP_DEFER_ACCEPT
//
// A client that repeats its SYN is counted as a repetition too, so "repeated" is certain only of
// one thing: that the handshake has not got on for at least a second.

#include "diagnosis/rules/syn_received_pile_up.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/packet_gaps.h"
#include "diagnosis/paste_evidence.h"

namespace tcpdx::diagnosis {
namespace {

constexpr const char* kSynRetrans = "TcpExtTCPSynRetrans";
constexpr const char* kTimeouts = "TcpExtTCPTimeouts";
constexpr const char* kDeferDrop = "TcpExtTCPDeferAcceptDrop";
constexpr const char* kDrops = "TcpExtListenDrops";
constexpr const char* kOverflows = "TcpExtListenOverflows";
constexpr std::size_t kFewSources = 3;

struct Pile {
    std::size_t all = 0;
    std::vector<std::uint32_t> stale;    // the longest-standing first
    std::vector<std::uint32_t> ageless;  // of a paste: no sign of how long
    std::size_t repeated = 0;            // of stale
    std::size_t not_repeated = 0;        // of stale; the rest is not known
    std::size_t all_not_repeated = 0;
    std::size_t clients_here = 0;  // not repeated, and the client on this host still in SYN-SENT
    std::set<IpAddress> sources;
    const Connection* listener = nullptr;  // a full one, if any is
    bool accept_queue_full = false;
};

bool is_full(const Connection& listener) {
    return listener.accept_queue && listener.backlog_limit &&
           *listener.accept_queue > *listener.backlog_limit;
}

using Ends = std::pair<SocketAddress, SocketAddress>;

// Half-open at the earlier look, long enough ago.
std::set<Ends> half_open_before(const Situation& situation) {
    std::set<Ends> ends;
    if (situation.interval().value_or(Limits::Duration(0)) < situation.limits.syn_received) {
        return ends;
    }
    for (const Connection& connection : situation.earlier->connections) {
        if (connection.state == TcpState::SynReceived) {
            ends.emplace(connection.local, connection.remote);
        }
    }
    return ends;
}

// Clients on this host that have waited longer than a handshake takes, as seen from the server.
std::set<Ends> waiting_clients(const Situation& situation) {
    std::set<Ends> ends;
    for (const Connection& connection : situation.now.connections) {
        if (connection.state == TcpState::SynSent &&
            connection.age.surely_at_least(situation.limits.syn_received)) {
            ends.emplace(connection.remote, connection.local);
        }
    }
    return ends;
}

std::map<std::uint16_t, Pile> piles_by_port(const Situation& situation) {
    std::map<std::uint16_t, Pile> piles;
    if (situation.now.count(TcpState::SynReceived) == 0) {
        return piles;
    }
    const std::set<Ends> before = half_open_before(situation);
    const std::set<Ends> clients = waiting_clients(situation);
    const std::vector<Connection>& connections = situation.now.connections;
    for (std::uint32_t index = 0; index < connections.size(); ++index) {
        const Connection& connection = connections[index];
        if (connection.state != TcpState::SynReceived || !is_asked_about(situation, connection)) {
            continue;
        }
        Pile& pile = piles[connection.local.port];
        ++pile.all;
        const bool repeated = connection.timer && connection.timer->retransmits > 0;
        const Ends ends{connection.local, connection.remote};
        const bool client_waits = clients.contains(ends);
        pile.all_not_repeated += connection.timer && !repeated ? 1U : 0U;
        if (!repeated && !client_waits && !before.contains(ends) &&
            !connection.age.surely_at_least(situation.limits.syn_received)) {
            if (may_have_lasted(situation, connection, situation.limits.syn_received)) {
                pile.ageless.push_back(index);
                pile.sources.insert(connection.remote.address);
            }
            continue;
        }
        pile.stale.push_back(index);
        pile.clients_here += client_waits && connection.timer && !repeated ? 1U : 0U;
        pile.repeated += repeated ? 1U : 0U;
        pile.not_repeated += connection.timer && !repeated ? 1U : 0U;
        pile.sources.insert(connection.remote.address);
    }
    for (const Connection& connection : connections) {
        const auto pile = piles.find(connection.local.port);
        if (connection.is_listener() && pile != piles.end() && !pile->second.accept_queue_full) {
            pile->second.listener = &connection;
            pile->second.accept_queue_full = is_full(connection);
        }
    }
    for (auto& [port, pile] : piles) {
        std::stable_sort(pile.stale.begin(), pile.stale.end(),
                         [&](std::uint32_t a, std::uint32_t b) {
                             return connections[a].age.lower > connections[b].age.lower;
                         });
    }
    return piles;
}

// Timers of requests ran out, nothing was repeated, and packets never left this host. A repeated
// data segment would count in TcpRetransSegs even when it is dropped.
bool counters_show_dropped_answers(const Situation& situation, const Pile& pile) {
    return pile.all_not_repeated > 0 && rose(situation, kTimeouts) &&
           situation.increase(kSynRetrans) == 0U && situation.increase("TcpRetransSegs") == 0U &&
           lost_after_tcp(situation).value_or(0) > 0 && !rose(situation, kDeferDrop);
}

// Or the client is here too: had the SYN+ACK been sent, it would have been repeated by now.
bool own_answers_are_dropped(const Situation& situation, const Pile& pile) {
    return pile.clients_here > 0 || counters_show_dropped_answers(situation, pile);
}

// Without cookies a full queue drops SYNs: ListenDrops rises, and not because of the accept queue.
bool refuses_new_clients(const Situation& situation, const Pile& pile) {
    const auto drops = situation.increase(kDrops);
    const auto overflows = situation.increase(kOverflows);
    const auto backlog = situation.now.options.number("net.ipv4.tcp_max_syn_backlog");
    const auto count = static_cast<std::int64_t>(pile.all);
    const bool queue_is_full = (backlog && count >= *backlog * 3 / 4) ||
                               (pile.listener != nullptr && pile.listener->backlog_limit &&
                                count > std::int64_t{*pile.listener->backlog_limit});
    return situation.now.options.number("net.ipv4.tcp_syncookies") == 0 && queue_is_full && drops &&
           overflows && *drops > *overflows;
}

std::string capture(std::uint16_t port) {
    return "tcpdump -ni any 'tcp port " + std::to_string(port) + "'";
}

std::vector<Candidate> why_not_answered(std::uint16_t port) {
    return {{{N_("The SYN+ACKs get lost on the way to the clients.")},
             {N_("the client is in SYN-SENT for the same ports")},
             "ss -tano state syn-sent"},
            {{N_("The clients' final ACKs get lost on the way here.")},
             {N_("the client is ESTABLISHED for the same ports, and its data is not acknowledged")},
             "ss -tanoi state established"},
            {{N_("The clients do not exist or do not care: forged addresses (a SYN flood), a "
                 "scanner, hosts that were switched off.")},
             {N_("a capture shows SYNs at a high rate from ever new ports, and never an ACK")},
             capture(port)}};
}

std::vector<Candidate> why_not_repeated(std::uint16_t port) {
    return {{{N_("This host drops its own SYN+ACKs (a packet filter in OUTPUT or POSTROUTING).")},
             {N_("a capture shows the SYNs and no SYN+ACK")},
             capture(port)},
            {{N_("The listener has TCP_DEFER_ACCEPT, and the clients connect without sending "
                 "anything; that is normal.")},
             {N_("TcpExtTCPDeferAcceptDrop rises, and a capture shows the clients' final ACKs")},
             "nstat -az TcpExtTCPDeferAcceptDrop"}};
}

void add_queue_of(Finding& finding, std::uint16_t port, const Pile& pile) {
    if (pile.listener != nullptr && pile.listener->accept_queue && pile.listener->backlog_limit) {
        finding.evidence.push_back({{N_("accept queue: {0} (limit {1})"),
                                     {std::int64_t{*pile.listener->accept_queue},
                                      std::int64_t{*pile.listener->backlog_limit}}},
                                    Origin::SocketTable,
                                    "ss -ltn sport = :" + std::to_string(port)});
    }
}

void add_evidence(const Situation& situation, std::uint16_t port, const Pile& pile,
                  Finding& finding) {
    const std::string list = "ss -tano state syn-recv sport = :" + std::to_string(port);
    finding.evidence.push_back(
        {{N_("{0} in SYN-RECEIVED on port {1}, {2} of them for longer than a handshake takes"),
          {static_cast<std::int64_t>(pile.all), Port{port},
           static_cast<std::int64_t>(pile.stale.size())}},
         Origin::SocketTable,
         list});
    if (pile.repeated + pile.not_repeated > 0) {
        finding.evidence.push_back({{N_("the SYN+ACK was repeated for {0} of them, not for {1}"),
                                     {static_cast<std::int64_t>(pile.repeated),
                                      static_cast<std::int64_t>(pile.not_repeated)}},
                                    Origin::SocketTable,
                                    list});
    }
    finding.evidence.push_back(
        {{N_("they come from {0} addresses"), {static_cast<std::int64_t>(pile.sources.size())}},
         Origin::SocketTable,
         list});
    if (pile.sources.size() <= kFewSources) {
        for (const auto& [address, count] :
             frequent_peers(situation.now, pile.stale, kFewSources)) {
            finding.evidence.push_back(
                {{N_("peer {0}: {1} of them"), {address, static_cast<std::int64_t>(count)}},
                 Origin::SocketTable,
                 ""});
        }
    }
    add_queue_of(finding, port, pile);
    for (const char* counter : {kSynRetrans, kTimeouts, kDeferDrop, kDrops, kOverflows,
                                "TcpExtSyncookiesSent", "TcpExtTCPReqQFullDrop"}) {
        if (rose(situation, counter)) {
            finding.evidence.push_back(rise_of(situation, counter));
        }
    }
}

// Chooses claim, severity and candidates; false when there is nothing to say.
bool judge(const Situation& situation, std::uint16_t port, const Pile& pile, Finding& finding) {
    if (pile.accept_queue_full && pile.repeated > 0) {
        finding.severity = Severity::Problem;
        finding.claim = {N_("Clients of port {0} get stuck in the handshake: their final ACK finds "
                            "the accept queue full."),
                         {Port{port}}};
        finding.advice = {
            {N_("The program does not accept fast enough, or its backlog is too "
                "small. See the finding about the accept queue.")}};
        return true;
    }
    if (own_answers_are_dropped(situation, pile)) {
        finding.severity = Severity::Problem;
        finding.claim = {N_("This host drops its own answers to clients of port {0}."),
                         {Port{port}}};
        if (pile.clients_here > 0) {
            finding.evidence.push_back(
                {{N_("{0} of the clients are on this host and still in SYN-SENT, and no SYN+ACK "
                     "was repeated for them"),
                  {static_cast<std::int64_t>(pile.clients_here)}},
                 Origin::SocketTable,
                 "ss -tano state syn-sent state syn-recv"});
        }
        if (const auto lost = lost_after_tcp(situation); lost.value_or(0) > 0) {
            finding.evidence.push_back({{N_("{0} IPv4 packets that this host made never left it"),
                                         {static_cast<std::int64_t>(*lost)}},
                                        Origin::Counter,
                                        "nstat -az IpOutRequests IpOutTransmits"});
        }
        finding.advice = {
            {N_("Look at this host's packet filter for output: nft list ruleset, or "
                "iptables-save.")}};
        return true;
    }
    if (refuses_new_clients(situation, pile)) {
        finding.severity = Severity::Problem;
        finding.claim = {N_("Port {0} refuses new clients: its queue of half-open connections is "
                            "full, and SYN cookies are off."),
                         {Port{port}}};
        finding.evidence.push_back(option_value(situation.now, "net.ipv4.tcp_syncookies"));
        finding.candidates = why_not_answered(port);
        finding.advice = {
            {N_("Set net.ipv4.tcp_syncookies=1, the default: clients then connect "
                "although the queue is full.")}};
        return true;
    }
    const bool many = pile.stale.size() >= situation.limits.many_half_open;
    // Single half-open connections are what every scan of the internet leaves behind.
    if (pile.stale.empty() || (!many && situation.asked.whole_host())) {
        return false;
    }
    // A listener with TCP_DEFER_ACCEPT (web servers like it) holds silent clients this way all day.
    const bool deferred = pile.repeated == 0 && rose(situation, kDeferDrop);
    finding.severity = many && !deferred ? Severity::Warning : Severity::Information;
    finding.claim = {N_("{0} clients of port {1} do not get through the handshake."),
                     {static_cast<std::int64_t>(pile.stale.size()), Port{port}}};
    if (pile.repeated == 0 && pile.not_repeated > 0) {
        finding.candidates = why_not_repeated(port);
    } else {
        finding.candidates = why_not_answered(port);
        if (pile.not_repeated > 0 || pile.repeated == 0) {
            for (Candidate& candidate : why_not_repeated(port)) {
                finding.candidates.push_back(std::move(candidate));
            }
        }
    }
    finding.advice = {
        pile.sources.size() <= kFewSources
            ? Message{N_("Few addresses are concerned: look at one of these clients and at the way "
                         "to it.")}
            : Message{N_("Many addresses are concerned: look at what they have in common, the way "
                         "out of this host first.")},
        {N_("The number alone does not show a flood. With SYN cookies it stops at the backlog; the "
            "rate of TcpExtSyncookiesSent measures one.")}};
    return true;
}

// In a paste, at one moment: every handshake in progress looks like this, so it takes many.
Finding seen_half_open(const Situation& situation, std::uint16_t port, const Pile& pile) {
    const std::string list = "ss -tano state syn-recv sport = :" + std::to_string(port);
    Finding finding;
    finding.severity =
        pile.all >= situation.limits.many_half_open ? Severity::Warning : Severity::Information;
    finding.claim = counted(NP_("{0} client of port {1} is in the middle of the handshake.",
                                "{0} clients of port {1} are in the middle of the handshake."),
                            {count_of(pile.all), Port{port}});
    finding.connections = pile.stale;
    finding.connections.insert(finding.connections.end(), pile.ageless.begin(), pile.ageless.end());
    finding.evidence = {{{N_("{0} in SYN-RECEIVED on port {1}; that normally lasts one round trip"),
                          {count_of(pile.all), Port{port}}},
                         Origin::PastedText,
                         list},
                        {{N_("they come from {0} addresses"), {count_of(pile.sources.size())}},
                         Origin::PastedText,
                         list}};
    add_peers(finding, situation, finding.connections);
    add_seen_before(finding, situation, finding.connections);
    add_queue_of(finding, port, pile);
    say_growth_unknown(finding, situation);
    if (finding.severity == Severity::Information) {
        finding.advice = {
            {N_("A few at one moment are ordinary: handshakes under way, scanners, "
                "clients that went away.")}};
        return finding;
    }
    finding.candidates = why_not_answered(port);
    finding.candidates.push_back(
        {{N_("The accept queue is full, and the final ACKs find no room.")},
         {N_("Recv-Q of the listener is greater than its Send-Q in ss -ltn")},
         "ss -ltn sport = :" + std::to_string(port)});
    finding.advice = {
        {N_("The number alone does not show a flood. With SYN cookies it stops at the backlog; the "
            "rate of TcpExtSyncookiesSent measures one.")}};
    return finding;
}

// In a paste of counts.
void add_bare_count(const Situation& situation, std::vector<Finding>& findings) {
    const auto half_open = bare_count(situation, TcpState::SynReceived);
    if (half_open.value_or(0) < kFewOnAServer) {
        return;
    }
    const std::uint64_t open =
        situation.now.paste->state_counts[static_cast<std::size_t>(TcpState::Established)].value_or(
            0);
    Finding finding;
    finding.severity = *half_open >= situation.limits.many_half_open && *half_open > open
                           ? Severity::Warning
                           : Severity::Information;
    finding.claim = {N_("{0} clients are in the middle of the handshake."), {count_of(*half_open)}};
    finding.evidence = {{{N_("{0} in SYN-RECEIVED beside {1} in ESTABLISHED"),
                          {count_of(*half_open), count_of(open)}},
                         Origin::PastedText,
                         "ss -tano state syn-recv"}};
    finding.unknown = {{N_("on which port, and from how many addresses: a count has no rows")}};
    say_growth_unknown(finding, situation);
    finding.advice = {
        {N_("The number alone does not show a flood. With SYN cookies it stops at the backlog; the "
            "rate of TcpExtSyncookiesSent measures one.")}};
    findings.push_back(std::move(finding));
}

std::vector<Finding> evaluate(const Situation& situation) {
    std::vector<Finding> findings;
    for (auto& [port, pile] : piles_by_port(situation)) {
        Finding finding;
        if (!judge(situation, port, pile, finding)) {
            if (situation.is_paste() && pile.all > 0) {
                findings.push_back(seen_half_open(situation, port, pile));
            }
            continue;
        }
        if (!pile.stale.empty()) {
            finding.since = situation.now.connections[pile.stale.front()].age;
        }
        add_evidence(situation, port, pile, finding);
        if (situation.earlier == nullptr && !situation.is_paste()) {
            finding.unknown.push_back({N_(
                "what becomes of the SYN+ACKs: counters tell that in two looks (--sample 10)")});
        }
        finding.connections = std::move(pile.stale);
        findings.push_back(std::move(finding));
    }
    add_bare_count(situation, findings);
    return findings;
}

}  // namespace

const Rule kSynReceivedPileUp{
    .id = "syn-received-pile-up",
    .title = N_("Clients do not get through the handshake."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
