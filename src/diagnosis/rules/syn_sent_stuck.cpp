// Nothing comes back to our SYN. That is not "nobody listens there": a live host answers that with
// RST within a round trip, and SYN-SENT is over. Eighteen causes of silence were measured, ten of
// them on the server with its listener alive, and from the client most look byte for byte the same
// (facts: 2.2, 2.3). So this rule first looks for what this host can know of itself, and lists the
// rest as candidates. It never says "the firewall".

#include "diagnosis/rules/syn_sent_stuck.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/i18n.h"
#include "diagnosis/accept_queue.h"
#include "diagnosis/counter_evidence.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/packet_gaps.h"
#include "diagnosis/paste_evidence.h"
#include "diagnosis/this_host.h"

namespace tcpdx::diagnosis {
namespace {

constexpr const char* kRetransFail = "TcpExtTCPRetransFail";
constexpr const char* kStillQueued = "TcpExtTCPSpuriousRtxHostQueues";
constexpr std::size_t kShownPrograms = 3;

unsigned retransmits(const Connection& connection) {
    unsigned count = connection.tcp ? connection.tcp->retransmits : 0U;
    if (connection.timer && connection.timer->kind == TimerKind::Retransmit) {
        count = std::max<unsigned>(count, connection.timer->retransmits);
    }
    return count;
}

// The retransmission timer ran, and yet nothing is counted as out again: the IP layer refused to
// send ("retrans:0/5" in ss -ti, where a lost SYN shows "retrans:1/5").
bool refused_locally(const Observations& seen, const Connection& connection) {
    return connection.tcp && connection.tcp->total_retransmits > 0 &&
           connection.tcp->retransmitted_in_flight == 0 &&
           seen.counters.value(kRetransFail).value_or(0) > 0;
}

struct Group {
    std::vector<std::uint32_t> members;  // the longest-standing first
    std::map<std::uint32_t, std::int64_t> per_process;
    bool all_refused_locally = true;
    unsigned most_retransmits = 0;
    // What other connections tell about that host.
    bool host_answers = false;     // something came from it while we waited
    std::int64_t half_open = 0;    // the other end is in this listing, in SYN-RECEIVED
    std::int64_t established = 0;  // to the same address and port
};

using Groups = std::map<SocketAddress, Group>;

Groups stuck_groups(const Situation& situation) {
    Groups groups;
    const std::vector<Connection>& connections = situation.now.connections;
    for (std::uint32_t index = 0; index < connections.size(); ++index) {
        const Connection& connection = connections[index];
        // A repeated SYN is at least a second old, whatever the listing knows of its age.
        if (connection.state != TcpState::SynSent ||
            (!connection.age.surely_at_least(situation.limits.syn_sent) &&
             retransmits(connection) == 0) ||
            !is_asked_about(situation, connection)) {
            continue;
        }
        Group& group = groups[connection.remote];
        group.members.push_back(index);
        group.all_refused_locally &= refused_locally(situation.now, connection);
        group.most_retransmits = std::max(group.most_retransmits, retransmits(connection));
        if (connection.owner.process < situation.now.processes.size()) {
            ++group.per_process[connection.owner.process];
        }
    }
    for (auto& [remote, group] : groups) {
        std::stable_sort(group.members.begin(), group.members.end(),
                         [&](std::uint32_t a, std::uint32_t b) {
                             return connections[a].age.lower > connections[b].age.lower;
                         });
    }
    return groups;
}

// One pass: which of the silent hosts does talk to us on other connections?
void look_for_signs_of_life(const Observations& seen, Groups& groups) {
    std::map<IpAddress, std::vector<std::pair<SocketAddress, Group*>>> by_address;
    for (auto& [remote, group] : groups) {
        by_address[remote.address].emplace_back(remote, &group);
    }
    std::set<std::pair<SocketAddress, SocketAddress>> ends;
    for (const auto& [remote, group] : groups) {
        for (const std::uint32_t index : group.members) {
            ends.emplace(seen.connections[index].remote, seen.connections[index].local);
        }
    }
    for (const Connection& connection : seen.connections) {
        if (connection.state == TcpState::SynReceived &&
            ends.contains({connection.local, connection.remote})) {
            ++groups[connection.local].half_open;
        }
        if (connection.state != TcpState::Established) {
            continue;
        }
        const auto found = by_address.find(connection.remote.address);
        if (found == by_address.end()) {
            continue;
        }
        for (auto& [remote, group] : found->second) {
            group->established += remote.port == connection.remote.port ? 1 : 0;
            const Age& waiting = seen.connections[group->members.front()].age;
            group->host_answers |= connection.tcp && waiting.lower &&
                                   std::chrono::milliseconds(std::min(
                                       connection.tcp->last_ack_received_ms,
                                       connection.tcp->last_data_received_ms)) <= *waiting.lower;
        }
    }
}

std::vector<Candidate> why_it_does_not_leave() {
    return {{{N_("The packet filter of this host drops it (OUTPUT or POSTROUTING).")},
             {N_("a rule there matches, and a capture shows no SYN")},
             "nft list ruleset"},
            {{N_("A queue of the interface or an IPsec policy without a key drops it.")},
             {N_("the drop counters rise, or a policy matches the address")},
             "tc -s qdisc; ip xfrm policy"}};
}

std::vector<Candidate> why_the_answer_is_lost_here(const SocketAddress& remote) {
    const std::string capture = "tcpdump -ni any 'host " + to_string(remote.address) +
                                " and tcp port " + std::to_string(remote.port) + "'";
    return {{{N_("The packet filter of this host drops the SYN+ACK as it leaves the server (OUTPUT "
                 "or POSTROUTING).")},
             {N_("a capture shows no SYN+ACK")},
             capture},
            {{N_("The packet filter of this host drops the SYN+ACK before it gets to the client "
                 "(INPUT).")},
             {N_("a capture shows SYN+ACKs")},
             capture}};
}

// Both ends are here, so the listener can be looked at: a full accept queue is cause enough, and
// without any listener there is no queue that could be full.
void explain_by_listener(const Situation& situation, const SocketAddress& remote,
                         Finding& finding) {
    const std::vector<Connection>& connections = situation.now.connections;
    const std::vector<std::uint32_t> listeners = situation.lookups().listeners_for(remote);
    const bool all_full = !listeners.empty() &&
                          std::all_of(listeners.begin(), listeners.end(), [&](std::uint32_t index) {
                              return is_full(connections[index]);
                          });
    if (all_full) {
        add_queue_evidence(finding, connections[listeners.front()]);
        finding.advice.push_back(
            {N_("The accept queue of the server on this host is full, so the kernel drops every "
                "SYN to it: see the finding about that queue.")});
        return;
    }
    if (!listeners.empty() || !situation.now.coverage.listeners) {
        finding.candidates.push_back(
            {{N_("The listener drops SYNs: its accept queue is full, or its queue of half-open "
                 "connections without SYN cookies.")},
             {N_("Recv-Q of the listener is greater than its Send-Q, or TcpExtListenDrops rises")},
             "ss -ltn sport = :" + std::to_string(remote.port)});
    } else {
        // As for published ports of containers.
        finding.candidates.push_back(
            {{N_("Nothing listens there on this host, and a NAT rule passes the port on to another "
                 "host or container that does not answer.")},
             {N_("a dnat or redirect rule names the port")},
             "nft list ruleset"});
    }
    finding.candidates.push_back(
        {{N_("The packet filter of this host drops the SYN or the answer to it.")},
         {N_("a rule's packet counter rises with every SYN")},
         "nft list ruleset"});
    finding.advice.push_back({N_("The server's end is on this host too: run tcpdx diagnose :{0}."),
                              {Port{remote.port}}});
}

std::string server_capture(const SocketAddress& remote) {
    return "tcpdump -ni any 'tcp port " + std::to_string(remote.port) + " and tcp[13] & 2 != 0'";
}

std::vector<Candidate> why_nothing_comes_back(const Situation& situation,
                                              const SocketAddress& remote, const Group& group) {
    const std::string port = std::to_string(remote.port);
    const std::string address = to_string(remote.address);
    std::vector<Candidate> candidates{
        {{N_("The server's listener drops SYNs: its accept queue is full, or its queue of "
             "half-open connections without SYN cookies.")},
         {N_("run on the server; from here, an ACK that is answered with RST while a FIN is not "
             "proves a listener behind the silence")},
         "tcpdx diagnose :" + port + " --sample 10"},
        {{N_("A packet filter at the server drops the SYN, or the server demands a TCP-MD5 "
             "signature.")},
         {N_("a capture on the server shows the SYN, and its listener drops nothing")},
         server_capture(remote)},
        {{N_("A packet filter or a router on the way drops the SYN.")},
         {N_("a capture on the server shows no SYN while this host sends some")},
         server_capture(remote)},
        {{N_("The answer gets lost on the way back: a filter, a missing or asymmetric route, or "
             "NAT without a free port.")},
         {N_("on the server the connection is in SYN-RECEIVED, or its IpOutNoRoutes or "
             "TcpExtIPReversePathFilter rises")},
         "ss -tan state syn-recv"},
    };
    const bool v4 = remote.address.is_v4_mapped();
    const auto gap = v4 ? lost_before_tcp(situation) : std::nullopt;
    if (gap != 0U) {
        candidates.push_back({{N_("A packet filter of this host drops the answer (INPUT).")},
                              {N_("a capture here shows SYN+ACKs coming in")},
                              "tcpdump -ni any 'host " + address + " and tcp port " + port + "'"});
    }
    if (!group.host_answers) {
        candidates.push_back(
            {{N_("The host is off, and a router still has its link-layer address.")},
             {N_("it answers on no port and to no ping")},
             "ping -c 3 " + address});
    }
    if (group.established > 0) {
        candidates.push_back(
            {{N_("There are several servers behind that address, and one of them does not "
                 "answer.")},
             {N_("some new connects succeed at once, and one that fails never recovers")},
             ""});
    }
    if (rose(situation, kStillQueued)) {
        candidates.push_back({{N_("The next hop does not answer ARP, so the SYN waits in this "
                                  "host.")},
                              {N_("the neighbour is FAILED or INCOMPLETE")},
                              "ip neigh"});
    }
    return candidates;
}

void add_evidence(const Situation& situation, const SocketAddress& remote, const Group& group,
                  Finding& finding) {
    const auto count = static_cast<std::int64_t>(group.members.size());
    finding.evidence.push_back({{N_("{0} connections to {1} in SYN-SENT"), {count, remote}},
                                Origin::SocketTable,
                                "ss -tanoip state syn-sent 'dst " + to_string(remote) + "'"});
    if (group.most_retransmits > 0) {
        finding.evidence.push_back({{N_("the SYN was repeated up to {0} times without an answer"),
                                     {std::int64_t{group.most_retransmits}}},
                                    Origin::SocketTable,
                                    "ss -tano state syn-sent"});
    }
    std::size_t shown = 0;
    for (const auto& [process, of_process] : group.per_process) {
        if (++shown > kShownPrograms) {
            break;
        }
        finding.evidence.push_back({{N_("{0} waits in {1} of these connects"),
                                     {name_of(situation.now.processes[process]), of_process}},
                                    Origin::Process,
                                    ""});
    }
    if (group.established > 0) {
        finding.evidence.push_back(
            {{N_("{0} other connections to the same address and port are established"),
              {group.established}},
             Origin::SocketTable,
             "ss -tani 'dst " + to_string(remote) + "'"});
    }
    for (const char* counter : {kRetransFail, kStillQueued, "TcpExtTCPSynRetrans"}) {
        if (rose(situation, counter)) {
            finding.evidence.push_back(rise_of(situation, counter));
        }
    }
    if (!remote.address.is_v4_mapped()) {
        return;
    }
    if (const auto gap = lost_before_tcp(situation)) {
        finding.evidence.push_back(
            {{N_("{0} IPv4 packets that arrived here were dropped before TCP"),
              {static_cast<std::int64_t>(*gap)}},
             Origin::Counter,
             "nstat -az IpInReceives IpInDelivers"});
    }
    if (const auto gap = lost_after_tcp(situation); gap.value_or(0) > 0) {
        finding.evidence.push_back({{N_("{0} IPv4 packets that this host made never left it"),
                                     {static_cast<std::int64_t>(*gap)}},
                                    Origin::Counter,
                                    "nstat -az IpOutRequests IpOutTransmits"});
    }
}

void add_destinations(Finding& finding, const std::map<SocketAddress, std::int64_t>& destinations) {
    std::vector<std::pair<SocketAddress, std::int64_t>> sorted(destinations.begin(),
                                                               destinations.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    sorted.resize(std::min(sorted.size(), kShownPrograms));
    for (const auto& [remote, count] : sorted) {
        finding.evidence.push_back({{N_("to {0}: {1} of them"), {remote, count}},
                                    Origin::PastedText,
                                    "ss -tanp 'dst " + to_string(remote) + "'"});
    }
}

// A connect on this host to this host, in a paste. Windows repeats a SYN that was answered with RST
// twice, half a second apart, so there SYN-SENT can also mean that nobody listens.
void explain_on_this_host(const Situation& situation, const SocketAddress& remote,
                          Finding& finding) {
    explain_by_listener(situation, remote, finding);
    if (situation.now.paste->system == HostSystem::Windows && !finding.candidates.empty()) {
        finding.candidates.insert(
            finding.candidates.begin(),
            {{N_("Nothing listens on that port, and Windows is repeating the SYN that "
                 "was refused.")},
             {N_("the listing has no listener on the port, and the connection is gone "
                 "two seconds later")},
             "ss -ltn sport = :" + std::to_string(remote.port)});
    }
}

// In a paste, with no repetition and no age: perhaps sent this moment. All of them in one finding,
// since a client that tries a thousand addresses is one thing to tell.
void add_ageless(const Situation& situation, std::vector<Finding>& findings) {
    constexpr std::size_t kManyConnects = 5;
    const std::vector<Connection>& connections = situation.now.connections;
    Finding finding;
    std::map<SocketAddress, std::int64_t> destinations;
    bool here = true;
    for (const std::uint32_t index : situation.lookups().in_state(TcpState::SynSent)) {
        const Connection& connection = connections[index];
        if (retransmits(connection) == 0 && is_asked_about(situation, connection) &&
            may_have_lasted(situation, connection, situation.limits.syn_sent)) {
            finding.connections.push_back(index);
            ++destinations[connection.remote];
            here = here && within_this_host(connection);
        }
    }
    const std::uint64_t number = finding.connections.empty()
                                     ? bare_count(situation, TcpState::SynSent).value_or(0)
                                     : finding.connections.size();
    if (number == 0) {
        return;
    }
    const bool still_there = seen_before(situation, finding.connections) > 0;
    finding.severity =
        still_there || number >= kManyConnects ? Severity::Warning : Severity::Information;
    finding.claim = counted(NP_("{0} connect waits for an answer to its SYN.",
                                "{0} connects wait for an answer to their SYN."),
                            {count_of(number)});
    finding.evidence = {
        {{N_("{0} in SYN-SENT; that normally lasts one round trip"), {count_of(number)}},
         Origin::PastedText,
         "ss -tanoip state syn-sent"}};
    if (!finding.connections.empty()) {
        add_destinations(finding, destinations);
        add_seen_before(finding, situation, finding.connections);
        const Connection& first = connections[finding.connections.front()];
        const SocketAddress& remote = first.remote;
        if (here && situation.now.coverage.listeners && situation.has_every_row() &&
            situation.lookups().listeners_on(remote.port).empty()) {
            finding.evidence.push_back(
                {{N_("the listing has no listener on port {0}"), {Port{remote.port}}},
                 Origin::PastedText,
                 "ss -ltn"});
        }
        Group group;
        group.members = finding.connections;
        if (here) {
            explain_on_this_host(situation, remote, finding);
        } else {
            finding.candidates = why_nothing_comes_back(situation, remote, group);
        }
    }
    if (!still_there) {
        finding.unknown = {
            {N_("whether they are repeated: a SYN that was sent this moment looks the "
                "same, and a listing with timers (ss -o) would tell")}};
    }
    if (!here || finding.connections.empty()) {
        finding.advice.push_back(
            {N_("A missing listener alone does not look like this: a live host answers that with "
                "RST at once, and the connect fails with \"connection refused\".")});
    }
    findings.push_back(std::move(finding));
}

std::vector<Finding> evaluate(const Situation& situation) {
    Groups groups = stuck_groups(situation);
    look_for_signs_of_life(situation.now, groups);

    std::vector<Finding> findings;
    for (auto& [remote, group] : groups) {
        Finding finding;
        finding.since = situation.now.connections[group.members.front()].age;
        // One repeated SYN may be one lost packet.
        finding.severity =
            finding.since.surely_at_least(situation.limits.syn_sent) || group.most_retransmits >= 3
                ? Severity::Problem
                : Severity::Warning;
        const auto count = static_cast<std::int64_t>(group.members.size());
        const bool leaves = !group.all_refused_locally;
        finding.claim =
            leaves
                ? Message{N_("Nothing comes back from {0} (connects that wait: {1})."),
                          {remote, count}}
                : Message{
                      N_("This host does not let its SYNs to {0} out (connects that wait: {1})."),
                      {remote, count}};
        add_evidence(situation, remote, group, finding);
        if (leaves && group.half_open > 0) {
            finding.evidence.push_back(
                {{N_("the other end is on this host, in SYN-RECEIVED for {0} of them: the SYN "
                     "arrives, and the answer does not get back"),
                  {group.half_open}},
                 Origin::SocketTable,
                 "ss -tano state syn-recv"});
            finding.candidates = why_the_answer_is_lost_here(remote);
        } else if (leaves && within_this_host(situation.now.connections[group.members.front()])) {
            explain_by_listener(situation, remote, finding);
        } else if (leaves) {
            finding.candidates = why_nothing_comes_back(situation, remote, group);
            finding.advice.push_back(
                {N_("Look at the server first: a run of tcpdx there tells most of the candidates "
                    "apart.")});
        } else {
            finding.evidence.push_back(
                {{N_("the kernel could not send a repeated SYN: none counts as being under way")},
                 Origin::SocketTable,
                 "ss -tani state syn-sent"});
            finding.candidates = why_it_does_not_leave();
        }
        if (group.per_process.empty()) {
            say_if_program_unknown(finding, situation, kNoProcess);
        }
        const bool certain = finding.candidates.empty();
        if (leaves && !certain && situation.earlier == nullptr && !situation.is_paste()) {
            finding.unknown.push_back(
                {N_("whether packets get lost in this host: that takes two looks (--sample 10)")});
        }
        if (!certain) {
            finding.advice.push_back({N_(
                "A missing listener alone does not look like this: a live host answers that with "
                "RST at once, and the connect fails with \"connection refused\".")});
        }
        finding.connections = std::move(group.members);
        findings.push_back(std::move(finding));
    }
    add_ageless(situation, findings);
    return findings;
}

}  // namespace

const Rule kSynSentStuck{
    .id = "syn-sent-stuck",
    .title = N_("Nothing comes back to this host's SYNs."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
