#include "sources/capture/end_story.h"

namespace tcpdx::capture {

using enum SegmentMark;

EndStory Story::tell() {
    if (story_.saw_opening) {
        tell_opening();
    }
    tell_data();
    tell_closing();
    tell_end();
    if (incomplete_) {
        tell_evidence();
    }
    // An end that closes was open before, whatever the estimates of its times say.
    std::int64_t closes = INT64_MAX;
    for (const EndEvent& event : story_.events) {
        const bool closing = event.what == Happening::ReceiveFin ||
                             event.what == Happening::SendFin ||
                             event.what == Happening::ReceiveAckOfFin;
        closes = closing ? std::min(closes, event.at) : closes;
    }
    for (EndEvent& event : story_.events) {
        if (event.what == Happening::ReceiveSynAck || event.what == Happening::ReceiveAckOfSyn) {
            event.at = std::min(event.at, closes);
        }
    }
    std::stable_sort(story_.events.begin(), story_.events.end(),
                     [](const EndEvent& a, const EndEvent& b) {
                         return std::pair(a.at, rank(a)) < std::pair(b.at, rank(b));
                     });
    if (incomplete_) {
        add_hidden();
    }
    return std::move(story_);
}

int Story::rank(const EndEvent& event) {
    if (!event.what) {
        return event.is_result ? 5 : 2;
    }
    switch (*event.what) {
        case Happening::ReceiveSyn:
        case Happening::ReceiveSynAck:
        case Happening::ReceiveAckOfSyn:
        case Happening::ReceiveAckOfFin:
            return 0;
        case Happening::ReceiveFin:
            return 1;
        case Happening::SendSyn:
        case Happening::SendFin:
            return 3;
        case Happening::SendRst:
        case Happening::ReceiveRst:
        case Happening::ReceiveIcmpError:
            return 4;
    }
    return 4;
}

const LogEntry* Story::first(std::initializer_list<SegmentMark> marks, std::uint8_t from) const {
    for (const LogEntry& entry : log_) {
        if (entry.from == from && is_one_of(entry.mark, marks)) {
            return &entry;
        }
    }
    return nullptr;
}

const LogEntry* Story::last_before(std::initializer_list<SegmentMark> marks, std::uint8_t from,
                                   std::int64_t before) const {
    const LogEntry* found = nullptr;
    for (const LogEntry& entry : log_) {
        if (entry.from == from && is_one_of(entry.mark, marks) && entry.time_ns <= before) {
            found = &entry;
        }
    }
    return found;
}

std::optional<std::int64_t> Story::told_since(const LogEntry& entry) {
    const unsigned steps = static_cast<unsigned>(entry.extra) >> kQuietShift;
    if (steps == kQuietUnknown) {
        return std::nullopt;
    }
    std::int64_t longest = steps == 0 ? 0 : kQuietUnitNs;
    for (unsigned step = 0; step < steps; ++step) {
        longest *= 3;
    }
    return entry.time_ns - longest;
}

void Story::add_sent(const LogEntry& entry, Happening what) {
    EndEvent event{.at = sent_at(entry),
                   .latest = entry.time_ns,
                   .what = what,
                   .packet = entry.packet,
                   .cause = CapturedCause::Sent};
    // From afar an earlier copy may have been lost on the way here, and whoever answers with a
    // reset may have been closed for long.
    if (near_ && what != Happening::SendRst) {
        event.earliest = event.at;
    }
    story_.events.push_back(event);
}

void Story::add_proved(std::initializer_list<SegmentMark> marks, const LogEntry& proof,
                       Happening what) {
    const LogEntry* copy = copy_proved_by(marks, proof);
    EndEvent event{.at = sent_at(proof),
                   .latest = proof.time_ns,
                   .what = what,
                   .packet = copy != nullptr ? copy->packet : proof.packet,
                   .inferred = copy == nullptr};
    if (copy != nullptr) {
        // That it was this copy is not known: the answer to an earlier one may be lost.
        event.earliest = first(marks, peer_)->time_ns;
        event.at = std::max(near_ ? copy->time_ns : event.at, copy->time_ns);
    }
    story_.events.push_back(event);
}

void Story::add_unproved(const LogEntry& entry, Happening what, bool certain) {
    const bool assumed = !near_;
    story_.arrival_assumed |= assumed && certain;
    story_.events.push_back({.at = entry.time_ns + delay_,
                             .earliest = entry.time_ns,
                             .what = what,
                             .packet = entry.packet,
                             .certain = certain,
                             .assumed = assumed});
}

void Story::tell_opening() {
    const LogEntry* my_syn = first({Syn}, me_);
    const LogEntry* my_syn_ack = first({SynAck}, me_);
    const LogEntry* their_syn = first({Syn}, peer_);
    const LogEntry* their_syn_ack = first({SynAck}, peer_);
    if (my_syn != nullptr) {
        add_sent(*my_syn, Happening::SendSyn);
    } else if (story_.simultaneous || (their_syn_ack != nullptr && my_syn_ack == nullptr)) {
        const LogEntry* shows = their_syn_ack != nullptr && my_syn_ack == nullptr ? their_syn_ack
                                : my_syn_ack != nullptr                           ? my_syn_ack
                                                                                  : their_syn;
        story_.events.push_back({.at = shows->time_ns - (shows == my_syn_ack ? delay_ : 0) - 1,
                                 .latest = shows->time_ns,
                                 .what = Happening::SendSyn,
                                 .packet = shows->packet,
                                 .inferred = true,
                                 .cause = CapturedCause::Sent});
    }
    if (my_syn_ack != nullptr) {
        add_proved({Syn, SynAgain}, *my_syn_ack, Happening::ReceiveSyn);
        // A SYN+ACK that was sent again stands for the first: it was made for that SYN.
        story_.events.back().at =
            std::max(sent_at(*my_syn_ack), story_.events.back().earliest.value_or(INT64_MIN));
        tell_ack_of_my_syn_ack();
    } else if (story_.opened) {
        std::int64_t opened_at = story_.events.back().at;
        // Of an end without any packet: the other sent its SYN and then a SYN+ACK, so both opened.
        const bool both_opened = story_.simultaneous || story_.self_silent;
        if (both_opened && their_syn != nullptr) {
            add_unproved(*their_syn, Happening::ReceiveSyn, near_ && !story_.self_silent);
            EndEvent& event = story_.events.back();
            event.at = std::max(event.at, opened_at + 1);
            opened_at = event.at;
        }
        tell_answer_to_my_syn(their_syn_ack);
        const LogEntry* speaks = first({Ack, Speaks, Data, Fin, AckOfFin}, me_);
        const EndEvent& answer = story_.events.back();
        const bool answered = answer.what == Happening::ReceiveSynAck && answer.certain;
        if (story_.simultaneous && speaks != nullptr && !answered) {
            // Its SYN+ACK is not in the capture, but what it says later only an open end can.
            add_inferred(Happening::ReceiveAckOfSyn, opened_at + 2,
                         std::max(speaks->time_ns, opened_at + 2), speaks->packet);
        }
    } else if (their_syn != nullptr) {
        // The SYN+ACK is not in the capture, but the opener goes on as if it had got one.
        const LogEntry* goes_on = first({Ack}, peer_);
        if (goes_on != nullptr) {
            add_inferred(Happening::ReceiveSyn, their_syn->time_ns, goes_on->time_ns,
                         goes_on->packet);
            add_unproved(*goes_on, Happening::ReceiveAckOfSyn, true);
            story_.events.back().earliest = their_syn->time_ns;
        }
    }
}

void Story::add_inferred(Happening what, std::int64_t earliest, std::int64_t latest,
                         std::uint32_t packet) {
    story_.events.push_back({.at = earliest + (latest - earliest) / 2,
                             .earliest = earliest,
                             .latest = latest,
                             .what = what,
                             .packet = packet,
                             .inferred = true});
}

void Story::tell_answer_to_my_syn(const LogEntry* their_syn_ack) {
    const LogEntry* my_ack = first({Ack}, me_);
    if (my_ack != nullptr) {
        add_proved({SynAck, SynAckAgain}, *my_ack, Happening::ReceiveSynAck);
        EndEvent& event = story_.events.back();
        const LogEntry* my_syn = last_before({Syn, SynAgain}, me_, my_ack->time_ns);
        if (my_syn == nullptr) {
            event.earliest.reset();
        } else if (their_syn_ack == nullptr ||
                   their_syn_ack->time_ns - my_syn->time_ns > kNotRepeatedNs) {
            event.earliest = my_syn->time_ns;  // it may be a later copy of a SYN+ACK that was lost
        }
        return;
    }
    if (their_syn_ack == nullptr) {
        return;
    }
    if (story_.self_silent) {
        const LogEntry* they_speak = first({Speaks, Data, Fin}, peer_);
        if (they_speak != nullptr) {
            add_inferred(Happening::ReceiveSynAck, their_syn_ack->time_ns, they_speak->time_ns,
                         they_speak->packet);
            return;
        }
    }
    add_unproved(*their_syn_ack, Happening::ReceiveSynAck, false);
}

void Story::tell_ack_of_my_syn_ack() {
    const LogEntry* speaks = first({Speaks, Data, Fin, AckOfFin}, me_);
    const LogEntry* again = last_before({SynAckAgain}, me_, INT64_MAX);
    const LogEntry* before = first({Ack}, peer_);
    if (again == nullptr && before != nullptr &&
        first({SynAck}, me_)->time_ns - before->time_ns > kNotRepeatedNs) {
        again = first({SynAck}, me_);  // the copy that was acknowledged is not in the capture
    }
    const LogEntry* ack = nullptr;
    for (const LogEntry& entry : log_) {
        const bool acks =
            entry.from == peer_ && is_one_of(entry.mark, {Ack, AckAgain, SynAck, SynAckAgain});
        // It was on its way when the repetition left.
        const bool crossed = again != nullptr && entry.time_ns < again->time_ns &&
                             again->time_ns - entry.time_ns > 2 * delay_;
        if (acks && !crossed) {
            ack = &entry;
            break;
        }
    }
    if (ack == nullptr && speaks != nullptr) {
        ack = last_before({Ack, AckAgain}, peer_, speaks->time_ns);
    }
    if (ack == nullptr) {
        if (speaks != nullptr) {
            add_inferred(Happening::ReceiveAckOfSyn, first({SynAck}, me_)->time_ns, speaks->time_ns,
                         speaks->packet);
        } else if (const LogEntry* any = first({Ack}, peer_)) {
            add_unproved(*any, Happening::ReceiveAckOfSyn, false);
        } else if (const LogEntry* reset = first({Rst}, me_)) {
            // What made it send this is not in the capture, and may have come after the ACK.
            add_possible(Happening::ReceiveAckOfSyn, sent_at(*reset) - 1, reset->packet);
            story_.events.back().earliest = first({SynAck}, me_)->time_ns;
        }
        return;
    }
    EndEvent event{.at = ack->time_ns + (near_ ? 0 : delay_),
                   .earliest = ack->time_ns,
                   .what = Happening::ReceiveAckOfSyn,
                   .packet = ack->packet};
    const LogEntry* last_syn_ack = last_before({SynAck, SynAckAgain}, me_, ack->time_ns);
    const bool is_first = ack->mark == Ack && (ack->extra & kBare) != 0;
    if (last_syn_ack != nullptr &&
        (!is_first || ack->time_ns - last_syn_ack->time_ns > kNotRepeatedNs)) {
        // An earlier acknowledgment may have been lost on the way to the capture.
        event.earliest = last_syn_ack->time_ns;
    }
    if (speaks != nullptr && speaks->time_ns >= ack->time_ns) {
        event.latest = speaks->time_ns;
        event.at = std::min(event.at, std::max(ack->time_ns, speaks->time_ns - delay_));
    } else if (!near_) {
        event.assumed = story_.arrival_assumed = true;
        // Round trips vary: a reset that comes about one later left after the ACK had come.
        const LogEntry* reset = first({Rst}, me_);
        if (reset != nullptr && reset->time_ns - ack->time_ns >= delay_ * 3 / 2) {
            event.at = std::min(event.at, std::max(ack->time_ns, sent_at(*reset) - 1));
        }
    }
    if (story_.simultaneous) {
        // The other's SYN+ACK may pass the capture before what this end received its SYN by.
        event.at = std::max(event.at, story_.events.back().at + 1);
    }
    story_.events.push_back(event);
}

void Story::tell_data() {
    if (const LogEntry* data = first({Data}, me_)) {
        story_.events.push_back(
            {.at = sent_at(*data),
             .only = StateSet().add(TcpState::Established).add(TcpState::CloseWait),
             .packet = data->packet,
             .cause = CapturedCause::Sent});
    }
}

}  // namespace tcpdx::capture
