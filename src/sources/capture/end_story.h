#pragma once

// Tells from both ends' log what happened at one of them: see end_events.h.

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <vector>

#include "sources/capture/end_events.h"

namespace tcpdx::capture {

class Story {
    using enum SegmentMark;

public:
    Story(const std::vector<LogEntry>& log, std::uint8_t end, const Vantage& vantage,
          const std::array<bool, 2>& silent)
        : log_(log),
          me_(end),
          peer_(end == 0 ? 1 : 0),
          delay_(vantage.delay_ns[end]),
          near_(vantage.is_near[end]),
          incomplete_(vantage.incomplete),
          disordered_(vantage.disordered),
          numbered_(vantage.numbered) {
        story_.self_silent = silent[me_];
        story_.other_silent = silent[peer_];
        story_.saw_opening =
            first({Syn, SynAck}, me_) != nullptr || first({Syn, SynAck}, peer_) != nullptr;
        const bool my_syn = first({Syn}, me_) != nullptr;
        const bool their_syn = first({Syn}, peer_) != nullptr;
        const bool my_answer = first({SynAck}, me_) != nullptr;
        const bool their_answer = first({SynAck}, peer_) != nullptr;
        // Whoever answers a SYN and has sent one, or gets an answer, has opened as well.
        story_.simultaneous = (my_syn || my_answer) && (their_syn || their_answer) &&
                              (my_syn + my_answer + their_syn + their_answer > 2 ||
                               (my_syn && their_syn) || (my_answer && their_answer));
        story_.opened = my_syn || story_.simultaneous || (their_answer && !my_answer);
    }
    EndStory tell();

private:
    // Whatever is not answered is sent again before: RFC 6298, 2.1, starts with a second.
    static constexpr std::int64_t kSurelyRepeatedNs = 1'200'000'000;
    // And nothing of a handshake is sent again sooner than this.
    static constexpr std::int64_t kNotRepeatedNs = 900'000'000;
    // Within one moment: a segment's acknowledgment counts before its FIN, and what an end receives
    // before what it sends.
    [[nodiscard]] static int rank(const EndEvent& event);
    [[nodiscard]] static bool is_one_of(SegmentMark mark,
                                        std::initializer_list<SegmentMark> marks) {
        return std::find(marks.begin(), marks.end(), mark) != marks.end();
    }
    [[nodiscard]] const LogEntry* first(std::initializer_list<SegmentMark> marks,
                                        std::uint8_t from) const;
    [[nodiscard]] const LogEntry* last_before(std::initializer_list<SegmentMark> marks,
                                              std::uint8_t from, std::int64_t before) const;
    [[nodiscard]] std::int64_t sent_at(const LogEntry& entry) const {
        return entry.time_ns - delay_;
    }
    // Its first copy may have been lost before the capture.
    [[nodiscard]] std::int64_t fin_sent_at(const LogEntry& fin) const {
        const LogEntry* before = (fin.extra & kSentBefore) != 0 ? first({FinBefore}, me_) : nullptr;
        return sent_at(before != nullptr ? *before : fin);
    }
    // The copy that got there cannot have passed here later than its answer, less the way there
    // and back; of several the last.
    [[nodiscard]] const LogEntry* copy_proved_by(std::initializer_list<SegmentMark> marks,
                                                 const LogEntry& proof) const {
        const LogEntry* copy = last_before(marks, peer_, proof.time_ns - delay_ * 3 / 2);
        return copy != nullptr ? copy : last_before(marks, peer_, proof.time_ns);
    }
    // When what `entry` tells became so at its sender at the earliest, as the capture sees it: an
    // earlier copy may not have been captured. Empty: there is no telling.
    [[nodiscard]] static std::optional<std::int64_t> told_since(const LogEntry& entry);
    // What this end sent, and what it did to itself by that.
    void add_sent(const LogEntry& entry, Happening what);
    // What it received, and answered with `proof`: one of `marks` of the other end.
    void add_proved(std::initializer_list<SegmentMark> marks, const LogEntry& proof,
                    Happening what);
    // What was sent to it and never answered, so that nothing proves that it arrived.
    void add_unproved(const LogEntry& entry, Happening what, bool certain);
    void tell_opening();
    void add_inferred(Happening what, std::int64_t earliest, std::int64_t latest,
                      std::uint32_t packet);
    void tell_answer_to_my_syn(const LogEntry* their_syn_ack);
    // SYN-RECEIVED ends with the ACK that arrives. While the SYN+ACK is sent again none has, or
    // there was no room in the accept queue, which comes to the same.
    void tell_ack_of_my_syn_ack();
    void tell_data();
    void tell_closing();
    // Whether the last that came from the other end before this reset was its FIN.
    [[nodiscard]] static bool answers_fin(const LogEntry& reset) {
        const auto before = static_cast<SegmentMark>(reset.extra & ~kUnheard);
        return is_one_of(before, {Fin, FinAgain});
    }
    void tell_given_up(const LogEntry& my_fin);
    // May have happened, and no packet says so.
    void add_possible(Happening what, std::int64_t at, std::uint32_t packet);
    void tell_missing_end(const LogEntry* their_fin, std::optional<std::int64_t> got_fin);
    void tell_ack_of_my_fin(const LogEntry& my_fin, std::optional<std::int64_t> got_fin);
    void tell_end();
    // What this end cannot have been in when it, or the other, sent something: see
    // end_story_evidence.cpp.
    void tell_evidence();
    void add_evidence(std::int64_t at, const StateSet& only, const LogEntry& entry);
    void add_hidden();
    // Behind a closed window data and FIN wait, so close() shows nothing.
    void tell_hidden_fin();
    const std::vector<LogEntry>& log_;
    std::uint8_t me_;
    std::uint8_t peer_;
    std::int64_t delay_;
    bool near_;
    bool incomplete_;
    bool disordered_;
    std::array<bool, 2> numbered_;
    EndStory story_;
};

}  // namespace tcpdx::capture
