// A listener's queue of complete connections is full, or was during the look. The kernel then drops
// every further SYN without an answer, exactly as a packet filter would, and without a drop event
// that tracers could see; tcp_abort_on_overflow changes nothing about SYNs (all measured). Only the
// queue itself, the listener's drop count and ListenOverflows show it.
//
// The drop count of a listener (sk_drops) also rises for SYNs that were dropped for other reasons:
// no route back, a full half-open queue with SYN cookies off. So a rise is an overflow only when
// ListenOverflows rose too. Totals since boot say nothing about now.

#include "diagnosis/rules/accept_queue_full.h"

#include <algorithm>
#include <array>

#include "base/i18n.h"
#include "diagnosis/accept_queue.h"
#include "diagnosis/counter_evidence.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/paste_evidence.h"

namespace tcpdx::diagnosis {
namespace {

// Connections at the head of a queue that has been full for less than this may be accepted before
// the client repeats its SYN, one second later.
constexpr Limits::Duration kMomentary = std::chrono::seconds(1);

std::optional<std::uint64_t> new_drops(const Situation& situation, const Connection& listener) {
    const Connection* before = situation.earlier_of(listener);
    if (before == nullptr || !before->drops || !listener.drops ||
        *listener.drops < *before->drops) {
        return std::nullopt;
    }
    return *listener.drops - *before->drops;
}

// Backlogs that programs ask for, and the values that net.core.somaxconn has had. Smaller ones are
// too near to what waits anywhere for a moment.
bool is_usual_limit(std::int64_t limit) {
    static constexpr std::array<std::int64_t, 15> kUsual{
        50, 64, 100, 128, 200, 250, 256, 500, 511, 512, 1000, 1024, 2048, 4096, 65535};
    return std::find(kUsual.begin(), kUsual.end(), limit) != kUsual.end();
}

const WaitingConnections* queue_of(const std::vector<WaitingConnections>& queues,
                                   std::uint32_t listener) {
    const auto found = std::find_if(queues.begin(), queues.end(), [&](const auto& queue) {
        return std::find(queue.listeners.begin(), queue.listeners.end(), listener) !=
               queue.listeners.end();
    });
    return found == queues.end() ? nullptr : &*found;
}

void advise_on_limit(Finding& finding, const Situation& situation, const Connection& listener) {
    if (!listener.backlog_limit) {
        return;
    }
    const auto somaxconn = situation.now.options.number("net.core.somaxconn");
    if (somaxconn) {
        finding.evidence.push_back({{N_("net.core.somaxconn is {0}"), {*somaxconn}},
                                    Origin::KernelOption,
                                    "sysctl net.core.somaxconn"});
    }
    const std::int64_t limit = *listener.backlog_limit;
    if (somaxconn && limit < *somaxconn) {
        finding.advice.push_back(
            {N_("Where bursts are normal, raise the program's own backlog: its listen() asked for "
                "{0}. Raising net.core.somaxconn does nothing here."),
             {limit}});
    } else if (somaxconn && limit == *somaxconn) {
        finding.advice.push_back(
            {N_("Where bursts are normal, raise net.core.somaxconn and the program's backlog: the "
                "smaller of the two is the limit, and now it is {0}."),
             {limit}});
    } else {
        finding.advice.push_back(
            {N_("Where bursts are normal, raise the limit: it is the smaller of "
                "net.core.somaxconn and the backlog of the program's listen(), taken when "
                "listen() was called.")});
    }
    finding.advice.push_back(
        {N_("A new limit counts from the next listen(): restart the program, or have it listen "
            "again. tcp_abort_on_overflow and tcp_max_syn_backlog do not help.")});
}

class AcceptQueues {
public:
    explicit AcceptQueues(const Situation& situation)
        : situation_(situation),
          queues_(never_accepted(situation, {TcpState::Established, TcpState::CloseWait})),
          overflows_(situation.increase("TcpExtListenOverflows")) {}

    std::vector<Finding> findings() {
        for (const std::uint32_t index : situation_.lookups().in_state(TcpState::Listen)) {
            const Connection& listener = connection(index);
            if (!is_asked_about(situation_, listener)) {
                continue;
            }
            const std::uint64_t drops = new_drops(situation_, listener).value_or(0);
            if (is_full(listener)) {
                full(index);
            } else if (drops > 0 && overflows_ != 0U) {
                overflowed(index, drops);
            } else if (accepts_slowly(index)) {
                slow(index);
            } else if (situation_.is_paste() && listener.accept_queue.value_or(0) > 0) {
                waiting(index);
            }
        }
        if (findings_.empty()) {
            without_listener();
        }
        return std::move(findings_);
    }

private:
    [[nodiscard]] const Connection& connection(std::uint32_t index) const {
        return situation_.now.connections[index];
    }

    Finding& start(std::uint32_t index, Severity severity) {
        Finding& finding = findings_.emplace_back();
        finding.severity = severity;
        finding.connections = {index};
        add_queue_evidence(finding, connection(index));
        return finding;
    }

    void finish(Finding& finding, std::uint32_t index) {
        const Connection& listener = connection(index);
        if (const auto drops = new_drops(situation_, listener); drops.value_or(0) > 0) {
            finding.evidence.push_back({{N_("it dropped {0} segments between two looks, {1} apart"),
                                         {count_of(*drops), *situation_.interval()}},
                                        origin_of(listener),
                                        ss_command("-ltnm", listener.local.port)});
        }
        if (overflows_.value_or(0) > 0) {
            finding.evidence.push_back(rise_of(situation_, "TcpExtListenOverflows"));
        }
        if (const WaitingConnections* queue = queue_of(queues_, index)) {
            finding.since = queue->oldest;
            const std::string check = ss_command("-tanpie", listener.local.port);
            finding.evidence.push_back(
                {counted(NP_("{0} complete connection has no process yet (inode 0)",
                             "{0} complete connections have no process yet (inode 0)"),
                         {count_of(queue->members.size())}),
                 origin_of(listener), check});
            finding.connections.insert(finding.connections.end(), queue->members.begin(),
                                       queue->members.end());
        }
        say_if_program_unknown(finding, situation_, listener.owner.process);
        advise_on_accepting(finding, situation_, situation_.now.process_of(listener));
        advise_on_limit(finding, situation_, listener);
    }

    void full(std::uint32_t index) {
        const Connection& listener = connection(index);
        const WaitingConnections* queue = queue_of(queues_, index);
        const bool momentary =
            queue != nullptr && queue->oldest.upper && *queue->oldest.upper < kMomentary;
        Finding& finding = start(index, momentary ? Severity::Warning : Severity::Problem);
        const std::vector<std::uint32_t> siblings = siblings_of(situation_, index);
        const auto others_full =
            std::count_if(siblings.begin(), siblings.end(),
                          [&](std::uint32_t other) { return is_full(connection(other)); });
        const Value name = owner_name(situation_, listener);
        if (!siblings.empty() && others_full == 0) {
            finding.claim = {
                N_("{0} is one of {1} listeners that share port {2}, and its accept queue is full: "
                   "about one client in {1} gets no answer."),
                {name, count_of(siblings.size() + 1), Port{listener.local.port}}};
        } else {
            finding.claim = {
                N_("The accept queue of {0} is full: new connections are dropped without "
                   "an answer."),
                {listener_name(situation_, listener)}};
        }
        finish(finding, index);
    }

    void overflowed(std::uint32_t index, std::uint64_t drops) {
        const Connection& listener = connection(index);
        Finding& finding = start(index, overflows_ ? Severity::Problem : Severity::Warning);
        if (overflows_) {
            finding.claim = {N_("The accept queue of {0} overflowed during the look: up to {1} "
                                "connection attempts were dropped without an answer."),
                             {listener_name(situation_, listener), count_of(drops)}};
        } else {
            finding.claim = {N_("{0} dropped {1} connection attempts during the look."),
                             {listener_name(situation_, listener), count_of(drops)}};
            finding.candidates = {
                {{N_("The accept queue overflowed for a moment.")},
                 {N_("TcpExtListenOverflows rises together with TcpExtListenDrops")},
                 "nstat -az TcpExtListenOverflows TcpExtListenDrops"},
                {{N_("There is no route back to the client.")},
                 {N_("IpOutNoRoutes rises")},
                 "nstat -az IpOutNoRoutes"},
                {{N_("The queue of half-open connections is full, and SYN cookies are off.")},
                 {N_("many sockets in SYN-RECEIVED")},
                 ss_command("-tan state syn-recv", listener.local.port)}};
        }
        finish(finding, index);
    }

    // In both looks somebody waited. On a busy server that can be two different clients, each for a
    // moment, so where the waiting connections are listed, one of them has to be the same.
    [[nodiscard]] bool accepts_slowly(std::uint32_t index) const {
        const Connection& listener = connection(index);
        const Connection* before = situation_.earlier_of(listener);
        if (before == nullptr || before->accept_queue.value_or(0) == 0 ||
            listener.accept_queue.value_or(0) == 0 || situation_.interval() < kMomentary) {
            return false;
        }
        const WaitingConnections* queue = queue_of(queues_, index);
        if (queue == nullptr) {
            return !situation_.now.coverage.connections;
        }
        // From the limit of established-never-accepted on, that rule speaks.
        return !queue->oldest.surely_at_least(situation_.limits.never_accepted) &&
               std::any_of(queue->members.begin(), queue->members.end(), [&](std::uint32_t waits) {
                   return situation_.earlier_of(connection(waits)) != nullptr;
               });
    }

    void slow(std::uint32_t index) {
        const Connection& listener = connection(index);
        Finding& finding = start(index, Severity::Warning);
        finding.claim = {N_("{0} accepts connections slowly: clients wait in its queue."),
                         {listener_name(situation_, listener)}};
        finding.evidence.push_back(
            {{N_("{0} waited there at the first of two looks, {1} earlier, and {2} now"),
              {std::int64_t{*situation_.earlier_of(listener)->accept_queue}, *situation_.interval(),
               std::int64_t{*listener.accept_queue}}},
             origin_of(listener),
             ss_command("-ltn", listener.local.port)});
        finish(finding, index);
    }

    // In a paste: somebody waits, and the listing has no second look. netstat does not show the
    // limit, but a queue that is full holds one more than it, and limits are round numbers.
    void waiting(std::uint32_t index) {
        const Connection& listener = connection(index);
        const std::int64_t queued = *listener.accept_queue;
        const bool one_too_many = !listener.backlog_limit && is_usual_limit(queued - 1);
        const std::int64_t gave_up = unowned_on(listener.local.port, TcpState::CloseWait);
        const std::int64_t half_open = unowned_on(listener.local.port, TcpState::SynReceived);
        const bool more_signs =
            gave_up > 0 || half_open > 0 ||
            bare_count(situation_, TcpState::CloseWait).value_or(0) >= kFewOnAServer;
        const bool near_limit = listener.backlog_limit && queued * 2 > *listener.backlog_limit &&
                                queued >= std::int64_t{kFewOnAServer};
        Finding& finding =
            start(index, one_too_many || near_limit ||
                                 (more_signs && queued >= std::int64_t{kFewOnAServer})
                             ? Severity::Warning
                             : Severity::Information);
        const Value name = listener_name(situation_, listener);
        finding.claim =
            one_too_many
                ? Message{N_("The accept queue of {0} looks full: it holds {1}, one more than a "
                             "usual limit."),
                          {name, queued}}
                : Message{N_("{1} connections wait for {0} to accept them."), {name, queued}};
        if (gave_up > 0) {
            finding.evidence.push_back(
                {{N_("{0} in CLOSE-WAIT on this port have no program in the listing: clients that "
                     "gave up while they waited look like this"),
                  {gave_up}},
                 origin_of(listener),
                 ss_command("-tanpie state close-wait", listener.local.port)});
        }
        if (half_open > 0) {
            finding.evidence.push_back(
                {{N_("{0} in SYN-RECEIVED on this port: their handshake ends only when the queue "
                     "has room"),
                  {half_open}},
                 origin_of(listener),
                 ss_command("-tan state syn-recv", listener.local.port)});
        }
        if (!listener.backlog_limit) {
            finding.unknown.push_back(
                {N_("the limit of the queue: this listing does not show it")});
        }
        say_growth_unknown(finding, situation_);
        finish(finding, index);
    }

    [[nodiscard]] std::int64_t unowned_on(std::uint16_t port, TcpState state) const {
        const auto in_state = situation_.lookups().in_state(state);
        return std::count_if(in_state.begin(), in_state.end(), [&](std::uint32_t index) {
            return connection(index).local.port == port &&
                   connection(index).owner.kind != OwnerKind::Process;
        });
    }

    // Without netlink no listener tells the limit of its queue.
    [[nodiscard]] bool limits_known() const {
        const auto listeners = situation_.lookups().in_state(TcpState::Listen);
        return std::all_of(listeners.begin(), listeners.end(), [&](std::uint32_t index) {
            return connection(index).backlog_limit.has_value();
        });
    }

    // What only the counters of the whole namespace know.
    void without_listener() {
        if (!situation_.asked.whole_host()) {
            return;
        }
        const std::string check = "nstat -az TcpExtListenOverflows TcpExtListenDrops";
        if (overflows_.value_or(0) > 0) {
            Finding& finding = findings_.emplace_back();
            finding.severity = Severity::Warning;
            finding.claim = {N_("An accept queue overflowed during the look: {0} connection "
                                "attempts were dropped without an answer."),
                             {count_of(*overflows_)}};
            finding.evidence = {rise_of(situation_, "TcpExtListenOverflows")};
            finding.unknown = {{limits_known() ? N_("which listener it was: none is full now, and "
                                                    "none that counts its drops counted more")
                                               : N_("which listener it was: the limits of their "
                                                    "queues are not known")}};
            finding.advice = {{N_("Look at Recv-Q of the listeners while it happens: ss -ltn")}};
            return;
        }
        const auto total = situation_.now.counters.value("TcpExtListenOverflows");
        if (situation_.earlier == nullptr && total.value_or(0) > 0 &&
            (situation_.asked.explain_harmless || situation_.is_paste())) {
            Finding& finding = findings_.emplace_back();
            finding.claim = {limits_known()
                                 ? N_("An accept queue has overflowed at some time since this "
                                      "network namespace came up; no queue is full now.")
                                 : N_("An accept queue has overflowed at some time since this "
                                      "network namespace came up.")};
            finding.evidence = {
                {{N_("TcpExtListenOverflows is {0}"), {count_of(*total)}}, Origin::Counter, check}};
            finding.unknown = {
                situation_.is_paste()
                    ? Message{N_("whether it still happens: a second listing, later, "
                                 "would show it")}
                    : Message{N_("whether it still happens: --sample 10 would show "
                                 "it")}};
            if (!limits_known()) {
                finding.unknown.push_back(
                    {N_("whether a queue is full now: the limits of the queues are not known")});
            }
        }
    }

    const Situation& situation_;
    std::vector<WaitingConnections> queues_;
    std::optional<std::uint64_t> overflows_;
    std::vector<Finding> findings_;
};

std::vector<Finding> evaluate(const Situation& situation) {
    return AcceptQueues(situation).findings();
}

}  // namespace

const Rule kAcceptQueueFull{
    .id = "accept-queue-full",
    .title = N_("A listener's accept queue is full or overflows, so clients get no answer."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
