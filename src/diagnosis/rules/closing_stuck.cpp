// FIN-WAIT-1, CLOSING and LAST-ACK last for one round trip: our FIN is out, or waits behind data,
// and its acknowledgement is missing. When it stays missing, one of two things is wrong, and they
// look different:
// - nothing comes back (retransmit timer): the peer or the path is gone;
// - the peer answers but does not read (zero-window timer): our data cannot leave, nor the FIN
//   after it. Such an orphan was seen to live for 338 s, since every answer counts as life.
//
// When the state began is often not known: data before the FIN may have been stuck for longer. But
// what is claimed is only how long nothing was acknowledged, and the timer tells that. A public
// server always has a few of these (phones out of coverage), so few are information.

#include "diagnosis/rules/closing_stuck.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/paste_evidence.h"
#include "diagnosis/timer_evidence.h"

namespace tcpdx::diagnosis {
namespace {

using Duration = Limits::Duration;
using std::chrono::milliseconds;

bool window_is_closed(const Connection& connection) {
    return (connection.timer && connection.timer->kind == TimerKind::ZeroWindow) ||
           (connection.send_queue.value_or(0) > 1 && connection.tcp &&
            connection.tcp->peer_window == 0U);
}

// The least time for which the running timer has gone on without success.
std::optional<Duration> time_by_timer(const Connection& connection) {
    if (!connection.timer) {
        return std::nullopt;
    }
    if (!connection.tcp) {
        return waited_by_timer(*connection.timer);
    }
    const Duration rto = milliseconds(connection.tcp->rto_us / 1000);
    if (connection.timer->kind == TimerKind::ZeroWindow) {
        // Probes go out after rto, 2 rto, 4 rto, ...; this rto is not doubled itself. The backoff
        // starts again only when the window opens (tcp_ack_probe).
        constexpr Duration kLongest = std::chrono::seconds(120);  // TCP_RTO_MAX
        const unsigned backoff = std::min<unsigned>(connection.tcp->backoff, 16);
        Duration elapsed{0};
        for (unsigned probe = 0; probe < backoff; ++probe) {
            elapsed += std::min(rto * (1 << probe), kLongest);
        }
        elapsed += std::max(std::min(rto * (1 << backoff), kLongest) - connection.timer->expires,
                            Duration(0));
        return elapsed;
    }
    if (connection.timer->kind != TimerKind::Retransmit || connection.timer->retransmits == 0) {
        return std::nullopt;
    }
    // The present rto has been doubled once for each retransmission. (total_rto_time_ms cannot be
    // used: it sums up all losses since the connection began.)
    const unsigned doublings = std::min<unsigned>(connection.tcp->backoff, 16);
    return rto - rto / (1 << doublings) + std::max(rto - connection.timer->expires, Duration(0));
}

std::optional<Duration> stuck_for(const Situation& situation, const Connection& connection) {
    // An empty optional is the smallest, so this is the longest that is known.
    return std::max(known_age(situation, connection).lower, time_by_timer(connection));
}

struct Stuck {
    std::vector<std::uint32_t> members;
    Duration longest{0};
    std::int64_t orphans = 0;
    std::int64_t only_fin = 0;
    std::int64_t with_data = 0;  // in Send-Q, before the FIN
};

void add(Stuck& stuck, std::uint32_t index, const Connection& connection) {
    stuck.members.push_back(index);
    stuck.orphans += connection.is_orphan() ? 1 : 0;
    stuck.only_fin += connection.send_queue == 1U ? 1 : 0;
    stuck.with_data += connection.send_queue.value_or(0) > 1 ? 1 : 0;
}

// The retransmission timer is at its first wait: nothing is late.
bool is_on_time(const Connection& connection) {
    return connection.timer && connection.timer->kind == TimerKind::Retransmit &&
           connection.timer->retransmits == 0;
}

void add_life_of_orphans(Finding& finding, const Situation& situation) {
    const auto retries = situation.now.options.number("net.ipv4.tcp_orphan_retries");
    if (!retries) {
        return;
    }
    const std::string check = "sysctl net.ipv4.tcp_orphan_retries";
    if (*retries == 0) {
        finding.evidence.push_back(
            {{N_("net.ipv4.tcp_orphan_retries is 0, which means 8: without "
                 "an answer such a socket ends after about {0} to {1}"),
              {Duration(std::chrono::seconds(105)), Duration(std::chrono::seconds(120))}},
             Origin::KernelOption,
             check});
    } else {
        finding.evidence.push_back({{N_("net.ipv4.tcp_orphan_retries is {0}: without an answer "
                                        "such a socket ends after {0} retransmissions"),
                                     {*retries}},
                                    Origin::KernelOption,
                                    check});
    }
}

Message not_acknowledged_yet(std::int64_t count) {
    return counted(
        NP_("{0} connection is closing, and its FIN or the data before it is not acknowledged yet.",
            "{0} connections are closing, and their FIN or the data before it is not acknowledged "
            "yet."),
        {count});
}

// In a paste, without an age and without a timer that says so: on its way, or stuck.
Finding seen_closing(const Situation& situation, const Stuck& stuck) {
    const std::int64_t count = count_of(stuck.members.size());
    const Connection& first = situation.now.connections[stuck.members.front()];
    const std::string check = "ss -tanpieo state fin-wait-1 state closing state last-ack";
    Finding finding;
    finding.severity = stuck.members.size() >= situation.limits.many_closing
                           ? Severity::Warning
                           : Severity::Information;
    finding.connections = stuck.members;
    finding.claim = not_acknowledged_yet(count);
    finding.evidence.push_back(
        {{N_("{0} in FIN-WAIT-1, CLOSING or LAST-ACK; that normally lasts one round trip"),
          {count}},
         origin_of(first),
         check});
    if (stuck.only_fin > 0 && is_of_linux(situation)) {
        finding.evidence.push_back(
            {{N_("Send-Q is 1 on {0} of them: only the FIN is not acknowledged"), {stuck.only_fin}},
             origin_of(first),
             check});
    }
    if (stuck.with_data > 0) {
        finding.evidence.push_back({{N_("data is queued before the FIN on {0} of them: the peer "
                                        "does not read, or is gone"),
                                     {stuck.with_data}},
                                    origin_of(first),
                                    check});
    }
    add_other_ends(finding, situation, stuck.members, StateSet::all());
    add_peers(finding, situation, stuck.members);
    add_seen_before(finding, situation, stuck.members);
    say_growth_unknown(finding, situation);
    finding.advice.push_back(
        {N_("They end by themselves. Act only when there are many at all "
            "times: then look at the way to these peers.")});
    return finding;
}

// In a paste of counts.
void add_bare_counts(const Situation& situation, std::vector<Finding>& findings) {
    std::uint64_t count = 0;
    for (const TcpState state : {TcpState::FinWait1, TcpState::Closing, TcpState::LastAck}) {
        count += bare_count(situation, state).value_or(0);
    }
    if (count < situation.limits.many_closing) {
        return;
    }
    Finding finding;
    finding.severity = Severity::Warning;
    finding.claim = not_acknowledged_yet(count_of(count));
    finding.evidence = {
        {{N_("{0} in FIN-WAIT-1, CLOSING or LAST-ACK; that normally lasts one round trip"),
          {count_of(count)}},
         Origin::PastedText,
         "ss -tanpieo state fin-wait-1 state closing state last-ack"}};
    finding.unknown = {{N_("to which peers, and with what in Send-Q: a count has no rows")}};
    say_growth_unknown(finding, situation);
    finding.advice = {
        {N_("They end by themselves. Act only when there are many at all "
            "times: then look at the way to these peers.")}};
    findings.push_back(std::move(finding));
}

Finding describe(const Situation& situation, const Stuck& stuck, bool not_reading) {
    const std::int64_t count = count_of(stuck.members.size());
    const Connection& first = situation.now.connections[stuck.members.front()];
    const std::string check = "ss -tanpieo state fin-wait-1 state closing state last-ack";
    Finding finding;
    finding.severity =
        stuck.members.size() >= situation.limits.many_closing || !situation.asked.whole_host()
            ? Severity::Warning
            : Severity::Information;
    finding.since = Age::at_least(stuck.longest, AgeMethod::RetransmissionTime);
    finding.connections = stuck.members;
    if (not_reading) {
        finding.claim = counted(
            NP_("{0} connection cannot finish closing: the peer is alive but does not read what is "
                "left to send.",
                "{0} connections cannot finish closing: the peers are alive but do not read what "
                "is left to send."),
            {count});
        finding.evidence.push_back(
            {{N_("the peers have closed their receive window, for at least {0} on the worst"),
              {stuck.longest}},
             origin_of(first),
             check});
        add_other_ends(finding, situation, stuck.members, StateSet::all());
        finding.advice.push_back(
            {N_("Look at the peer's program: it does not read. The kernel "
                "gives these up in minutes once no process holds them.")});
    } else {
        finding.claim = counted(
            NP_("{0} connection cannot finish closing: nothing acknowledges its FIN or the data "
                "before it.",
                "{0} connections cannot finish closing: nothing acknowledges their FIN or the data "
                "before it."),
            {count});
        finding.evidence.push_back(
            {{N_("{0} in FIN-WAIT-1, CLOSING or LAST-ACK without an answer, the worst for at least "
                 "{1}"),
              {count, stuck.longest}},
             origin_of(first),
             check});
        if (stuck.only_fin > 0) {
            finding.evidence.push_back(
                {{N_("Send-Q is 1 on {0} of them: only the FIN is not acknowledged"),
                  {stuck.only_fin}},
                 origin_of(first),
                 check});
        }
        finding.candidates = {
            {{N_("The peers have gone without a word: switched off, out of coverage.")},
             {N_("the peers differ, and new connections from other places work")},
             check},
            {{N_("Something on the way (firewall, NAT, load balancer) has forgotten these "
                 "connections and drops their packets.")},
             {N_("many peers behind the same way at once; a capture shows FINs leave unanswered")},
             "tcpdump -ni any 'tcp[13] & 1 != 0'"}};
        finding.advice.push_back(
            {N_("They end by themselves. Act only when there are many at all "
                "times: then look at the way to these peers.")});
    }
    if (stuck.orphans > 0) {
        finding.evidence.push_back(
            {counted(NP_("{0} of them has no process any more: the program has closed it and does "
                         "not wait",
                         "{0} of them have no process any more: the program has closed them and "
                         "does not wait"),
                     {stuck.orphans}),
             origin_of(first), check});
        if (!not_reading) {
            add_life_of_orphans(finding, situation);
        }
    }
    add_peers(finding, situation, stuck.members);
    return finding;
}

std::vector<Finding> evaluate(const Situation& situation) {
    Stuck gone;
    Stuck not_reading;
    Stuck ageless;
    const Duration limit = situation.limits.closing;
    for (const TcpState state : {TcpState::FinWait1, TcpState::Closing, TcpState::LastAck}) {
        for (const std::uint32_t index : situation.lookups().in_state(state)) {
            const Connection& connection = situation.now.connections[index];
            if (!is_asked_about(situation, connection)) {
                continue;
            }
            const auto time = stuck_for(situation, connection);
            if (time >= limit) {
                Stuck& stuck = window_is_closed(connection) ? not_reading : gone;
                stuck.longest = std::max(stuck.longest, *time);
                add(stuck, index, connection);
            } else if (may_have_lasted(situation, connection, limit) && !is_on_time(connection)) {
                add(ageless, index, connection);
            }
        }
    }
    std::vector<Finding> findings;
    for (Stuck* stuck : {&gone, &not_reading}) {
        if (stuck->members.empty()) {
            continue;
        }
        std::stable_sort(stuck->members.begin(), stuck->members.end(),
                         [&](std::uint32_t a, std::uint32_t b) {
                             return stuck_for(situation, situation.now.connections[a]) >
                                    stuck_for(situation, situation.now.connections[b]);
                         });
        findings.push_back(describe(situation, *stuck, stuck == &not_reading));
    }
    if (!ageless.members.empty()) {
        findings.push_back(seen_closing(situation, ageless));
    }
    add_bare_counts(situation, findings);
    return findings;
}

}  // namespace

const Rule kClosingStuck{
    .id = "closing-stuck",
    .title = N_("Connections cannot finish closing: the peer is gone, or does not read."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
