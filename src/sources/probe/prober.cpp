#include "sources/probe/prober.h"

#include <algorithm>
#include <array>

#include "base/i18n.h"
#include "sources/probe/path_lookup.h"
#include "sources/probe/path_walk.h"
#include "sources/probe/ping.h"
#include "sources/probe/raw_probe.h"
#include "sources/probe/segment_watch.h"

namespace tcpdx::probe {
namespace {

using std::chrono::milliseconds;
using Outcome = ConnectAttempt::Outcome;

// An overflowing accept queue makes the server repeat its SYN+ACK after a second, and a program
// that resets does so at once.
constexpr milliseconds kAfterHandshake(1300);
// A reference port answers within a round trip; the second SYN, after a second, covers a loss.
constexpr milliseconds kReferencePatience(1300);
constexpr milliseconds kRawPatience(1100);
constexpr std::uint32_t kRawTries = 2;
constexpr milliseconds kTalkPatience(5000);
// Of each of several attempts; long enough for a retransmission or two.
constexpr milliseconds kShortTalkPatience(1500);
constexpr milliseconds kSlowPace(2000);
// Source ports that failed, and are tried once more.
constexpr std::size_t kPortsTriedAgain = 3;
constexpr std::size_t kSlowAttempts = 6;
// tcpmux: nobody runs it, and no filter has it open.
constexpr std::uint16_t kClosedPort = 1;
constexpr std::array<std::uint16_t, 3> kUsuallyOpen{22, 443, 80};

Target with_port(const Target& target, std::uint16_t port) {
    Target other = target;
    other.address.port = port;
    return other;
}

class Prober {
public:
    Prober(const Target& target, const ProbeOptions& options, const Surroundings& lent)
        : target_(target), options_(options), lent_(lent) {
        result_.target = target.address;
        if (auto watch = SegmentWatch::open(target.address.address)) {
            watch_.emplace(std::move(*watch));
        }
    }

    TargetProbe run() {
        if (auto route = look_up_route(target_)) {
            result_.route = *route;
        }
        attempt();
        if (result_.route) {
            result_.next_hop = look_up_next_hop(target_, *result_.route);
        }
        const bool link_failed =
            result_.next_hop && (result_.next_hop->state == NeighbourState::Failed ||
                                 result_.next_hop->state == NeighbourState::Incomplete);
        if (result_.attempt.outcome == Outcome::NotSent || link_failed) {
            result_.interfaces_down =
                interfaces_down(result_.route ? result_.route->interface : std::string());
        }
        if (options_.count > 1 && !lent_.stop()) {
            repeat();
        }
        if (!options_.quick) {
            ask_further();
        }
        result_.interrupted = lent_.stop();
        return std::move(result_);
    }

private:
    // Folds what the capture saw of this attempt into it.
    void add_captured(ConnectAttempt& attempt) {
        if (!watch_ || !attempt.source) {
            return;
        }
        CapturedSegments seen = attempt.captured.value_or(CapturedSegments{});
        for (const SeenSegment& segment : watch_->take()) {
            const SocketAddress& ours = segment.outgoing ? segment.source : segment.destination;
            const SocketAddress& theirs = segment.outgoing ? segment.destination : segment.source;
            if (ours.port != attempt.source->port || theirs.port != attempt.target.port) {
                continue;
            }
            if (segment.outgoing) {
                seen.syns_sent += segment.flags.syn && !segment.flags.ack ? 1U : 0U;
                continue;
            }
            if (!seen.reply_ttl) {
                seen.reply_ttl = segment.hop_limit;
            }
            if (segment.flags.rst) {
                ++seen.resets;
            } else if (segment.flags.syn && segment.flags.ack) {
                ++seen.syn_acks;
            } else if (segment.flags.ack && seen.syn_acks == 0) {
                ++seen.bare_acks;
            }
        }
        attempt.captured = seen;
    }

    void attempt() {
        lent_.progress({N_("waiting for an answer from {0}"), {target_.address}},
                       options_.patience);
        const auto before = lent_.counters();
        Connecting made =
            try_to_connect({.target = target_, .patience = options_.patience}, lent_.stop);
        if (made.socket && options_.conversation) {
            talk(made.socket.get());
        }
        if (made.socket && !options_.quick && !result_.exchange) {
            lent_.progress({N_("connected; watching whether it stays so")}, kAfterHandshake);
            made.attempt.afterwards =
                watch_connection(made.socket.get(), kAfterHandshake, lent_.stop);
        }
        add_captured(made.attempt);
        result_.attempt = std::move(made.attempt);
        const auto after = lent_.counters();
        if (!before || !after) {
            return;
        }
        for (const auto& [name, value] : after->all()) {
            if (const auto earlier = before->value(name); earlier && value > *earlier) {
                result_.counter_increases.set(name, value - *earlier);
            }
        }
    }

    [[nodiscard]] bool leave_alone() const {
        lent_.progress({N_("connected; leaving the connection alone for {0}"), {options_.idle}},
                       options_.idle);
        return wait_until(std::chrono::steady_clock::now() + options_.idle, lent_.stop);
    }

    static bool got_an_answer(const Exchange& exchange) {
        return exchange.outcome == Exchange::Outcome::Answered ||
               exchange.outcome == Exchange::Outcome::OtherAnswer;
    }

    // The same conversation over another connection.
    std::optional<bool> talk_again(std::optional<int> largest_segment) {
        const Connecting again = try_to_connect(
            {.target = target_, .patience = options_.patience, .largest_segment = largest_segment},
            lent_.stop);
        if (!again.socket) {
            return again.attempt.outcome == Outcome::NotSent || lent_.stop() ? std::nullopt
                                                                             : std::optional(false);
        }
        return got_an_answer(
            converse(again.socket.get(), *options_.conversation, kTalkPatience, lent_.stop));
    }

    void talk(int socket) {
        if (options_.idle.count() > 0 && !leave_alone()) {
            return;
        }
        lent_.progress({N_("talking to {0}"), {target_.address}}, kTalkPatience);
        result_.exchange = converse(socket, *options_.conversation, kTalkPatience, lent_.stop);
        Exchange& exchange = *result_.exchange;
        exchange.idle = options_.idle;
        const bool dead = exchange.outcome == Exchange::Outcome::NotAcknowledged;
        if (options_.quick || lent_.stop()) {
            return;
        }
        if (dead && options_.idle.count() > 0) {
            lent_.progress({N_("the same over a fresh connection")},
                           options_.patience + kTalkPatience);
            exchange.fresh_connection_works = talk_again(std::nullopt);
        } else if (dead || exchange.outcome == Exchange::Outcome::Silence) {
            // Large packets may get lost where small ones pass.
            constexpr int kSmallSegment = 500;
            lent_.progress({N_("the same with small segments")}, options_.patience + kTalkPatience);
            exchange.small_segments_work = talk_again(kSmallSegment).value_or(false);
        }
    }

    static bool had_to_repeat(const ConnectAttempt& attempt) {
        return attempt.outcome == Outcome::Connected && attempt.retransmissions.value_or(0) > 0;
    }

    // Empty when it was interrupted before it had its time.
    std::optional<ConnectAttempt> connect_once_more(std::uint16_t source_port) {
        Connecting made = try_to_connect(
            {.target = target_, .patience = options_.patience, .source_port = source_port},
            lent_.stop);
        if (made.socket && options_.conversation) {
            made.attempt.talk =
                converse(made.socket.get(), *options_.conversation, kShortTalkPatience, lent_.stop)
                    .outcome;
        }
        made.socket = UniqueFd();
        add_captured(made.attempt);
        if (lent_.stop() && (made.attempt.outcome == Outcome::NoAnswer || made.attempt.talk)) {
            return std::nullopt;
        }
        return std::move(made.attempt);
    }

    void connect_so_often(std::size_t count, milliseconds interval,
                          std::vector<ConnectAttempt>& attempts) {
        while (attempts.size() < count && !lent_.stop()) {
            lent_.progress({N_("attempt {0} of {1}"),
                            {static_cast<std::int64_t>(attempts.size() + 1),
                             static_cast<std::int64_t>(count)}},
                           options_.patience);
            const auto start = std::chrono::steady_clock::now();
            auto made = connect_once_more(0);
            if (!made) {
                return;
            }
            attempts.push_back(*std::move(made));
            wait_until(start + interval, lent_.stop);
        }
    }

    // Whether it is the port or luck: what chooses among several servers mostly goes by the flow.
    void try_failed_ports_again(RepeatedAttempts& repeated) {
        for (const ConnectAttempt& failed : repeated.attempts) {
            const bool did_fail =
                failed.outcome == Outcome::Refused || failed.outcome == Outcome::NoAnswer;
            if (!did_fail || !failed.source || failed.source->port == 0) {
                continue;
            }
            if (lent_.stop() || repeated.same_port.size() == kPortsTriedAgain) {
                return;
            }
            lent_.progress(
                {N_("trying source port {0} again"), {std::int64_t{failed.source->port}}},
                options_.patience);
            if (auto made = connect_once_more(failed.source->port);
                made && made->source && made->source->port == failed.source->port &&
                made->outcome != Outcome::NotSent) {
                repeated.same_port.push_back(*std::move(made));
            }
        }
    }

    void repeat() {
        RepeatedAttempts repeated{.interval = options_.interval};
        connect_so_often(options_.count, options_.interval, repeated.attempts);
        const auto& made = repeated.attempts;
        if (std::any_of(made.begin(), made.end(), had_to_repeat)) {
            // A limit on the rate of SYNs lets a slower pace pass; a lossy path does not.
            repeated.slower_interval = std::max(kSlowPace, options_.interval * 4);
            // What the fast attempts have used up has to come back first.
            wait_until(std::chrono::steady_clock::now() + repeated.slower_interval, lent_.stop);
            connect_so_often(kSlowAttempts, repeated.slower_interval, repeated.slower);
        }
        const bool some_connect = std::any_of(
            made.begin(), made.end(),
            [](const ConnectAttempt& each) { return each.outcome == Outcome::Connected; });
        if (some_connect) {
            try_failed_ports_again(repeated);
        }
        result_.repeated = std::move(repeated);
    }

    void ask_further() {
        switch (result_.attempt.outcome) {
            case Outcome::Connected:
            case Outcome::NotSent:
                return;
            case Outcome::Refused:
                if (result_.attempt.icmp.empty()) {
                    references();  // their distance tells who really sent the RST
                } else if (result_.attempt.icmp.back().meaning() == IcmpMeaning::TimeExceeded) {
                    path();
                }
                return;
            case Outcome::NoAnswer:
                references();
                raw();
                ping_it();
                path();
                return;
        }
    }

    ConnectAttempt reference(std::uint16_t port) {
        lent_.progress({N_("trying port {0} for comparison"), {Port{port}}}, kReferencePatience);
        Connecting made = try_to_connect(
            {.target = with_port(target_, port), .patience = kReferencePatience}, lent_.stop);
        add_captured(made.attempt);
        return std::move(made.attempt);
    }

    void references() {
        if (lent_.stop()) {
            return;
        }
        if (target_.address.port != kClosedPort) {
            result_.closed_reference = reference(kClosedPort);
        }
        result_.open_reference_named = options_.open_reference.has_value();
        if (options_.open_reference) {
            result_.open_references.push_back(reference(*options_.open_reference));
            return;
        }
        for (const std::uint16_t port : kUsuallyOpen) {
            if (port == target_.address.port || lent_.stop()) {
                continue;
            }
            result_.open_references.push_back(reference(port));
            if (result_.open_references.back().outcome == Outcome::Connected) {
                return;
            }
        }
    }

    void raw() {
        if (!watch_) {
            return;
        }
        for (const auto segment : {RawProbe::Segment::Ack, RawProbe::Segment::Fin}) {
            if (lent_.stop()) {
                return;
            }
            lent_.progress({segment == RawProbe::Segment::Ack
                                ? N_("sending an ACK that belongs to no connection")
                                : N_("sending a FIN that belongs to no connection")},
                           kRawPatience * kRawTries);
            result_.raw.push_back(
                send_raw_probe(segment, target_, *watch_, kRawPatience, kRawTries, lent_.stop));
            // Whether such a segment can get an answer at all: a stateful filter may drop it.
            const auto& closed = result_.closed_reference;
            if (result_.raw.back().answer == RawProbe::Answer::Nothing && closed &&
                closed->outcome == Outcome::Refused && closed->icmp.empty() && !lent_.stop()) {
                result_.raw.push_back(send_raw_probe(segment, with_port(target_, kClosedPort),
                                                     *watch_, kRawPatience, kRawTries, lent_.stop));
            }
        }
    }

    void ping_it() {
        if (lent_.stop()) {
            return;
        }
        constexpr std::uint32_t kPings = 2;
        lent_.progress({N_("sending a ping")}, kIcmpSpacing * kPings);
        if (auto result = ping(target_, kPings, kIcmpSpacing, lent_.stop)) {
            result_.ping = *result;
        }
    }

    void path() {
        PathWalk walk(target_, lent_.stop, [&](int distance) {
            lent_.progress({N_("asking who is {0} hops away"), {std::int64_t{distance}}},
                           kIcmpSpacing);
        });
        result_.path = walk.run();
        const bool first_is_silent =
            !result_.path.empty() && result_.path.front().kind == PathHop::Kind::Silent;
        if (!first_is_silent || lent_.stop()) {
            return;
        }
        // Is it silent for this destination only? The comparison goes through the same gateway, and
        // with one hop it ends there.
        Target other;
        other.address.address = documentation_address(target_.address.address.family);
        other.address.port = target_.address.port;
        if (options_.other_destination) {
            other = *options_.other_destination;
        }
        const auto route = look_up_route(other);
        if (route && result_.route && route->kind == LocalRoute::Kind::Unicast && route->gateway &&
            route->gateway == result_.route->gateway) {
            lent_.progress({N_("asking the first router about another destination")}, kIcmpSpacing);
            result_.first_hop_for_others = ask_hop(other, 1, lent_.stop);
        }
    }

    Target target_;
    const ProbeOptions& options_;
    const Surroundings& lent_;
    std::optional<SegmentWatch> watch_;
    TargetProbe result_;
};

}  // namespace

bool raw_probes_allowed() {
    return SegmentWatch::open(IpAddress::any(IpFamily::V4)).has_value();
}

TargetProbe probe_target(const Target& target, const ProbeOptions& options,
                         const Surroundings& lent) {
    return Prober(target, options, lent).run();
}

}  // namespace tcpdx::probe
