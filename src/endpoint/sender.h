#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "endpoint/byte_ring.h"
#include "endpoint/congestion.h"
#include "endpoint/rtt.h"
#include "endpoint/sequence_ranges.h"
#include "endpoint/settings.h"
#include "wire/tcp_header.h"

namespace tcpdx::endpoint {

// The sending half of a connection: a queue of sequence space (SYN, bytes, FIN), of which
// [una, nxt) is in flight, and the decision of what goes out next. That the state changed at CLOSE
// and that the FIN was sent are separate things: only the second happens here.
//
// There is no list of segments. What the peer holds is a set of ranges, what is lost is everything
// else below an edge, so a retransmission is cut anew from the queue.
class Sender {
public:
    explicit Sender(const Settings& settings);

    void begin(std::uint32_t initial_sequence);
    // The handshake is over: how large segments are, and whether the peer sends SACK.
    void establish(std::uint32_t segment_size, bool sack);
    void set_segment_size(std::uint32_t bytes);  // the path MTU shrank

    // ---- the queue
    std::size_t append(std::span<const std::byte> data) { return queue_.append(data); }
    void queue_fin() { fin_queued_ = true; }
    void set_capacity(std::size_t bytes) { queue_.set_capacity(bytes); }
    [[nodiscard]] std::size_t room() const { return queue_.free(); }
    [[nodiscard]] std::size_t queued_bytes() const { return queue_.size(); }  // unacknowledged too
    [[nodiscard]] std::uint32_t unsent_bytes() const;
    [[nodiscard]] std::uint32_t end_of_data() const;
    [[nodiscard]] bool fin_queued() const { return fin_queued_; }
    [[nodiscard]] bool fin_acknowledged() const;
    [[nodiscard]] bool syn_acknowledged() const { return una_ != iss_; }
    void copy(std::uint32_t sequence, std::span<std::byte> out) const;

    [[nodiscard]] std::uint32_t iss() const { return iss_; }
    [[nodiscard]] std::uint32_t una() const { return una_; }
    [[nodiscard]] std::uint32_t nxt() const { return nxt_; }
    [[nodiscard]] std::uint64_t acknowledged_bytes() const { return acknowledged_bytes_; }
    [[nodiscard]] bool outstanding() const { return una_ != nxt_; }
    // The latest acknowledgment that is not of the future. A probe of a zero window was sent, but
    // not counted as sent.
    [[nodiscard]] std::uint32_t highest_acceptable_ack() const { return nxt_ + (probing_ ? 1 : 0); }

    // ---- segments in
    void update_window(std::uint32_t sequence, std::uint32_t acknowledgment, std::uint32_t window);
    void set_window(std::uint32_t sequence, std::uint32_t acknowledgment, std::uint32_t window);
    [[nodiscard]] std::uint32_t window() const { return window_; }
    [[nodiscard]] std::uint32_t max_window() const { return max_window_; }

    struct Acknowledgment {
        std::uint32_t number = 0;
        std::span<const wire::SackBlock> sack;
        bool may_be_duplicate = false;  // no data, SYN or FIN, and the window is as it was
        bool congestion_experienced = false;
        std::optional<Duration> round_trip;  // through the timestamps
    };
    // The number has been found acceptable. True when it acknowledges something new.
    bool acknowledge(const Acknowledgment& ack, Time now);

    // ---- segments out
    void repeat_syn() { syn_due_ = true; }
    // The SYN's retransmission timer fires no later than this.
    void retransmit_by(Time at);
    struct Plan {
        std::uint32_t sequence = 0;
        std::uint32_t length = 0;
        bool syn = false;
        bool fin = false;
        bool push = false;
        bool full = false;  // it would have been longer, but for the size of segments
        bool retransmission = false;
        bool probe = false;
        bool window_reduced = false;  // CWR
    };
    // What to send now, with so many bytes taken from the segment by options beyond the usual ones.
    // Call sent() if it is.
    [[nodiscard]] std::optional<Plan> plan(std::uint32_t option_bytes) const;
    void sent(const Plan& plan, Time now);

    void set_nagle(bool on) { nagle_ = on; }
    void set_cork(bool on) { corked_ = on; }

    // ---- timers
    // Runs what is due. After it, and after everything else, settle() starts and stops timers.
    void advance_time(Time now);
    void settle(Time now);
    [[nodiscard]] std::optional<Time> next_deadline() const;
    // RFC 9293, 3.8.3: R1 was passed since the last call; R2 is passed.
    [[nodiscard]] bool take_r1();
    [[nodiscard]] bool gave_up(Time now) const;
    void set_r2(std::optional<Duration> limit);
    void stop_timers();
    // A connection that is being opened passively has limits of its own.
    void set_passive() { passive_ = true; }
    void peer_is_alive(Time now) { progress_at_ = now; }
    // The path takes only smaller segments: what is in flight has been dropped on it.
    void lose_all_in_flight();

    [[nodiscard]] const RttEstimator& rtt() const { return rtt_; }
    [[nodiscard]] const Congestion& congestion() const { return congestion_; }
    [[nodiscard]] unsigned retransmissions() const { return retransmissions_; }
    [[nodiscard]] std::uint32_t total_retransmissions() const { return total_retransmissions_; }
    [[nodiscard]] unsigned unanswered_probes() const { return unanswered_probes_; }
    [[nodiscard]] bool in_recovery() const { return in_recovery_; }
    [[nodiscard]] std::uint32_t segment_size() const { return segment_size_; }
    // RFC 6675, SetPipe: what is thought to be still on its way.
    [[nodiscard]] std::uint32_t pipe() const;
    // What is thought to be lost, and what of it has been sent again.
    [[nodiscard]] std::uint32_t lost_bytes() const;
    [[nodiscard]] std::uint32_t repaired_bytes() const;
    [[nodiscard]] const SequenceRanges& scoreboard() const { return scoreboard_; }
    [[nodiscard]] bool is_consistent() const;

private:
    [[nodiscard]] std::uint32_t end() const { return end_of_data() + (fin_queued_ ? 1 : 0); }
    [[nodiscard]] std::uint32_t first_data() const { return una_ == iss_ ? iss_ + 1 : una_; }
    [[nodiscard]] std::uint32_t window_edge() const { return una_ + window_; }
    [[nodiscard]] bool window_is_closed() const { return syn_acknowledged() && window_ == 0; }
    [[nodiscard]] bool lost_by_sack() const;
    [[nodiscard]] std::uint32_t loss_edge() const;
    [[nodiscard]] std::optional<SequenceRange> range_to_repair() const;
    [[nodiscard]] Plan cut(SequenceRange range, std::uint32_t limit) const;
    [[nodiscard]] std::optional<Plan> plan_repair(std::uint32_t limit) const;
    [[nodiscard]] std::optional<Plan> plan_new(std::uint32_t limit) const;
    [[nodiscard]] bool worth_sending(std::uint32_t length, std::uint32_t limit) const;
    [[nodiscard]] std::uint32_t congestion_room() const;

    void remove_acknowledged(std::uint32_t number);
    bool note_sack(std::span<const wire::SackBlock> blocks);
    void measure(const Acknowledgment& ack, Time now);
    void progress(std::uint32_t bytes, std::uint32_t flight, Time now);
    void duplicate(Time now);
    void enter_recovery(Time now);
    void lose_first_segment();
    void retransmission_timeout(Time now);
    void syn_timeout();
    [[nodiscard]] std::optional<unsigned> retransmission_limit() const;
    [[nodiscard]] std::optional<Duration> time_limit() const;

    const Settings* settings_;
    ByteRing queue_;
    RttEstimator rtt_;
    Congestion congestion_;
    bool fin_queued_ = false;
    bool fin_acknowledged_ = false;
    bool passive_ = false;
    bool sack_ = false;
    bool nagle_ = true;
    bool corked_ = false;

    std::uint32_t iss_ = 0;
    std::uint32_t una_ = 0;
    std::uint64_t acknowledged_bytes_ = 0;
    std::uint32_t nxt_ = 0;
    std::uint32_t window_ = 0;
    std::uint32_t window_sequence_ = 0;        // SND.WL1
    std::uint32_t window_acknowledgment_ = 0;  // SND.WL2
    std::uint32_t max_window_ = 0;
    std::uint32_t segment_size_ = 536;
    // draft-minshall-nagle: where the last segment that was not full ended.
    std::uint32_t short_end_ = 0;

    // ---- loss
    SequenceRanges scoreboard_;  // what the peer holds beyond una
    unsigned duplicates_ = 0;
    std::uint32_t limited_transmit_ = 0;  // sent on duplicates, beyond the congestion window
    bool in_recovery_ = false;
    bool repair_at_once_ = false;   // one segment goes whatever the congestion window says
    std::uint32_t recover_ = 0;     // RFC 6582: what had been sent when the loss was found
    std::uint32_t lost_until_ = 0;  // all before it that is not on the scoreboard is lost
    std::uint32_t repaired_ = 0;    // HighRxt: the lost before it has been sent again
    std::uint32_t ecn_recover_ = 0;
    bool window_reduced_ = false;

    // ---- round-trip time, one segment at a time where there are no timestamps
    std::optional<Time> timed_at_;
    std::uint32_t timed_sequence_ = 0;

    // ---- timers
    std::optional<Time> retransmit_at_;
    std::optional<Time> persist_at_;
    std::optional<Time> override_at_;
    Time progress_at_{};
    Time last_sent_{};
    bool has_sent_ = false;
    unsigned retransmissions_ = 0;  // of what is at una
    std::uint32_t total_retransmissions_ = 0;
    unsigned probes_ = 0;  // how often the wait between them has doubled
    unsigned unanswered_probes_ = 0;
    bool probe_due_ = false;
    bool probing_ = false;
    bool override_ = false;
    bool r1_passed_ = false;
    bool syn_due_ = false;
    bool syn_lost_ = false;
    bool syn_hurried_ = false;  // its retransmission was put forward: that tells of no loss
    std::optional<Duration> r2_;
    std::optional<Duration> r2_syn_;
};

}  // namespace tcpdx::endpoint
