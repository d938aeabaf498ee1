#include "sources/capture/end_events.h"

#include <algorithm>
#include <initializer_list>

namespace tcpdx::capture {
namespace {

using enum SegmentMark;

class Story {
public:
    Story(const std::vector<LogEntry>& log, std::uint8_t end, const Vantage& vantage,
          const std::array<bool, 2>& silent)
        : log_(log),
          me_(end),
          peer_(end == 0 ? 1 : 0),
          delay_(vantage.delay_ns[end]),
          near_(vantage.is_near[end]) {
        story_.self_silent = silent[me_];
        story_.other_silent = silent[peer_];
        story_.saw_opening =
            first({Syn, SynAck}, me_) != nullptr || first({Syn, SynAck}, peer_) != nullptr;
        story_.opened = first({Syn}, me_) != nullptr ||
                        (first({SynAck}, peer_) != nullptr && first({SynAck}, me_) == nullptr);
        story_.simultaneous = first({Syn}, me_) != nullptr && first({Syn}, peer_) != nullptr;
    }

    EndStory tell() {
        if (story_.saw_opening) {
            tell_opening();
        }
        tell_data();
        tell_closing();
        tell_end();
        std::stable_sort(story_.events.begin(), story_.events.end(),
                         [](const EndEvent& a, const EndEvent& b) {
                             return std::pair(a.at, rank(a)) < std::pair(b.at, rank(b));
                         });
        return std::move(story_);
    }

private:
    // Within one moment: a segment's acknowledgment counts before its FIN, and what an end receives
    // before what it sends.
    [[nodiscard]] static int rank(const EndEvent& event) {
        if (!event.what) {
            return 2;
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
    [[nodiscard]] static bool is_one_of(SegmentMark mark,
                                        std::initializer_list<SegmentMark> marks) {
        return std::find(marks.begin(), marks.end(), mark) != marks.end();
    }
    [[nodiscard]] const LogEntry* first(std::initializer_list<SegmentMark> marks,
                                        std::uint8_t from) const {
        for (const LogEntry& entry : log_) {
            if (entry.from == from && is_one_of(entry.mark, marks)) {
                return &entry;
            }
        }
        return nullptr;
    }
    [[nodiscard]] const LogEntry* last_before(std::initializer_list<SegmentMark> marks,
                                              std::uint8_t from, std::int64_t before) const {
        const LogEntry* found = nullptr;
        for (const LogEntry& entry : log_) {
            if (entry.from == from && is_one_of(entry.mark, marks) && entry.time_ns <= before) {
                found = &entry;
            }
        }
        return found;
    }
    [[nodiscard]] std::int64_t sent_at(const LogEntry& entry) const {
        return entry.time_ns - delay_;
    }

    // What this end sent, and what it did to itself by that.
    void add_sent(const LogEntry& entry, Happening what) {
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

    // What it received, and answered with `proof`: one of `marks` of the other end.
    void add_proved(std::initializer_list<SegmentMark> marks, const LogEntry& proof,
                    Happening what) {
        // The copy that got there cannot have passed here later than its answer, less the way there
        // and back; of several the last.
        const LogEntry* copy = last_before(marks, peer_, proof.time_ns - delay_ * 3 / 2);
        if (copy == nullptr) {
            copy = last_before(marks, peer_, proof.time_ns);
        }
        EndEvent event{.at = sent_at(proof),
                       .latest = proof.time_ns,
                       .what = what,
                       .packet = copy != nullptr ? copy->packet : proof.packet,
                       .inferred = copy == nullptr};
        if (copy != nullptr) {
            // From afar it is not known that it was the last copy: an earlier answer may be lost.
            event.earliest = near_ ? copy->time_ns : first(marks, peer_)->time_ns;
            event.at = std::max(near_ ? copy->time_ns : event.at, copy->time_ns);
        }
        story_.events.push_back(event);
    }

    // What was sent to it and never answered, so that nothing proves that it arrived.
    void add_unproved(const LogEntry& entry, Happening what, bool certain) {
        const bool assumed = !near_;
        story_.arrival_assumed |= assumed && certain;
        story_.events.push_back({.at = entry.time_ns + delay_,
                                 .earliest = entry.time_ns,
                                 .what = what,
                                 .packet = entry.packet,
                                 .certain = certain,
                                 .assumed = assumed});
    }

    void tell_opening() {
        const LogEntry* my_syn = first({Syn}, me_);
        const LogEntry* my_syn_ack = first({SynAck}, me_);
        const LogEntry* their_syn = first({Syn}, peer_);
        const LogEntry* their_syn_ack = first({SynAck}, peer_);
        if (my_syn != nullptr) {
            add_sent(*my_syn, Happening::SendSyn);
        } else if (their_syn_ack != nullptr && my_syn_ack == nullptr) {
            story_.events.push_back({.at = their_syn_ack->time_ns - 1,
                                     .latest = their_syn_ack->time_ns,
                                     .what = Happening::SendSyn,
                                     .packet = their_syn_ack->packet,
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
            tell_answer_to_my_syn(their_syn_ack);
        } else if (their_syn != nullptr) {
            // The SYN+ACK is not in the capture, but the opener goes on as if it had got one.
            const LogEntry* goes_on = first({Ack}, peer_);
            if (goes_on != nullptr) {
                add_inferred(Happening::ReceiveSyn, their_syn->time_ns, goes_on->time_ns,
                             goes_on->packet);
                add_unproved(*goes_on, Happening::ReceiveAckOfSyn, true);
            }
        }
    }

    void add_inferred(Happening what, std::int64_t earliest, std::int64_t latest,
                      std::uint32_t packet) {
        story_.events.push_back({.at = earliest + (latest - earliest) / 2,
                                 .earliest = earliest,
                                 .latest = latest,
                                 .what = what,
                                 .packet = packet,
                                 .inferred = true});
    }

    void tell_answer_to_my_syn(const LogEntry* their_syn_ack) {
        const LogEntry* my_ack = first({Ack}, me_);
        if (my_ack != nullptr) {
            add_proved({SynAck, SynAckAgain}, *my_ack, Happening::ReceiveSynAck);
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

    // SYN-RECEIVED ends with the ACK that arrives. While the SYN+ACK is sent again none has, or
    // there was no room in the accept queue, which comes to the same.
    void tell_ack_of_my_syn_ack() {
        const LogEntry* speaks = first({Speaks, Data, Fin, AckOfFin}, me_);
        const LogEntry* again = last_before({SynAckAgain}, me_, INT64_MAX);
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
                add_inferred(Happening::ReceiveAckOfSyn, first({SynAck}, me_)->time_ns,
                             speaks->time_ns, speaks->packet);
            } else if (const LogEntry* any = first({Ack}, peer_)) {
                add_unproved(*any, Happening::ReceiveAckOfSyn, false);
            }
            return;
        }
        EndEvent event{.at = ack->time_ns + (near_ ? 0 : delay_),
                       .earliest = ack->time_ns,
                       .what = Happening::ReceiveAckOfSyn,
                       .packet = ack->packet};
        if (speaks != nullptr && speaks->time_ns >= ack->time_ns) {
            event.latest = speaks->time_ns;
            event.at = std::min(event.at, std::max(ack->time_ns, speaks->time_ns - delay_));
        } else if (!near_) {
            event.assumed = story_.arrival_assumed = true;
        }
        story_.events.push_back(event);
    }

    void tell_data() {
        if (const LogEntry* data = first({Data}, me_)) {
            story_.events.push_back(
                {.at = sent_at(*data), .packet = data->packet, .cause = CapturedCause::Sent});
        }
    }

    void tell_closing() {
        const LogEntry* my_fin = first({Fin}, me_);
        const LogEntry* their_fin = first({Fin}, peer_);
        const LogEntry* my_ack = first({AckOfFin}, me_);
        std::optional<std::int64_t> got_fin;
        if (their_fin != nullptr && my_ack != nullptr) {
            add_proved({Fin, FinAgain}, *my_ack, Happening::ReceiveFin);
            if (my_fin != nullptr && (my_fin->extra & kAcksFin) == 0) {
                // Its own FIN did not acknowledge it yet.
                EndEvent& event = story_.events.back();
                event.at = std::max(event.at, sent_at(*my_fin) + 1);
            }
            got_fin = story_.events.back().at;
        } else if (their_fin != nullptr) {
            // Not acknowledged: near, it still arrived, unless it had to be sent again.
            const bool again = first({FinAgain}, peer_) != nullptr;
            const bool reset = first({Rst}, me_) != nullptr;
            add_unproved(*their_fin, Happening::ReceiveFin, near_ && !again && !reset);
            got_fin = story_.events.back().at;
        }
        if (story_.other_silent && my_fin != nullptr) {
            story_.events.push_back({.at = sent_at(*my_fin) - 1,
                                     .latest = my_fin->time_ns,
                                     .what = Happening::ReceiveFin,
                                     .packet = my_fin->packet,
                                     .certain = false,
                                     .inferred = true});
        }
        if (my_fin == nullptr) {
            return;
        }
        add_sent(*my_fin, Happening::SendFin);
        EndEvent& sent = story_.events.back();
        if (const LogEntry* busy = first({BusySince}, me_); busy != nullptr && near_) {
            // Data was under way, and close() may have come at any time while it was.
            sent.earliest = busy->time_ns - delay_;
        }
        if ((my_fin->extra & kAcksFin) != 0 && got_fin && *got_fin > sent.at) {
            sent.at = *got_fin;
        }
        tell_ack_of_my_fin(*my_fin, got_fin);
    }

    void tell_ack_of_my_fin(const LogEntry& my_fin, std::optional<std::int64_t> got_fin) {
        if (story_.other_silent) {
            story_.events.push_back({.at = sent_at(my_fin) + 1,
                                     .earliest = my_fin.time_ns,
                                     .what = Happening::ReceiveAckOfFin,
                                     .packet = my_fin.packet,
                                     .certain = false,
                                     .inferred = true});
            return;
        }
        // Sending the FIN again says that no acknowledgment had arrived, unless the two crossed.
        const LogEntry* again = last_before({FinAgain}, me_, INT64_MAX);
        const LogEntry* ack = nullptr;
        for (const LogEntry& entry : log_) {
            const bool acks =
                entry.from == peer_ && is_one_of(entry.mark, {AckOfFin, AckOfFinAgain});
            const bool was_lost = again != nullptr && entry.time_ns < again->time_ns &&
                                  again->time_ns - entry.time_ns > 2 * delay_;
            if (acks && !was_lost) {
                ack = &entry;
                break;
            }
        }
        if (ack == nullptr) {
            if (const LogEntry* any = first({AckOfFin}, peer_)) {
                add_unproved(*any, Happening::ReceiveAckOfFin, false);
            }
            return;
        }
        add_unproved(*ack, Happening::ReceiveAckOfFin, true);
        EndEvent& event = story_.events.back();
        event.at = std::max(event.at, story_.events[story_.events.size() - 2].at + 1);
        const LogEntry* their_fin = first({Fin}, peer_);
        if (their_fin == nullptr || !got_fin) {
            return;
        }
        const bool fin_acked_mine = (their_fin->extra & kAcksFin) != 0;
        if (fin_acked_mine && event.at > *got_fin) {
            event.at = *got_fin;  // whoever takes the FIN takes its acknowledgment first
            event.assumed = false;
            event.latest = *got_fin + delay_;
        } else if (!fin_acked_mine && event.at <= *got_fin) {
            event.at = *got_fin + 1;
        }
    }

    void tell_end() {
        if (const LogEntry* mine = first({Rst}, me_)) {
            add_sent(*mine, Happening::SendRst);
        }
        if (const LogEntry* theirs = first({Rst}, peer_)) {
            const LogEntry* goes_on = first({AfterRst}, me_);
            // Segments that were under way when it came do not count.
            const bool refuted =
                goes_on != nullptr && goes_on->time_ns - theirs->time_ns > 2 * delay_ + 1'000'000;
            add_unproved(*theirs, Happening::ReceiveRst, !refuted);
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

    // Behind a closed window data and FIN wait, so close() shows nothing.
    void tell_hidden_fin() {
        const LogEntry* closed = last_before({ZeroWindow}, peer_, INT64_MAX);
        const LogEntry* opened = last_before({WindowOpen}, peer_, INT64_MAX);
        const bool stays_closed =
            closed != nullptr && (opened == nullptr || opened->time_ns < closed->time_ns);
        if (!stays_closed || first({Fin}, me_) != nullptr) {
            return;
        }
        story_.fin_hidden = true;
        story_.events.push_back({.at = closed->time_ns + delay_,
                                 .earliest = closed->time_ns,
                                 .what = Happening::SendFin,
                                 .certain = false,
                                 .cause = CapturedCause::Unseen});
    }

    const std::vector<LogEntry>& log_;
    std::uint8_t me_;
    std::uint8_t peer_;
    std::int64_t delay_;
    bool near_;
    EndStory story_;
};

}  // namespace

EndStory end_story(const std::vector<LogEntry>& log, std::uint8_t end, const Vantage& vantage,
                   const std::array<bool, 2>& silent) {
    return Story(log, end, vantage, silent).tell();
}

}  // namespace tcpdx::capture
