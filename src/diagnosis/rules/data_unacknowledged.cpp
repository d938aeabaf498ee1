// Data that this host has sent, or wants to send, and the peer does not acknowledge. Send-Q alone
// says nothing: every busy connection has one. Three different things are told apart:
//
//     persist timer, window closed       the peer's program does not read; its host is alive
//     retransmitting, never got through  the handshake is not complete at the server, or data does
//                                        not get there although SYNs do (facts: rows g3, g5, j3,
//                                        n1)
//     retransmitting                     the path or the peer is gone, a firewall forgot the flow,
//                                        large packets get lost (rows t, n1, n2)
//
// How long it has been going on comes from the timer: each wait is twice the one before, so after b
// doublings at least rto * (1 - 2^-b) has passed. tcpi_total_rto_time is no help: it adds up all
// retransmissions in the connection's life.

#include "diagnosis/rules/data_unacknowledged.h"

#include <algorithm>
#include <map>

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/queued_once.h"
#include "diagnosis/this_host.h"
#include "diagnosis/timer_evidence.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSmallestRto{200};
constexpr milliseconds kLongIdle{300'000};  // firewalls forget flows after 5 minutes and up
constexpr std::uint32_t kOrdinaryMtu = 1280;

enum class Cause : std::uint8_t {
    None,
    PeerDoesNotRead,
    HeldBack,
    DoesNotLeave,
    NeverGotThrough,
    Stalled,
};

// The timer, or what `ss -i` without -o tells of it: segments that were sent again, are still not
// acknowledged, and whose time-out has been doubled.
std::optional<Timer> running_timer(const Connection& connection) {
    if (connection.timer || !connection.tcp) {
        return connection.timer;
    }
    const TcpDetails& tcp = *connection.tcp;
    if (tcp.backoff == 0 || tcp.unacked_segments == 0 || tcp.retransmitted_in_flight == 0) {
        return std::nullopt;
    }
    return Timer{.kind = TimerKind::Retransmit,
                 .expires = milliseconds(tcp.rto_us / 1000),  // not known: at most all of it
                 .retransmits = tcp.backoff};
}

// Empty when the listing does not tell; then nothing is concluded.
std::optional<milliseconds> stalled_at_least(const Connection& connection) {
    const auto running = running_timer(connection);
    if (!running) {
        return std::nullopt;
    }
    const Timer& timer = *running;
    if (!connection.tcp) {
        return waited_by_timer(timer);
    }
    const milliseconds rto(connection.tcp->rto_us / 1000);
    switch (timer.kind) {
        case TimerKind::ZeroWindow:
            // Window probes leave the time-out as it is and only count the doublings.
            return waited(std::max(rto, kSmallestRto), connection.tcp->backoff);
        case TimerKind::Retransmit:
            return connection.tcp->backoff < 2
                       ? milliseconds(0)
                       : rto - rto / (1 << std::min<unsigned>(connection.tcp->backoff, 20)) +
                             std::max(rto - timer.expires, milliseconds(0));
        case TimerKind::None:
        case TimerKind::Keepalive:
        case TimerKind::TimeWait:
            return std::nullopt;
    }
    return std::nullopt;
}

bool refused_locally(const Observations& seen, const TcpDetails& tcp) {
    return tcp.total_retransmits > 0 && tcp.retransmitted_in_flight == 0 &&
           seen.counters.value("TcpExtTCPRetransFail").value_or(0) > 0;
}

Cause cause_of(const Situation& situation, const Connection& connection) {
    if ((connection.state != TcpState::Established && connection.state != TcpState::CloseWait) ||
        connection.send_queue.value_or(0) == 0) {
        return Cause::None;
    }
    const auto stalled = stalled_at_least(connection);
    if (!stalled || *stalled < situation.limits.unacknowledged) {
        return Cause::None;
    }
    if (running_timer(connection)->kind == TimerKind::ZeroWindow) {
        // Older kernels do not tell the window. The timer runs only when nothing fits into it.
        return !connection.tcp || connection.tcp->peer_window.value_or(0) <
                                      std::max(connection.tcp->send_mss, 1U)
                   ? Cause::PeerDoesNotRead
                   : Cause::HeldBack;
    }
    if (connection.tcp && refused_locally(situation.now, *connection.tcp)) {
        return Cause::DoesNotLeave;
    }
    // Our SYN counts as one byte, so the client that got nothing through has 1.
    if (connection.tcp && connection.opener == Opener::Active && connection.tcp->bytes_acked <= 1 &&
        connection.tcp->data_segments_in == 0) {
        return Cause::NeverGotThrough;
    }
    return Cause::Stalled;
}

Candidate path_mtu_candidate(const Connection& connection) {
    const std::string address = to_string(connection.remote.address);
    const bool v4 = connection.remote.address.is_v4_mapped();
    const std::uint32_t payload = connection.tcp->path_mtu - (v4 ? 28U : 48U);
    return {{N_("Large packets get lost on the way and nothing says so (a path MTU black hole).")},
            {N_("a ping of full size gets no answer while a small one does")},
            "ping -M do -c 3 -s " + std::to_string(payload) + " " + address};
}

// Small segments may pass where full ones do not.
bool sends_full_segments(const Connection& connection) {
    return connection.tcp && connection.tcp->path_mtu > kOrdinaryMtu &&
           connection.send_queue.value_or(0) >= connection.tcp->send_mss;
}

std::vector<Candidate> why_it_is_lost_here(const Connection& connection) {
    return {
        {{N_("The packet filter of this host drops what this end sends.")},
         {N_("a rule's packet counter rises with every repetition")},
         "nft list ruleset"},
        {{N_("The other end has lost the connection, or never had it, and its RST is dropped.")},
         {N_("the listing has no socket with these two ports exchanged")},
         "ss -tan sport = :" + std::to_string(connection.remote.port)}};
}

std::vector<Candidate> why_never_through(const Connection& connection) {
    const std::string port = std::to_string(connection.remote.port);
    std::vector<Candidate> candidates{
        {{N_("The server's accept queue was full when our last packet of the handshake came: here "
             "the connection is complete, there it is not.")},
         {N_("on the server it is in SYN-RECEIVED or missing, and TcpExtListenOverflows rises")},
         "tcpdx diagnose :" + port + " --sample 10"},
        {{N_("A packet filter lets SYNs pass and drops what follows.")},
         {N_("on the server the connection is in SYN-RECEIVED although its accept queue has room")},
         "ss -tan state syn-recv"}};
    if (within_this_host(connection)) {
        return candidates;
    }
    candidates.push_back({{N_("The peer or the way to it went away right after the handshake.")},
                          {N_("a new connect fails as well")},
                          "ping -c 3 " + to_string(connection.remote.address)});
    if (sends_full_segments(connection)) {
        candidates.push_back(path_mtu_candidate(connection));
    }
    return candidates;
}

std::vector<Candidate> why_stalled(const Connection& connection) {
    const std::string address = to_string(connection.remote.address);
    const Candidate forgotten{
        {N_("A firewall or NAT on the way has forgotten this connection and drops its packets.")},
        {N_("a new connection to the same address and port works while this one hangs")},
        ""};
    std::vector<Candidate> candidates{
        {{N_("The peer's host or the way to it is gone.")},
         {N_("it does not answer a ping, and a new connect fails as well")},
         "ping -c 3 " + address}};
    const bool was_idle =
        connection.tcp && milliseconds(connection.tcp->last_ack_received_ms) >=
                              kLongIdle + 2 * stalled_at_least(connection).value_or(kLongIdle);
    candidates.insert(was_idle ? candidates.begin() : candidates.end(), forgotten);
    if (sends_full_segments(connection)) {
        candidates.push_back(path_mtu_candidate(connection));
    }
    return candidates;
}

std::vector<Candidate> why_it_does_not_leave() {
    return {{{N_("The packet filter of this host drops it (OUTPUT or POSTROUTING).")},
             {N_("a rule there matches, and a capture shows no packet of this connection")},
             "nft list ruleset"},
            {{N_("A queue of the interface or an IPsec policy without a key drops it.")},
             {N_("the drop counters rise, or a policy matches the address")},
             "tc -s qdisc; ip xfrm policy"}};
}

Message claim_of(Cause cause, const Value& name, std::int64_t count) {
    switch (cause) {
        case Cause::PeerDoesNotRead:
            return {N_("Peers of {0} do not read (connections with a closed window: {1})."),
                    {name, count}};
        case Cause::HeldBack:
            return {N_("This host holds back data of {0} although the peer's window is open "
                       "(connections that hang: {1})."),
                    {name, count}};
        case Cause::DoesNotLeave:
            return {N_("This host does not let data of {0} out (connections that hang: {1})."),
                    {name, count}};
        case Cause::NeverGotThrough:
            return {N_("{0} is connected, and nothing that it sends arrives (connections: {1})."),
                    {name, count}};
        case Cause::Stalled:
            return {N_("Data of {0} is not acknowledged any more (connections that hang: {1})."),
                    {name, count}};
        case Cause::None:
            break;
    }
    return {};
}

// When the peer is on this host, the other end is in the same listing.
void add_readers_on_this_host(const Situation& situation, Finding& finding) {
    std::map<std::pair<SocketAddress, SocketAddress>, bool> wanted;
    for (const std::uint32_t index : finding.connections) {
        const Connection& connection = situation.now.connections[index];
        wanted[{connection.remote, connection.local}] = true;
    }
    std::map<std::uint32_t, std::pair<std::int64_t, std::uint64_t>> per_process;
    for (const Connection& connection : situation.now.connections) {
        if (situation.now.process_of(connection) != nullptr &&
            wanted.contains({connection.local, connection.remote})) {
            auto& [count, bytes] = per_process[connection.owner.process];
            ++count;
            bytes += connection.receive_queue.value_or(0);
        }
    }
    for (const auto& [process, totals] : per_process) {
        finding.evidence.push_back(
            {{N_("{0} on this host is the other end of {1} of them and has {2} unread"),
              {name_of(situation.now.processes[process]), totals.first, Bytes{totals.second}}},
             Origin::SocketTable,
             "ss -tanp"});
    }
}

void add_evidence(const Situation& situation, Cause cause, Finding& finding) {
    std::uint64_t queued = 0;
    unsigned backoff = 0;
    for (const std::uint32_t index : finding.connections) {
        const Connection& connection = situation.now.connections[index];
        queued += connection.send_queue.value_or(0);
        backoff = std::max<unsigned>(
            backoff, connection.tcp ? connection.tcp->backoff : connection.timer->retransmits);
    }
    finding.evidence.push_back(
        {{N_("{0} are not acknowledged or not sent yet (Send-Q)"), {Bytes{queued}}},
         Origin::SocketTable,
         "ss -tanoip"});
    if (cause == Cause::PeerDoesNotRead && backoff == 0) {
        // A listing that does not count the probes: the length of the wait showed that there were.
        finding.evidence.push_back(
            {{N_("the persist timer runs, and its wait is one that has been doubled several times: "
                 "the peer's window is closed")},
             Origin::SocketTable,
             "ss -tanoi state connected"});
    } else if (cause == Cause::PeerDoesNotRead) {
        finding.evidence.push_back(
            {{N_("the persist timer runs and the peer's window is closed; it was asked up to {0} "
                 "times"),
              {std::int64_t{backoff}}},
             Origin::SocketTable,
             "ss -tanoi state connected"});
    } else if (cause == Cause::HeldBack) {
        const TcpDetails& tcp = *situation.now.connections[finding.connections.front()].tcp;
        finding.evidence.push_back(
            {{N_("the persist timer runs, doubled up to {0} times, and yet the peer's window has "
                 "{1}; a segment takes {2}"),
              {std::int64_t{backoff}, Bytes{tcp.peer_window.value_or(0)}, Bytes{tcp.send_mss}}},
             Origin::SocketTable,
             "ss -tanoi state connected"});
    } else {
        finding.evidence.push_back({{N_("the retransmission timer runs, doubled up to {0} times"),
                                     {std::int64_t{backoff}}},
                                    Origin::SocketTable,
                                    "ss -tanoi state connected"});
    }
    if (cause == Cause::NeverGotThrough) {
        finding.evidence.push_back(
            {{N_("the peer has acknowledged only our SYN (bytes_acked:1) and sent no data")},
             Origin::SocketTable,
             "ss -tani state established"});
    }
    for (const auto& [address, count] : frequent_peers(situation.now, finding.connections, 3)) {
        finding.evidence.push_back(
            {{N_("peer {0}: {1} of them"), {address, static_cast<std::int64_t>(count)}},
             Origin::SocketTable,
             ""});
    }
    for (const char* counter :
         {"TcpExtTCPRetransFail", "TcpExtTCPTimeouts", "TcpExtTCPFromZeroWindowAdv"}) {
        const bool telling = (cause == Cause::PeerDoesNotRead) ==
                             (std::string_view(counter) == "TcpExtTCPFromZeroWindowAdv");
        if (telling && rose(situation, counter)) {
            finding.evidence.push_back(rise_of(situation, counter));
        }
    }
}

void add_consequences(Cause cause, const Connection& worst, Finding& finding) {
    switch (cause) {
        case Cause::PeerDoesNotRead:
            finding.severity = Severity::Warning;
            finding.advice = {
                {N_("The peer's host answers; its program is busy, paused or hanging. Look "
                    "there.")},
                {N_("This end waits as long as the peer's kernel answers. A time limit of the "
                    "program, or TCP_USER_TIMEOUT, ends that.")}};
            return;
        case Cause::HeldBack:
            finding.severity = Severity::Warning;
            finding.candidates = {
                {{N_("The path MTU of this connection is so small that hardly anything fits into a "
                     "segment.")},
                 {N_("pmtu and mss are far below 1280 (IPv6) or 576 (IPv4)")},
                 "ss -tani 'dst " + to_string(worst.remote) + "'"},
                {{N_("The packets do not get out of this host: a filter for output, or a queue.")},
                 {N_("a capture shows no packet of this connection")},
                 "tcpdump -ni any 'host " + to_string(worst.remote.address) + "'"}};
            finding.advice = {{N_(
                "Look at this end first: the peer has room for the data, and it is not sent.")}};
            return;
        case Cause::DoesNotLeave:
            finding.severity = Severity::Problem;
            finding.candidates = why_it_does_not_leave();
            finding.advice = {
                {N_("Look at this host's packet filter for output: nft list ruleset, "
                    "or iptables-save.")}};
            return;
        case Cause::NeverGotThrough:
            finding.severity = Severity::Problem;
            finding.candidates = why_never_through(worst);
            finding.advice = {
                {N_("Look at the server: one run of tcpdx there tells most of the "
                    "candidates apart.")}};
            return;
        case Cause::Stalled:
            finding.severity = Severity::Problem;
            finding.candidates =
                within_this_host(worst) ? why_it_is_lost_here(worst) : why_stalled(worst);
            finding.advice = {
                {N_("Try a new connection to the same peer: whether it works decides between the "
                    "candidates.")},
                {N_("The kernel gives up after about 938 s with net.ipv4.tcp_retries2=15. "
                    "TCP_USER_TIMEOUT of the program makes it fail sooner.")}};
            return;
        case Cause::None:
            return;
    }
}

bool is_told(const Situation& situation, const Connection& connection) {
    return cause_of(situation, connection) != Cause::None;
}

std::vector<Finding> evaluate(const Situation& situation) {
    std::vector<Finding> findings;
    for (const Cause cause : {Cause::DoesNotLeave, Cause::HeldBack, Cause::NeverGotThrough,
                              Cause::Stalled, Cause::PeerDoesNotRead}) {
        const auto concerned = [&](const Connection& connection) {
            return cause_of(situation, connection) == cause;
        };
        for (ConnectionGroup& group : group_by_owner(situation, concerned)) {
            const std::vector<Connection>& connections = situation.now.connections;
            // Their age is how long they have existed or been idle; here the stall counts.
            std::stable_sort(
                group.members.begin(), group.members.end(), [&](std::uint32_t a, std::uint32_t b) {
                    return stalled_at_least(connections[a]) > stalled_at_least(connections[b]);
                });
            const Connection& worst = connections[group.members.front()];
            Finding finding;
            finding.claim = claim_of(cause, name_of(situation, group),
                                     static_cast<std::int64_t>(group.members.size()));
            finding.since = Age::at_least(*stalled_at_least(worst), AgeMethod::RetransmitSchedule);
            finding.connections = std::move(group.members);
            add_evidence(situation, cause, finding);
            if (cause == Cause::PeerDoesNotRead) {
                add_readers_on_this_host(situation, finding);
            }
            add_consequences(cause, worst, finding);
            say_if_program_unknown(finding, situation, group.process);
            findings.push_back(std::move(finding));
        }
    }
    for (Finding& finding : queued_at_one_moment(situation, is_told)) {
        findings.push_back(std::move(finding));
    }
    return findings;
}

}  // namespace

const Rule kDataUnacknowledged{
    .id = "data-unacknowledged",
    .title =
        N_("Peers do not acknowledge data: not reading, unreachable, or not really connected."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
