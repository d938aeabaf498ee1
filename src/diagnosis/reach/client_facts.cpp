#include "diagnosis/reach/client_facts.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/i18n.h"
#include "diagnosis/reach/exchange_facts.h"
#include "diagnosis/reach/icmp_says.h"
#include "diagnosis/reach/repeated_facts.h"

namespace tcpdx::diagnosis::reach {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using Outcome = ConnectAttempt::Outcome;

// Between a fast answer, even to a second or third SYN, and the 3.1 s of three ARP tries.
constexpr milliseconds kSlow(2500);
// One timeout can still be a lost packet of a busy host; its SYN queue empties by then.
constexpr std::uint8_t kEnoughTimeouts = 1;

milliseconds in_ms(microseconds duration) {
    return duration_cast<milliseconds>(duration);
}

Value number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

Observation seen(Message fact, Origin origin = Origin::Probe, std::string check = {}) {
    return {.fact = std::move(fact), .origin = origin, .check = std::move(check)};
}

std::string type_and_code(const IcmpError& error) {
    return std::to_string(error.type) + "/" + std::to_string(error.code);
}

LocalError local_error(int error) {
    switch (error) {
        case ENETUNREACH:
            return LocalError::NoRoute;
        case EHOSTUNREACH:
            return LocalError::Unreachable;
        case EACCES:
            return LocalError::Prohibited;
        case EINVAL:
            return LocalError::Blackhole;
        case EADDRNOTAVAIL:
        case EADDRINUSE:
            return LocalError::PortsUsedUp;
        case EPERM:
            return LocalError::NotPermitted;
        default:
            return LocalError::Other;
    }
}

class Reader {
public:
    explicit Reader(const TargetProbe& probe) : probe_(probe), attempt_(probe.attempt) {}

    Facts read() {
        next_hop();
        interfaces();
        answer();
        if (attempt_.outcome == Outcome::NoAnswer) {
            whether_it_left();
            own_capture();
            own_resets();
        }
        if (probe_.exchange) {
            add_exchange_facts(*probe_.exchange, facts_);
        }
        if (probe_.repeated) {
            add_repeated_facts(*probe_.repeated, facts_);
        }
        raw_probes();
        references();
        distances();
        path();
        ping();
        return std::move(facts_);
    }

private:
    void next_hop() {
        if (!probe_.route || probe_.route->kind != LocalRoute::Kind::Unicast) {
            return;
        }
        facts_.set(Feature::NextHopKind,
                   probe_.route->gateway ? NextHopKind::Gateway : NextHopKind::Target);
        if (!probe_.next_hop) {
            return;
        }
        const NeighbourState state = probe_.next_hop->state;
        if (state == NeighbourState::Failed || state == NeighbourState::Incomplete) {
            facts_.set(Feature::LinkLayer, LinkLayer::Failed,
                       seen({N_("the next hop {0} does not answer ARP or neighbour discovery"),
                             {probe_.next_hop->address}},
                            Origin::SocketTable,
                            "ip neighbour show " + to_string(probe_.next_hop->address)));
        } else if (state != NeighbourState::Unknown) {
            facts_.set(Feature::LinkLayer, LinkLayer::Resolved);
        }
    }

    void interfaces() {
        for (const std::string& name : probe_.interfaces_down) {
            facts_.add_evidence(seen({N_("the interface {0} is down"), {name}}, Origin::SocketTable,
                                     "ip link show " + name));
        }
    }

    void answer() {
        switch (attempt_.outcome) {
            case Outcome::NoAnswer:
                // What was not waited for has not been silent.
                if (!probe_.interrupted || attempt_.took >= kSlow) {
                    facts_.set(Feature::Answer, Answer::Silence,
                               seen({N_("connect() to port {0} got no answer within {1}"),
                                     {Port{attempt_.target.port}, in_ms(attempt_.took)}}));
                }
                return;
            case Outcome::Connected:
                connected();
                return;
            case Outcome::Refused:
                refused();
                return;
            case Outcome::NotSent:
                facts_.set(Feature::Answer, Answer::NotSent);
                facts_.set(Feature::LocalError, local_error(attempt_.error),
                           seen({N_("connect() failed at once, without a packet: {0}"),
                                 {std::string(error_name(attempt_.error))}}));
                return;
        }
    }

    static std::string_view error_name(int error) {
        const char* name = ::strerrorname_np(error);
        return name == nullptr ? "?" : name;
    }

    void connected() {
        facts_.set(Feature::Answer, Answer::Connected,
                   seen({N_("connect() to port {0} succeeded after {1}"),
                         {Port{attempt_.target.port}, in_ms(attempt_.took)}}));
        if (!attempt_.afterwards) {
            return;
        }
        const ConnectAttempt::Afterwards& after = *attempt_.afterwards;
        const milliseconds watched = in_ms(after.watched);
        if (after.error != 0) {
            facts_.set(Feature::Afterwards, Afterwards::Reset,
                       seen({N_("{0} later the connection failed: {1}"),
                             {watched, std::string(error_name(after.error))}}));
        } else if (after.closed_by_peer) {
            facts_.set(Feature::Afterwards,
                       after.bytes_received > 0 ? Afterwards::Data : Afterwards::Closed,
                       seen({N_("{0} later the server closed it, after {1} bytes"),
                             {watched, number(after.bytes_received)}}));
        } else {
            facts_.set(Feature::Afterwards,
                       after.bytes_received > 0 ? Afterwards::Data : Afterwards::Quiet);
        }
        synack_repeated();
    }

    void synack_repeated() {
        // tcp_validate_incoming() counts an unexpected SYN, which a repeated SYN+ACK is.
        constexpr const char* kCounter = "TcpExtTCPSYNChallenge";
        if (attempt_.captured) {
            const std::uint32_t count = attempt_.captured->syn_acks;
            if (count > 1) {
                facts_.set(Feature::SynAckRepeated, SynAckRepeated::Yes,
                           seen({N_("the server sent its SYN+ACK {0} times: our ACK does not count "
                                    "there"),
                                 {number(count)}},
                                Origin::Packet));
            } else if (count == 1) {
                facts_.set(Feature::SynAckRepeated, SynAckRepeated::No);
            }
            return;
        }
        if (const auto rise = probe_.counter_increases.value(kCounter)) {
            facts_.set(Feature::SynAckRepeated, SynAckRepeated::Yes,
                       seen({N_("{0} rose by {1}: the server repeats its SYN+ACK"),
                             {std::string(kCounter), number(*rise)}},
                            Origin::Counter, std::string("nstat -az ") + kCounter));
        }
    }

    void refused() {
        if (attempt_.icmp.empty()) {
            if (attempt_.error == ECONNREFUSED) {
                Message fact{N_("an RST came from port {0} after {1}"),
                             {Port{attempt_.target.port}, in_ms(attempt_.took)}};
                if (attempt_.captured && attempt_.captured->reply_ttl) {
                    fact = {N_("an RST came from port {0} after {1}, with TTL {2}"),
                            {Port{attempt_.target.port}, in_ms(attempt_.took),
                             number(*attempt_.captured->reply_ttl)}};
                }
                facts_.set(Feature::Answer, Answer::Reset, seen(std::move(fact)));
                return;
            }
            if (attempt_.error == EHOSTUNREACH) {
                // Our own kernel's error queue entry for a failed neighbour may get lost when the
                // socket was busy (TcpExtLockDroppedIcmps); the neighbour table remembers.
                facts_.set(Feature::Answer, Answer::Icmp,
                           seen({N_("connect() failed after {0}: {1}"),
                                 {in_ms(attempt_.took), std::string(error_name(attempt_.error))}}));
                facts_.set(Feature::IcmpSays, IcmpSays::HostUnreachable);
                return;
            }
            facts_.set(Feature::Answer, Answer::NotSent,
                       seen({N_("connect() failed after {0}: {1}"),
                             {in_ms(attempt_.took), std::string(error_name(attempt_.error))}}));
            facts_.set(Feature::LocalError, local_error(attempt_.error));
            return;
        }
        const IcmpError& error = attempt_.icmp.back();
        facts_.set(Feature::Answer, Answer::Icmp,
                   seen({N_("an ICMP error {0} came from {1} after {2}, so connect() said {3}"),
                         {type_and_code(error), error.sender, in_ms(error.after),
                          std::string(error_name(attempt_.error))}}));
        facts_.set(Feature::IcmpSays, icmp_says(error.meaning()));
        facts_.set(Feature::IcmpTime,
                   error.after >= kSlow ? IcmpTime::AfterSeconds : IcmpTime::AtOnce);
        // Of an own address, target, router (of a port mapping) and this host are one sender.
        if (!probe_.route || probe_.route->kind != LocalRoute::Kind::Local) {
            facts_.set(Feature::IcmpFrom, sender_of(error));
        }
    }

    [[nodiscard]] IcmpFrom sender_of(const IcmpError& error) const {
        if (error.sender.same_host(attempt_.target.address)) {
            return IcmpFrom::Target;
        }
        const bool ours = (attempt_.source && error.sender.same_host(attempt_.source->address)) ||
                          error.sender.is_loopback();
        return ours ? IcmpFrom::Ourselves : IcmpFrom::Router;
    }

    void whether_it_left() {
        for (const RawProbe& raw : probe_.raw) {
            if (raw.send_error == EPERM) {
                facts_.set(Feature::SynLeft, SynLeft::No,
                           seen({N_("this host did not let a packet to port {0} out: {1}"),
                                 {Port{raw.port}, std::string("EPERM")}}));
                return;
            }
        }
        if (translated_here()) {
            facts_.set(Feature::SynLeft, SynLeft::Yes,
                       seen({N_("the SYN left this host for another address: address translation "
                                "of this host")},
                            Origin::Packet, "nft list ruleset"));
            return;
        }
        if (attempt_.captured) {
            const std::uint32_t sent = attempt_.captured->syns_sent;
            facts_.set(Feature::SynLeft, sent > 0 ? SynLeft::Yes : SynLeft::No,
                       sent > 0
                           ? seen({N_("{0} SYNs left this host"), {number(sent)}}, Origin::Packet)
                           : seen({N_("no SYN left this host: its own capture shows none")},
                                  Origin::Packet));
            return;
        }
        if (!attempt_.timeouts || !attempt_.in_flight || *attempt_.timeouts < kEnoughTimeouts) {
            return;
        }
        const bool left = *attempt_.in_flight > 0;
        facts_.set(
            Feature::SynLeft, left ? SynLeft::Yes : SynLeft::No,
            left ? seen({N_("the SYN was sent again {0} times"), {number(*attempt_.timeouts)}},
                        Origin::SocketTable)
                 : seen({N_("the SYN timed out {0} times, and this host could never send it again"),
                         {number(*attempt_.timeouts)}},
                        Origin::SocketTable, "nstat -az TcpExtTCPRetransFail"));
    }

    // TCP has SYNs in flight, and none of them went to the target, whose packets are captured
    // behind the translation.
    [[nodiscard]] bool translated_here() const {
        return attempt_.captured && attempt_.captured->syns_sent == 0 &&
               attempt_.in_flight.value_or(0) > 0 &&
               attempt_.timeouts.value_or(0) >= kEnoughTimeouts;
    }

    void own_capture() {
        if (!attempt_.captured || translated_here()) {
            return;
        }
        const CapturedSegments& segments = *attempt_.captured;
        if (segments.syn_acks > 0) {
            facts_.set(Feature::Captured, Captured::SynAck,
                       seen({N_("{0} SYN+ACKs from port {1} arrived at this host, and its TCP did "
                                "not get them"),
                             {number(segments.syn_acks), Port{attempt_.target.port}}},
                            Origin::Packet));
        } else if (segments.resets > 0) {
            facts_.set(Feature::Captured, Captured::Reset,
                       seen({N_("RSTs from port {0} arrived at this host, and its TCP did not get "
                                "them"),
                             {Port{attempt_.target.port}}},
                            Origin::Packet));
        } else if (segments.bare_acks > 0) {
            facts_.set(Feature::Captured, Captured::BareAck,
                       seen({N_("port {0} answered the SYN with a bare ACK: it still knows another "
                                "connection from this port"),
                             {Port{attempt_.target.port}}},
                            Origin::Packet));
        } else {
            facts_.set(Feature::Captured, Captured::Nothing,
                       seen({N_("nothing from port {0} arrived at this host"),
                             {Port{attempt_.target.port}}},
                            Origin::Packet));
        }
    }

    // Whatever answers a SYN with something else than SYN+ACK or RST gets an RST from us for it
    // (RFC 9293, 3.10.7.3), and that can be counted without any privilege. Other connections of
    // this host may have made it, so it only adds a candidate.
    void own_resets() {
        if (probe_.counter_increases.all().empty()) {
            return;  // they could not be read
        }
        constexpr const char* kCounter = "TcpOutRsts";
        const std::uint64_t rose = probe_.counter_increases.value(kCounter).value_or(0);
        const std::uint64_t syns = 1 + attempt_.retransmissions.value_or(0);
        // The last SYN's answer may still be on its way, and such answers are rate limited.
        if (rose * 2 >= syns) {
            facts_.set(Feature::OwnResets, Growth::Rises,
                       seen({N_("{0} rose by {1} while {2} SYNs were sent: something came back, "
                                "and this host refused it"),
                             {std::string(kCounter), number(rose), number(syns)}},
                            Origin::Counter, std::string("nstat -az ") + kCounter));
        } else {
            facts_.set(Feature::OwnResets, Growth::Flat);
        }
    }

    // Whether silence after such a segment says anything of the port. When the same to the port
    // that answers SYNs with RST gets no answer either, a stateful filter drops whatever belongs to
    // no connection; when no closed port can be found, nobody knows.
    [[nodiscard]] bool silence_counts(RawProbe::Segment segment) const {
        const auto control =
            std::find_if(probe_.raw.begin(), probe_.raw.end(), [&](const RawProbe& each) {
                return each.segment == segment && each.port != attempt_.target.port &&
                       each.tries > 0;
            });
        if (control != probe_.raw.end()) {
            return control->answer != RawProbe::Answer::Nothing;
        }
        return !probe_.closed_reference || target_answers(*probe_.closed_reference);
    }

    [[nodiscard]] const RawProbe* raw_to_target(RawProbe::Segment segment) const {
        const auto found =
            std::find_if(probe_.raw.begin(), probe_.raw.end(), [&](const auto& each) {
                return each.segment == segment && each.port == attempt_.target.port &&
                       each.send_error == 0 && each.tries > 0;
            });
        return found == probe_.raw.end() ? nullptr : &*found;
    }

    // Address translation takes an ACK for a new connection and passes it on, but a FIN stays with
    // the translator, which answers it for itself: from another distance, or though the ACK got no
    // answer, which every TCP would give that answers a FIN.
    [[nodiscard]] bool translator_answers() const {
        const RawProbe* ack = raw_to_target(RawProbe::Segment::Ack);
        const RawProbe* fin = raw_to_target(RawProbe::Segment::Fin);
        if (ack == nullptr || fin == nullptr || fin->answer == RawProbe::Answer::Nothing) {
            return false;
        }
        return ack->answer == RawProbe::Answer::Nothing ||
               (ack->ttl && fin->ttl && *ack->ttl != *fin->ttl);
    }

    void raw_probes() {
        const bool translated = translator_answers();
        for (const RawProbe& raw : probe_.raw) {
            if (raw.send_error != 0 || raw.tries == 0 || raw.segment == RawProbe::Segment::Syn) {
                continue;
            }
            const bool ack = raw.segment == RawProbe::Segment::Ack;
            const bool silent = raw.answer == RawProbe::Answer::Nothing;
            if (silent && probe_.interrupted) {
                continue;
            }
            tell_raw_probe(raw);
            facts_.set(Feature::RawSegments, RawSegments::Sent);
            if (raw.port != attempt_.target.port || (silent && !silence_counts(raw.segment)) ||
                (translated && (silent || !ack))) {
                continue;
            }
            facts_.set(ack ? Feature::AckProbe : Feature::FinProbe,
                       silent                                  ? RawAnswer::Silence
                       : raw.answer == RawProbe::Answer::Reset ? RawAnswer::Reset
                                                               : RawAnswer::Other);
        }
    }

    void tell_raw_probe(const RawProbe& raw) {
        const bool ack = raw.segment == RawProbe::Segment::Ack;
        if (raw.answer == RawProbe::Answer::Nothing) {
            facts_.add_evidence(
                seen(ack ? Message{N_("an ACK to port {0} got no answer"), {Port{raw.port}}}
                         : Message{N_("a FIN to port {0} got no answer"), {Port{raw.port}}}));
            return;
        }
        if (raw.ttl) {
            facts_.add_evidence(
                seen(ack ? Message{N_("an ACK to port {0} was answered with RST after {1}, with "
                                      "TTL {2}"),
                                   {Port{raw.port}, in_ms(raw.after), number(*raw.ttl)}}
                         : Message{N_("a FIN to port {0} was answered with RST after {1}, with TTL "
                                      "{2}"),
                                   {Port{raw.port}, in_ms(raw.after), number(*raw.ttl)}}));
            return;
        }
        facts_.add_evidence(
            seen(ack ? Message{N_("an ACK to port {0} was answered with RST after {1}"),
                               {Port{raw.port}, in_ms(raw.after)}}
                     : Message{N_("a FIN to port {0} was answered with RST after {1}"),
                               {Port{raw.port}, in_ms(raw.after)}}));
    }

    // Whether something of the other end answered; an ICMP error of a router did not.
    [[nodiscard]] static bool target_answers(const ConnectAttempt& attempt) {
        if (attempt.outcome == Outcome::Connected) {
            return true;
        }
        return attempt.outcome == Outcome::Refused &&
               (attempt.icmp.empty()
                    ? attempt.error == ECONNREFUSED
                    : attempt.icmp.back().sender.same_host(attempt.target.address));
    }

    void tell_reference(const ConnectAttempt& reference) {
        Message fact{N_("port {0} gave no answer within {1}"),
                     {Port{reference.target.port}, in_ms(reference.took)}};
        if (reference.outcome == Outcome::Connected) {
            fact.text = N_("port {0} accepted a connection after {1}");
        } else if (reference.outcome == Outcome::Refused) {
            fact.text = reference.icmp.empty() ? N_("port {0} answered with RST after {1}")
                                               : N_("port {0} was refused by ICMP after {1}");
        }
        facts_.add_evidence(seen(std::move(fact)));
    }

    void references() {
        if (probe_.closed_reference && !cut_short(*probe_.closed_reference)) {
            tell_reference(*probe_.closed_reference);
            facts_.set(Feature::ClosedPort, target_answers(*probe_.closed_reference)
                                                ? ClosedPort::Answers
                                                : ClosedPort::Silent);
        }
        bool refused = false;
        bool silent = false;
        for (const ConnectAttempt& reference : probe_.open_references) {
            if (cut_short(reference)) {
                continue;
            }
            tell_reference(reference);
            if (reference.outcome == Outcome::Connected) {
                facts_.set(Feature::OpenPort, OpenPort::Answers);
                return;
            }
            (target_answers(reference) ? refused : silent) = true;
        }
        if (refused) {
            facts_.set(Feature::OpenPort, OpenPort::Refuses);
        } else if (silent) {
            facts_.set(Feature::OpenPort, probe_.open_reference_named ? OpenPort::NamedSilent
                                                                      : OpenPort::GuessedSilent);
        }
    }

    [[nodiscard]] bool cut_short(const ConnectAttempt& reference) const {
        return probe_.interrupted && reference.outcome == Outcome::NoAnswer;
    }

    // All ports of one host are equally far away; a nearer answer comes from something in between.
    void distances() {
        if (!attempt_.captured || !attempt_.captured->reply_ttl ||
            attempt_.outcome != Outcome::Refused) {
            return;
        }
        const std::uint8_t here = *attempt_.captured->reply_ttl;
        std::optional<bool> same;
        const auto compare = [&](const ConnectAttempt& reference) {
            if (!reference.captured || !reference.captured->reply_ttl) {
                return;
            }
            const std::uint8_t there = *reference.captured->reply_ttl;
            // A closed port may be rejected by the same thing in between, an open one is not.
            if (there != here || reference.outcome == Outcome::Connected) {
                same = there == here;
                facts_.add_evidence(seen({N_("the answer of port {0} had TTL {1}"),
                                          {Port{reference.target.port}, number(there)}},
                                         Origin::Packet));
            } else if (!same) {
                same = true;
            }
        };
        if (probe_.closed_reference) {
            compare(*probe_.closed_reference);
        }
        for (const ConnectAttempt& reference : probe_.open_references) {
            if (!same || *same) {
                compare(reference);
            }
        }
        if (same) {
            facts_.set(Feature::ReplyDistance,
                       *same ? ReplyDistance::AsOtherPorts : ReplyDistance::Different);
        }
    }

    void path() {
        for (const PathHop& hop : probe_.path) {
            if (hop.kind == PathHop::Kind::TimeExceeded) {
                facts_.add_evidence(
                    seen({N_("hop {0} is {1}"),
                          {number(static_cast<std::uint64_t>(hop.distance)), hop.error->sender}}));
            } else if (hop.kind == PathHop::Kind::OtherError) {
                facts_.add_evidence(seen({N_("hop {0} is {1}, and says ICMP error {2}"),
                                          {number(static_cast<std::uint64_t>(hop.distance)),
                                           hop.error->sender, type_and_code(*hop.error)}}));
            }
        }
        if (probe_.path.empty() || !probe_.route || !probe_.route->gateway) {
            return;
        }
        if (probe_.path.front().kind != PathHop::Kind::Silent) {
            facts_.set(Feature::FirstHop, FirstHop::Answers);
            return;
        }
        if (!probe_.first_hop_for_others || probe_.interrupted) {
            facts_.set(
                Feature::FirstHop, FirstHop::Silent,
                seen({N_("the first router does not answer for {0}"), {attempt_.target.address}}));
            return;
        }
        const bool answers = probe_.first_hop_for_others->kind != PathHop::Kind::Silent;
        facts_.set(Feature::FirstHop, answers ? FirstHop::SilentForTarget : FirstHop::SilentForAll,
                   seen({answers ? N_("the first router answers for another destination, and not "
                                      "for {0}")
                                 : N_("the first router answers for no destination"),
                         {attempt_.target.address}}));
    }

    void ping() {
        if (!probe_.ping || probe_.ping->sent == 0) {
            return;
        }
        if (probe_.ping->answered > 0) {
            facts_.set(Feature::Ping, Ping::Answers,
                       seen({N_("{0} answers a ping"), {attempt_.target.address}}));
        } else if (probe_.ping->error) {
            facts_.set(Feature::Ping, Ping::Error,
                       seen({N_("a ping got the ICMP error {0} from {1}"),
                             {type_and_code(*probe_.ping->error), probe_.ping->error->sender}}));
        } else if (!probe_.interrupted) {
            facts_.set(Feature::Ping, Ping::Silent,
                       seen({N_("{0} does not answer pings"), {attempt_.target.address}}));
        }
    }

    const TargetProbe& probe_;
    const ConnectAttempt& attempt_;
    Facts facts_;
};

}  // namespace

Facts client_facts(const TargetProbe& probe) {
    return Reader(probe).read();
}

}  // namespace tcpdx::diagnosis::reach
