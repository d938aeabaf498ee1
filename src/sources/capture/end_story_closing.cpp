#include "sources/capture/end_story.h"

namespace tcpdx::capture {

using enum SegmentMark;

void Story::tell_closing() {
    const LogEntry* my_fin = first({Fin}, me_);
    const LogEntry* their_fin = first({Fin}, peer_);
    const LogEntry* my_ack = first({AckOfFin}, me_);
    std::optional<std::int64_t> got_fin;
    bool given_up = false;
    if (their_fin != nullptr && my_ack != nullptr) {
        add_proved({Fin, FinAgain}, *my_ack, Happening::ReceiveFin);
        // Not before it was sent, nor before what this end said last without it.
        const auto sent = told_since(*their_fin);
        const auto lacked = told_since(*my_ack);
        EndEvent& got = story_.events.back();
        if (sent && got.earliest) {
            got.earliest = std::min(*got.earliest, *sent);
        } else {
            got.earliest.reset();
        }
        if (lacked && *lacked < my_ack->time_ns) {
            got.earliest = std::max(got.earliest.value_or(INT64_MIN), *lacked - delay_);
        }
        const bool order_open =
            incomplete_ && (disordered_ || (their_fin->extra & kAckedBefore) != 0);
        story_.events.back().certain = !order_open;
        if (my_fin != nullptr && (my_fin->extra & kAcksFin) == 0 && !order_open) {
            // Its own FIN did not acknowledge it yet.
            EndEvent& event = story_.events.back();
            event.at = std::max(event.at, fin_sent_at(*my_fin) + 1);
        }
        got_fin = story_.events.back().at;
    } else if (their_fin != nullptr) {
        // Not acknowledged: near, it still arrived, unless it had to be sent again.
        const bool again = first({FinAgain}, peer_) != nullptr;
        const LogEntry* reset = first({Rst}, me_);
        given_up = my_fin != nullptr && reset != nullptr && answers_fin(*reset);
        if (!given_up) {
            add_unproved(*their_fin, Happening::ReceiveFin, near_ && !again && reset == nullptr);
            got_fin = story_.events.back().at;
        }
    }
    if (story_.other_silent && my_fin != nullptr) {
        story_.events.push_back({.at = sent_at(*my_fin) - 1,
                                 .latest = my_fin->time_ns,
                                 .what = Happening::ReceiveFin,
                                 .packet = my_fin->packet,
                                 .certain = false,
                                 .inferred = true});
    }
    if (!incomplete_) {
        tell_missing_end(their_fin, got_fin);
    }
    if (my_fin == nullptr) {
        return;
    }
    if (disordered_ && their_fin != nullptr) {
        // Of records whose times go back the order says little: theirs may have come first.
        add_possible(Happening::ReceiveFin, fin_sent_at(*my_fin) - 1, their_fin->packet);
        story_.events.back().earliest.reset();
    }
    add_sent(*my_fin, Happening::SendFin);
    EndEvent& sent = story_.events.back();
    sent.at = fin_sent_at(*my_fin);
    sent.latest = sent.at + delay_;
    if (const LogEntry* busy = first({BusySince}, me_); busy != nullptr && near_) {
        // Data was under way, and close() may have come at any time while it was.
        sent.earliest = busy->time_ns - delay_;
    }
    if (const auto since = told_since(*my_fin);
        !since || (incomplete_ && first({BusySince}, me_) != nullptr)) {
        sent.earliest.reset();
    } else if (sent.earliest) {
        sent.earliest = std::min(*sent.earliest, *since - delay_);
    }
    if ((my_fin->extra & kAcksFin) != 0 && got_fin && *got_fin > sent.at) {
        sent.at = *got_fin;
    }
    tell_ack_of_my_fin(*my_fin, got_fin);
    if (given_up) {
        tell_given_up(*my_fin);
    }
}

// A socket that has closed acknowledges a FIN, and resets only data: mostly a timer had ended
// FIN-WAIT-2 before (tcp_fin_timeout) and nobody was there any more. When, no packet shows.
void Story::tell_given_up(const LogEntry& my_fin) {
    const std::int64_t since = story_.events.back().at;
    story_.events.push_back({.at = since + 1,
                             .earliest = my_fin.time_ns - delay_,
                             .hidden = true,
                             .certain = false,
                             .inferred = true,
                             .cause = CapturedCause::Unseen});
}

void Story::add_possible(Happening what, std::int64_t at, std::uint32_t packet) {
    story_.events.push_back({.at = at,
                             .earliest = at,
                             .what = what,
                             .packet = packet,
                             .certain = false,
                             .inferred = true});
}

// What was not captured may have been a FIN. Of an end without any packet that may be at any time.
void Story::tell_missing_end(const LogEntry* their_fin, std::optional<std::int64_t> got_fin) {
    std::int64_t opened = INT64_MIN;
    for (const EndEvent& event : story_.events) {
        const bool opens =
            event.what == Happening::ReceiveSynAck || event.what == Happening::ReceiveAckOfSyn;
        opened = opens ? std::max(opened, event.at) : opened;
    }
    const bool is_open = opened != INT64_MIN;
    if (story_.self_silent) {
        if (story_.saw_opening && is_open) {
            add_possible(Happening::SendFin, opened + 1, 0);
            add_possible(Happening::ReceiveAckOfFin, opened + 2, 0);
            if (got_fin) {
                add_possible(Happening::SendFin, *got_fin + 1, their_fin->packet);
                add_possible(Happening::ReceiveAckOfFin, *got_fin + 2, their_fin->packet);
            }
        }
        return;
    }
    // These times are kept in milliseconds, and a connection may be opened within one.
    const auto about = [&](const LogEntry& entry) {
        const std::int64_t at = entry.time_ns - delay_;
        return is_open ? std::max(at, opened + 1) : at;
    };
    if (const LogEntry* mine = first({MayBeFin}, me_)) {
        const LogEntry* data = first({Data}, me_);
        const std::int64_t at =
            data != nullptr ? std::max(about(*mine), sent_at(*data) + 1) : about(*mine);
        add_possible(Happening::SendFin, at, 0);
        story_.events.back().earliest.reset();
        add_possible(Happening::ReceiveAckOfFin, at + 1, 0);
    }
    if (const LogEntry* theirs = first({MayBeFin}, peer_)) {
        add_possible(Happening::ReceiveFin, about(*theirs), 0);
        story_.events.back().earliest.reset();
    }
}

void Story::tell_ack_of_my_fin(const LogEntry& my_fin, std::optional<std::int64_t> got_fin) {
    if (story_.other_silent) {
        // In whichever order, all of it may have come.
        add_possible(Happening::ReceiveAckOfFin, sent_at(my_fin) + 1, my_fin.packet);
        add_possible(Happening::ReceiveFin, sent_at(my_fin) + 2, my_fin.packet);
        add_possible(Happening::ReceiveAckOfFin, sent_at(my_fin) + 3, my_fin.packet);
        return;
    }
    // Sending the FIN again says that no acknowledgment had arrived, unless the two crossed.
    const LogEntry* again = last_before({FinAgain, DataAgain}, me_, INT64_MAX);
    // Whoever acknowledges a FIN has got the acknowledgment in it.
    const LogEntry* their_fin = first({Fin}, peer_);
    const LogEntry* my_ack = first({AckOfFin}, me_);
    const LogEntry* copy = their_fin != nullptr && my_ack != nullptr
                               ? copy_proved_by({Fin, FinAgain}, *my_ack)
                               : nullptr;
    const bool fin_proves = copy != nullptr && (their_fin->extra & kAcksFin) != 0;
    const LogEntry* ack = nullptr;
    const LogEntry* any = nullptr;
    for (const LogEntry& entry : log_) {
        // A reset resets, whatever it acknowledges.
        const bool acks = entry.from == peer_ && is_one_of(entry.mark, {AckOfFin, AckOfFinAgain}) &&
                          (entry.extra & kByReset) == 0;
        any = acks && any == nullptr ? &entry : any;
        const bool was_lost = again != nullptr && entry.time_ns < again->time_ns &&
                              again->time_ns - entry.time_ns > 2 * delay_ &&
                              !(fin_proves && entry.packet <= copy->packet);
        if (acks && !was_lost) {
            ack = &entry;
            break;
        }
    }
    if (ack == nullptr) {
        if (any != nullptr) {
            add_unproved(*any, Happening::ReceiveAckOfFin, false);
        }
        return;
    }
    add_unproved(*ack, Happening::ReceiveAckOfFin, true);
    EndEvent& event = story_.events.back();
    event.at = std::max(event.at, story_.events[story_.events.size() - 2].at + 1);
    // Unless the FIN was sent again, an earlier acknowledgment may not have been captured.
    const LogEntry* last_fin = last_before({FinAgain}, me_, ack->time_ns);
    event.earliest = last_fin != nullptr ? last_fin->time_ns : told_since(my_fin);
    if (their_fin == nullptr || !got_fin) {
        return;
    }
    // The copy that arrived may be a later one, which acknowledges what had come until then.
    const bool fin_acked_mine =
        (their_fin->extra & kAcksFin) != 0 || (copy != nullptr && copy->packet >= ack->packet);
    if (fin_acked_mine && event.at > *got_fin) {
        event.at = *got_fin;  // whoever takes the FIN takes its acknowledgment first
        event.assumed = false;
        event.latest = *got_fin + delay_;
    } else if (!fin_acked_mine && event.at <= *got_fin) {
        event.at = *got_fin + 1;
    }
}

void Story::tell_end() {
    if (const LogEntry* mine = first({Rst}, me_)) {
        add_sent(*mine, Happening::SendRst);
    }
    if (const LogEntry* theirs = first({Rst}, peer_)) {
        const LogEntry* goes_on = first({AfterRst}, me_);
        // Segments that were under way when it came do not count.
        const bool refuted =
            goes_on != nullptr && goes_on->time_ns - theirs->time_ns > 2 * delay_ + 1'000'000;
        const bool may_be_lost = !near_ && (theirs->extra & kUnheard) != 0;
        add_unproved(*theirs, Happening::ReceiveRst, !refuted && !may_be_lost);
        // The first was lost on the way, and what this end went on with is answered by another.
        const LogEntry* later = refuted ? last_before({Rst}, peer_, INT64_MAX) : nullptr;
        if (later != nullptr && later->time_ns > goes_on->time_ns) {
            add_unproved(*later, Happening::ReceiveRst, near_ || (later->extra & kUnheard) == 0);
        }
    }
    if (const LogEntry* error = first({IcmpError}, me_)) {
        const LogEntry* again = last_before({SynAgain}, me_, INT64_MAX);
        const bool refuted = again != nullptr && again->time_ns > error->time_ns;
        if (first({Ack}, me_) == nullptr && !refuted) {
            add_unproved(*error, Happening::ReceiveIcmpError, true);
            story_.events.back().cause = CapturedCause::Icmp;
        }
    }
    tell_hidden_fin();
}

void Story::tell_hidden_fin() {
    const LogEntry* closed = last_before({ZeroWindow}, peer_, INT64_MAX);
    const LogEntry* opened = last_before({WindowOpen}, peer_, INT64_MAX);
    const bool stays_closed =
        closed != nullptr && (opened == nullptr || opened->time_ns < closed->time_ns);
    const LogEntry* queued = first({BusySince}, me_);
    if ((!stays_closed && queued == nullptr) || first({Fin}, me_) != nullptr) {
        return;
    }
    story_.fin_hidden = true;
    // It may have been held back before the window closed for good.
    std::int64_t since = queued != nullptr ? sent_at(*queued) + 1 : closed->time_ns + delay_;
    for (const EndEvent& event : story_.events) {
        const bool opens =
            event.what == Happening::ReceiveSynAck || event.what == Happening::ReceiveAckOfSyn;
        const bool is_data = !event.what && event.only.contains(TcpState::Established);
        since = opens || is_data ? std::max(since, event.at + 1) : since;
    }
    story_.events.push_back({.at = since,
                             .earliest = queued != nullptr ? since : closed->time_ns,
                             .what = Happening::SendFin,
                             .certain = false,
                             .cause = CapturedCause::Unseen});
    if (incomplete_ || !near_) {
        story_.events.back().earliest.reset();  // from afar it may have been closed before
    }
}

}  // namespace tcpdx::capture
