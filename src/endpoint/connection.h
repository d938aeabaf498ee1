#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "endpoint/events.h"
#include "endpoint/identity.h"
#include "endpoint/receiver.h"
#include "endpoint/sender.h"
#include "endpoint/settings.h"
#include "endpoint/time.h"
#include "endpoint/time_wait.h"
#include "model/tcp_state.h"
#include "wire/ip_header.h"
#include "wire/tcp_header.h"

namespace tcpdx::endpoint {

// Why a call was refused (RFC 9293, 3.10.1 to 3.10.5).
enum class CallError : std::uint8_t {
    NotExist,      // no such connection
    Exists,        // it is open already
    Closing,       // this end has closed
    NotConnected,  // not in this state
    WouldBlock,    // later
    Failed,        // the connection has failed: see failure()
};

// One end of a TCP connection, without sockets, threads or a clock.
//
// Calls, segments and times go in; then the owner empties poll_output() and poll_event(), and calls
// advance_time() at next_deadline(). Nothing is ever called back, and no segment allocates.
class Connection {
public:
    // `settings` has to outlive the connection.
    Connection(const Settings& settings, const FourTuple& tuple);

    // ---- calls (RFC 9293, 3.10.1 to 3.10.5)
    void open(Time now, std::optional<std::uint32_t> iss = {});
    // From LISTEN: the segment is the peer's SYN.
    void open_passively(const wire::TcpSegment& syn, wire::Ecn ecn, Time now,
                        std::optional<std::uint32_t> iss = {});
    [[nodiscard]] Result<std::size_t, CallError> send(std::span<const std::byte> data, Time now,
                                                      bool urgent = false);
    // Zero bytes is the end of the stream.
    [[nodiscard]] Result<std::size_t, CallError> read(std::span<std::byte> out, Time now);
    [[nodiscard]] Result<std::size_t, CallError> peek(std::span<std::byte> out) const;
    // The program is done with the connection: nobody will read what still comes.
    Result<void, CallError> close(Time now);
    // The program has nothing more to send, but reads on.
    Result<void, CallError> shutdown_send(Time now);
    void shutdown_receive(Time now);
    void abort(Time now);

    void set_nagle(bool on, Time now);
    void set_cork(bool on, Time now);
    void set_user_timeout(std::optional<Duration> limit) { sender_.set_r2(limit); }
    struct KeepAlive {
        bool on = false;
        Duration idle{};
        Duration interval{};
        unsigned probes = 0;
    };
    void set_keep_alive(const KeepAlive& keep_alive, Time now);
    [[nodiscard]] const KeepAlive& keep_alive() const { return keep_alive_; }
    // For the next segments, or none: they are acknowledged at once, and what is owed too.
    void set_quick_acknowledgments(bool on, Time now);
    void set_fin_wait_2(Duration limit) { fin_wait_2_ = limit; }
    void set_max_segment_size(std::uint16_t bytes);  // before it is opened
    void set_receive_buffer(std::size_t bytes, Time now);
    void set_send_buffer(std::size_t bytes) { sender_.set_capacity(bytes); }

    // ---- segments and times in
    void receive(const wire::TcpSegment& segment, wire::Ecn ecn, Time now);
    void advance_time(Time now);
    // An ICMP error about a segment that began at `sequence` (RFC 9293, 3.9.2.2).
    enum class IcmpKind : std::uint8_t { Soft, Hard };
    void icmp_error(IcmpError error, IcmpKind kind, std::uint32_t sequence, Time now);
    void path_mtu(std::uint32_t mtu, std::uint32_t sequence, Time now);

    // ---- segments, events and the next time out
    struct Output {
        wire::TcpSegment segment;  // its payload lies in the room that was given
        wire::Ecn ecn = wire::Ecn::NotCapable;
    };
    // `room` is at least as large as a segment's payload can be: the MTU is enough.
    [[nodiscard]] std::optional<Output> poll_output(Time now, std::span<std::byte> room);
    [[nodiscard]] std::optional<Event> poll_event();
    [[nodiscard]] std::optional<Time> next_deadline() const;

    // ---- what it is like
    [[nodiscard]] TcpState state() const { return state_; }
    [[nodiscard]] const FourTuple& tuple() const { return tuple_; }
    [[nodiscard]] Failure failure() const { return failure_; }
    [[nodiscard]] IcmpError last_icmp() const { return last_icmp_; }
    [[nodiscard]] bool passive() const { return passive_; }
    [[nodiscard]] bool orphaned() const { return orphaned_; }
    [[nodiscard]] bool is_synchronized() const;
    [[nodiscard]] std::size_t readable() const { return receiver_.readable(); }
    [[nodiscard]] bool at_end_of_stream() const;
    [[nodiscard]] bool can_send() const;
    [[nodiscard]] std::size_t send_room() const { return sender_.room(); }
    // How many bytes of urgent data are still to be read (RFC 9293, MUST-33).
    [[nodiscard]] std::uint32_t urgent_bytes() const;
    [[nodiscard]] const Sender& sender() const { return sender_; }
    [[nodiscard]] const Receiver& receiver() const { return receiver_; }
    [[nodiscard]] const TimeWait& time_wait() const { return time_wait_; }
    [[nodiscard]] bool timestamps_on() const { return timestamps_on_; }
    [[nodiscard]] bool sack_on() const { return sack_on_; }
    [[nodiscard]] bool ecn_on() const { return ecn_on_; }
    [[nodiscard]] std::uint8_t send_shift() const { return send_shift_; }
    [[nodiscard]] std::uint8_t receive_shift() const { return receive_shift_; }
    [[nodiscard]] std::uint32_t receive_segment_size() const;  // what this end says in its SYN
    [[nodiscard]] std::uint32_t mtu() const { return mtu_; }

    // Whether state, timers and queues agree; for tests and fuzzing.
    [[nodiscard]] bool is_consistent() const;

private:
    // The only writer of the state. The cause is that of a row of the model's table.
    void change_state(TcpState next, CauseKind kind, std::string_view cause);
    void fail(Failure failure, CauseKind kind, std::string_view cause);
    void enter_time_wait(Time now);
    void raise(EventKind kind);
    void push_event(const Event& event);
    void settle(Time now);
    void stop_timers();

    // ---- RFC 9293, 3.10.7.3
    void arrives_in_syn_sent(const wire::TcpSegment& segment, Time now);
    void syn_ack_arrives(const wire::TcpSegment& segment, Time now);
    void simultaneous_syn_arrives(const wire::TcpSegment& segment, Time now);
    void negotiate(const wire::TcpSegment& syn, Time now);
    void become_established(Time now);

    // ---- 3.10.7.4, one function for each step
    void arrives_synchronized(wire::TcpSegment segment, Time now);
    // SYN-RECEIVED, from LISTEN.
    [[nodiscard]] bool half_open() const { return state_ == TcpState::SynReceived && passive_; }
    [[nodiscard]] bool in_mini_window(const wire::TcpSegment& segment) const;
    void arrives_at_orphan(const wire::TcpSegment& segment, Time now);
    [[nodiscard]] bool echoes_our_syn(const wire::TcpSegment& segment, Time now) const;
    bool timestamps_pass(const wire::TcpSegment& segment, Time now);
    enum class SequenceVerdict : std::uint8_t { Acceptable, ControlsOnly, Unacceptable };
    [[nodiscard]] SequenceVerdict judge_sequence(const wire::TcpSegment& segment) const;
    [[nodiscard]] SequenceVerdict judge_sequence_like_linux(const wire::TcpSegment& segment) const;
    void tell_duplicate(const wire::TcpSegment& segment);
    bool sequence_passes(wire::TcpSegment& segment, Time now);
    void reset_arrives(const wire::TcpSegment& segment, Time now);
    void reset_kills();
    bool syn_passes(wire::TcpSegment& segment, Time now);
    [[nodiscard]] std::uint32_t acknowledgment_reach() const;
    bool acknowledgment_passes(wire::TcpSegment& segment, Time now);
    void take_acknowledgment(const wire::TcpSegment& segment, Time now);
    bool our_fin_is_acknowledged(Time now);
    void take_urgent(const wire::TcpSegment& segment);
    bool take_text(const wire::TcpSegment& segment, Time now);
    bool take_text_after_fin(const wire::TcpSegment& segment);
    void take_fin(Time now);
    void note_timestamp(const wire::TcpSegment& segment, Time now);
    void arrives_in_time_wait(const wire::TcpSegment& segment, Time now);

    // ---- answers
    void acknowledge_at_once() { acknowledge_now_ = true; }
    void acknowledge_text(Receiver::Effect effect, Time now);
    bool may_answer_invalid(Time now);
    void challenge(Time now);
    void queue_reset(std::uint32_t sequence);
    void queue_abort_reset();
    void send_fin(std::string_view cause);
    void check_timers(Time now);
    void give_up();
    void keep_alive_timer(Time now);
    void restart_keep_alive(Time now);

    [[nodiscard]] bool may_send_plan() const;
    [[nodiscard]] wire::TcpSegment segment_from(const Sender::Plan& plan, std::span<std::byte> room,
                                                Time now);
    void finish(wire::TcpSegment& segment, Time now);
    void add_syn_options(wire::TcpSegment& segment, Time now);
    [[nodiscard]] std::optional<wire::TcpSegment> next_reply(Time now);
    [[nodiscard]] wire::TcpSegment pure_acknowledgment(Time now);
    [[nodiscard]] std::uint32_t sack_option_bytes() const;
    [[nodiscard]] std::uint32_t ip_header_size() const;
    [[nodiscard]] std::uint32_t path_segment_size() const;
    void apply_segment_size(bool first);

    const Settings* settings_;
    FourTuple tuple_;
    TcpState state_ = TcpState::Closed;
    Sender sender_;
    Receiver receiver_;
    TimeWait time_wait_;
    Failure failure_ = Failure::None;
    IcmpError last_icmp_;

    bool passive_ = false;          // opened from LISTEN (RFC 9293, MUST-11)
    bool orphaned_ = false;         // close() was called
    bool close_when_open_ = false;  // ... before the connection was up
    bool receive_shut_down_ = false;
    bool fin_unread_ = false;  // the program has not read on to the end of the stream

    // ---- agreed in the handshake
    bool timestamps_on_ = false;
    bool sack_on_ = false;
    bool scaling_on_ = false;
    bool ecn_on_ = false;
    bool syn_received_ = false;  // of the peer; its options are known
    std::uint8_t send_shift_ = 0;
    std::uint8_t receive_shift_ = 0;
    std::uint32_t peer_segment_size_ = 536;
    std::uint32_t mtu_;
    std::uint16_t user_segment_size_ = 0;

    // ---- timestamps
    std::uint32_t timestamp_offset_ = 0;
    RecentTimestamp recent_timestamp_;
    std::uint32_t last_ack_sent_ = 0;
    std::uint32_t first_syn_stamp_ = 0;
    std::uint32_t last_syn_stamp_ = 0;

    // ---- urgent data
    std::uint32_t send_urgent_ = 0;  // SND.UP, right behind it
    bool send_urgent_on_ = false;
    std::uint32_t receive_urgent_ = 0;  // RCV.UP
    bool receive_urgent_on_ = false;

    // ---- congestion notification
    bool echo_congestion_ = false;

    // ---- acknowledgments owed
    bool acknowledge_now_ = false;
    unsigned duplicates_owed_ = 0;  // one for each segment out of order (RFC 5681, 4.2)
    unsigned unacknowledged_segments_ = 0;
    unsigned quick_acks_left_;
    std::optional<Time> delayed_ack_at_;

    // A RST goes out as it was made; one waits at most.
    std::optional<wire::TcpSegment> reset_;

    std::optional<Time> answered_invalid_at_;
    Time challenge_second_{};
    unsigned challenges_left_;

    KeepAlive keep_alive_;
    std::optional<Time> keep_alive_at_;
    unsigned keep_alives_unanswered_ = 0;
    bool keep_alive_due_ = false;
    Duration fin_wait_2_;
    std::optional<Time> fin_wait_2_ends_;

    // More than a connection's life has changes of state; what can repeat is kept once.
    std::array<Event, 16> events_{};
    std::size_t first_event_ = 0;
    std::size_t event_count_ = 0;
};

}  // namespace tcpdx::endpoint
