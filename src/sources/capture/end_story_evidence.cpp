// What each packet proves of the state of its sender in the moment when it was sent, whatever else
// was lost on the way to the capture: what an end has sent its own FIN for or not, and what it has
// acknowledged, stands in each of its segments. Between two such moments anything may have
// happened.

#include "sources/capture/end_story.h"

namespace tcpdx::capture {
namespace {

using enum TcpState;

StateSet set_of(std::initializer_list<TcpState> states) {
    StateSet set;
    for (const TcpState state : states) {
        set.add(state);
    }
    return set;
}

const StateSet kFinNotSent = set_of({Listen, SynSent, SynReceived, Established, CloseWait});
const StateSet kFinNotReceived =
    set_of({Listen, SynSent, SynReceived, Established, FinWait1, FinWait2});
const StateSet kOtherFinNotSent =
    set_of({Closed, Listen, SynSent, SynReceived, Established, FinWait1, FinWait2});
const StateSet kSendsFin = set_of({FinWait1, Closing, LastAck});
const StateSet kSendsFinBeforeTheirs = set_of({FinWait1});
const StateSet kSendsFinAfterTheirs = set_of({Closing, LastAck});
const StateSet kFinReceived = set_of({CloseWait, Closing, LastAck, TimeWait});
const StateSet kBothFins = set_of({Closing, LastAck, TimeWait});

// It is no packet that shows this, but that none came until then.
void make_earlier(EndEvent& event) {
    event.is_result = false;
    event.packet = 0;
    event.inferred = true;
    event.cause = CapturedCause::Unseen;
}

}  // namespace

using enum SegmentMark;

void Story::add_evidence(std::int64_t at, const StateSet& only, const LogEntry& entry) {
    // The way to here is an estimate, and nothing is sent after it has passed.
    EndEvent event{
        .at = at, .latest = std::max(at, entry.time_ns), .only = only, .packet = entry.packet};
    event.cause = CapturedCause::Unseen;
    if (entry.from == me_) {
        event.cause = CapturedCause::Sent;
    }
    event.packet = entry.packet == UINT32_MAX ? 0 : entry.packet;
    // What it did in this moment it did for certain when it sent this.
    event.is_result = is_one_of(entry.mark, {Fin, FinAgain, AckOfFin, AckOfFinAgain});
    for (const EndEvent& other : story_.events) {
        if (other.packet == entry.packet && other.what && event.is_result && entry.from == me_) {
            event.at = std::max(event.at, other.at);
        }
    }
    story_.events.push_back(event);
}

void Story::tell_evidence() {
    const LogEntry* my_fin = first({Fin}, me_);
    const LogEntry* their_fin = first({Fin}, peer_);
    const LogEntry* busy = first({BusySince}, me_);
    const bool theirs_may_be_unseen =
        first({MayBeFin}, peer_) != nullptr || disordered_ || story_.other_silent ||
        (their_fin != nullptr && (their_fin->extra & kAckedBefore) != 0);
    const LogEntry* theirs_heard = first({LastHeard}, peer_);
    bool fin_sent = false;
    std::uint32_t fin_packet = 0;
    for (const LogEntry& entry : log_) {
        if (entry.from != me_) {
            continue;
        }
        const std::int64_t at = sent_at(entry);
        if (entry.mark == Fin || entry.mark == FinAgain) {
            fin_sent = true;
            fin_packet = entry.packet;
            const bool acks = (entry.extra & kAcksFin) != 0;
            const bool not_yet = theirs_heard != nullptr && numbered_[peer_] &&
                                 (theirs_heard->extra & kNoFinYet) != 0 &&
                                 theirs_heard->time_ns >= entry.time_ns && !disordered_;
            const bool open = (!acks && !not_yet && (theirs_may_be_unseen || !numbered_[peer_])) ||
                              (entry.extra & kSentBefore) != 0;
            add_evidence(at,
                         open   ? kSendsFin
                         : acks ? kSendsFinAfterTheirs
                                : kSendsFinBeforeTheirs,
                         entry);
        } else if (entry.mark == FinBefore) {
            fin_sent = true;
        } else if (is_one_of(entry.mark, {AckOfFin, AckOfFinAgain})) {
            const bool is_fin = my_fin != nullptr && my_fin->packet == entry.packet;
            if (!is_fin && fin_packet != entry.packet) {
                add_evidence(at, fin_sent ? kBothFins : kFinReceived, entry);
            }
        }
    }
    // Of what it has to send, close() may have come long before the FIN.
    if (my_fin != nullptr) {
        const auto since = told_since(*my_fin);
        if (since && *since < my_fin->time_ns && (busy == nullptr || *since < busy->time_ns)) {
            add_evidence(*since - delay_, kFinNotSent, *my_fin);
            make_earlier(story_.events.back());
        }
    }
    const LogEntry* heard = first({LastHeard}, me_);
    if (heard != nullptr && (heard->extra & kNoFinYet) != 0 && !story_.fin_hidden &&
        numbered_[me_] && first({Rst}, me_) == nullptr) {
        add_evidence(sent_at(*heard), kFinNotSent, *heard);
    }
    const LogEntry* my_ack = first({AckOfFin}, me_);
    if (my_ack != nullptr && !disordered_) {
        if (const auto since = told_since(*my_ack); since && *since < my_ack->time_ns) {
            add_evidence(*since - delay_, kFinNotReceived, *my_ack);
            make_earlier(story_.events.back());
        }
    }
    if (const LogEntry* missing = first({MayBeFin}, peer_)) {
        // Until then it had acknowledged nothing that is not in the capture.
        add_evidence(missing->time_ns - delay_, kFinNotReceived, *missing);
    }
    if (their_fin != nullptr && numbered_[peer_] && !disordered_) {
        if (const auto since = told_since(*their_fin)) {
            // Times at this end are estimates, so not behind what shows that it has arrived.
            std::int64_t at = *since - 1;
            for (const EndEvent& event : story_.events) {
                const bool shows = event.what == Happening::ReceiveFin ||
                                   (!event.what && !event.only.contains(Established));
                at = shows && event.only != kSendsFinBeforeTheirs ? std::min(at, event.at - 1) : at;
            }
            add_evidence(at, kOtherFinNotSent, *their_fin);
            make_earlier(story_.events.back());
        }
    } else if (const LogEntry* theirs = first({LastHeard}, peer_);
               theirs != nullptr && (theirs->extra & kNoFinYet) != 0 && !disordered_ &&
               numbered_[peer_] && first({Rst}, peer_) == nullptr) {
        add_evidence(theirs->time_ns, kOtherFinNotSent, *theirs);
    }
}

void Story::add_hidden() {
    std::vector<EndEvent> all;
    const auto add = [&](std::int64_t at) {
        EndEvent hidden{.at = at, .earliest = at, .certain = false};
        hidden.inferred = hidden.hidden = true;
        hidden.cause = CapturedCause::Unseen;
        all.push_back(hidden);
    };
    for (EndEvent& event : story_.events) {
        if (!all.empty() && event.at > all.back().at) {
            add(all.back().at);
        }
        all.push_back(event);
    }
    if (!all.empty()) {
        add(all.back().at);
    }
    story_.events = std::move(all);
}

}  // namespace tcpdx::capture
