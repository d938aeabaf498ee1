// What goes out, and when.

#include <algorithm>

#include "endpoint/connection.h"
#include "wire/sequence.h"

namespace tcpdx::endpoint {

bool Connection::may_send_plan() const {
    switch (state_) {
        case TcpState::SynSent:
        case TcpState::SynReceived:
        case TcpState::Established:
        case TcpState::FinWait1:
        case TcpState::CloseWait:
        case TcpState::Closing:
        case TcpState::LastAck:
            return true;
        case TcpState::Closed:
        case TcpState::Listen:
        case TcpState::FinWait2:
        case TcpState::TimeWait:
            return false;
    }
    return false;
}

std::optional<Connection::Output> Connection::poll_output(Time now, std::span<std::byte> room) {
    Output output;
    if (auto reply = next_reply(now)) {
        output.segment = *reply;
        return output;
    }
    if (may_send_plan()) {
        if (const auto plan = sender_.plan(sack_option_bytes())) {
            output.segment = segment_from(*plan, room, now);
            if (ecn_on_ && plan->length > 0 && !plan->retransmission && !plan->probe) {
                output.ecn = wire::Ecn::Capable0;
            }
            sender_.sent(*plan, now);
            settle(now);
            return output;
        }
    }
    if (keep_alive_due_) {
        // RFC 9293, SHLD-12: a number that has been acknowledged, so that the peer has to answer.
        keep_alive_due_ = false;
        output.segment = pure_acknowledgment(now);
        --output.segment.sequence;
        if (settings_->keep_alive_with_octet) {
            room[0] = std::byte{0};
            output.segment.payload = room.first(1);
        }
        return output;
    }
    if (acknowledge_now_) {
        output.segment = pure_acknowledgment(now);
        return output;
    }
    return std::nullopt;
}

// A RST, or a duplicate acknowledgment: that must be by itself, since data would hide it
// (RFC 5681, 2).
std::optional<wire::TcpSegment> Connection::next_reply(Time now) {
    if (reset_) {
        wire::TcpSegment segment = *reset_;
        reset_.reset();
        segment.source_port = tuple_.local.port;
        segment.destination_port = tuple_.remote.port;
        if (timestamps_on_ && segment.flags.ack) {
            segment.options.timestamps = {.value = timestamp_now(timestamp_offset_, now),
                                          .echo_reply = recent_timestamp_.value};
        }
        return segment;
    }
    if (state_ == TcpState::Closed || state_ == TcpState::Listen || duplicates_owed_ == 0) {
        return std::nullopt;
    }
    --duplicates_owed_;
    return pure_acknowledgment(now);
}

wire::TcpSegment Connection::pure_acknowledgment(Time now) {
    if (state_ == TcpState::TimeWait) {
        wire::TcpSegment segment = acknowledgment_from_time_wait(time_wait_, now);
        segment.source_port = tuple_.local.port;
        segment.destination_port = tuple_.remote.port;
        if (sack_on_) {
            receiver_.write_sack(segment.options, 1);  // what came twice, with the last FIN
        }
        acknowledge_now_ = false;
        return segment;
    }
    wire::TcpSegment segment{.sequence = sender_.nxt(), .flags = {.ack = true}};
    finish(segment, now);
    return segment;
}

wire::TcpSegment Connection::segment_from(const Sender::Plan& plan, std::span<std::byte> room,
                                          Time now) {
    wire::TcpSegment segment{
        .sequence = plan.sequence,
        .flags = {.fin = plan.fin, .syn = plan.syn, .psh = plan.push, .ack = syn_received_}};
    if (plan.length > 0) {
        const auto payload = room.first(plan.length);
        sender_.copy(plan.sequence, payload);
        segment.payload = payload;
    }
    if (plan.syn) {
        const bool offers_ecn = settings_->ecn && !syn_received_ && !plan.retransmission;
        segment.flags.ece = offers_ecn || (syn_received_ && ecn_on_);
        segment.flags.cwr = offers_ecn;
        add_syn_options(segment, now);
    }
    segment.flags.cwr = segment.flags.cwr || plan.window_reduced;
    if (send_urgent_on_ && wire::after(send_urgent_, plan.sequence) && !plan.syn) {
        segment.flags.urg = true;
        segment.urgent_pointer =
            static_cast<std::uint16_t>(std::min(send_urgent_ - plan.sequence, 0xffffU));
    }
    finish(segment, now);
    return segment;
}

void Connection::add_syn_options(wire::TcpSegment& segment, Time now) {
    wire::TcpOptions& options = segment.options;
    last_syn_stamp_ = timestamp_now(timestamp_offset_, now);
    if (sender_.nxt() == sender_.iss()) {
        first_syn_stamp_ = last_syn_stamp_;
    }
    options.max_segment_size = static_cast<std::uint16_t>(receive_segment_size());
    options.sack_permitted = syn_received_ ? sack_on_ : settings_->sack;
    if (syn_received_ ? scaling_on_ : settings_->window_scaling) {
        options.window_shift = settings_->window_shift;
    }
    if (!syn_received_ && settings_->timestamps) {
        options.timestamps = {.value = timestamp_now(timestamp_offset_, now), .echo_reply = 0};
    }
}

// The part of a segment that acknowledges.
void Connection::finish(wire::TcpSegment& segment, Time now) {
    segment.source_port = tuple_.local.port;
    segment.destination_port = tuple_.remote.port;
    // The window of a SYN is never scaled (RFC 7323, 2.2).
    segment.window = receiver_.offer_window(receive_segment_size(),
                                            segment.flags.syn ? std::uint8_t{0} : receive_shift_);
    if (!segment.flags.ack) {
        return;
    }
    segment.acknowledgment = receiver_.next();
    segment.flags.ece = segment.flags.ece || (echo_congestion_ && !segment.flags.syn);
    if (timestamps_on_) {
        segment.options.timestamps = {.value = timestamp_now(timestamp_offset_, now),
                                      .echo_reply = recent_timestamp_.value};
    }
    if (sack_on_ && !segment.flags.syn && receiver_.sack_blocks() > 0) {
        receiver_.write_sack(segment.options, timestamps_on_ ? 3 : 4);
    }
    last_ack_sent_ = segment.acknowledgment;
    acknowledge_now_ = false;
    unacknowledged_segments_ = 0;
    delayed_ack_at_.reset();
}

std::uint32_t Connection::sack_option_bytes() const {
    const std::size_t blocks =
        sack_on_ ? std::min<std::size_t>(receiver_.sack_blocks(), timestamps_on_ ? 3 : 4) : 0;
    return blocks == 0 ? 0 : static_cast<std::uint32_t>(4 + 8 * blocks);
}

}  // namespace tcpdx::endpoint
