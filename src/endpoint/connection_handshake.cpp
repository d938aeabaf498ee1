// Segments that arrive in SYN-SENT (RFC 9293, 3.10.7.3), and what the two SYNs agree on.

#include <algorithm>

#include "endpoint/connection.h"
#include "wire/sequence.h"

namespace tcpdx::endpoint {

namespace {

constexpr std::uint16_t kDefaultSegmentSizeV4 = 536;  // RFC 9293, MUST-15
constexpr std::uint16_t kDefaultSegmentSizeV6 = 1220;

}  // namespace

void Connection::negotiate(const wire::TcpSegment& syn, Time now) {
    const wire::TcpOptions& options = syn.options;
    receiver_.begin(syn.sequence);
    syn_received_ = true;
    const bool v4 = tuple_.local.address.family == IpFamily::V4;
    peer_segment_size_ =
        options.max_segment_size.value_or(v4 ? kDefaultSegmentSizeV4 : kDefaultSegmentSizeV6);
    sack_on_ = settings_->sack && options.sack_permitted;
    timestamps_on_ = settings_->timestamps && options.timestamps;
    if (timestamps_on_) {
        recent_timestamp_ = {.value = options.timestamps->value, .seen_at = now};
    }
    scaling_on_ = settings_->window_scaling && options.window_shift;
    if (scaling_on_) {
        send_shift_ = std::min<std::uint8_t>(*options.window_shift, 14);
        receive_shift_ = settings_->window_shift;
    }
}

void Connection::arrives_in_syn_sent(const wire::TcpSegment& segment, Time now) {
    const wire::TcpFlags& flags = segment.flags;
    const bool foreign_echo = settings_->linux_arrivals && settings_->timestamps &&
                              segment.options.timestamps && !echoes_our_syn(segment, now);
    if (flags.ack && (!wire::after(segment.acknowledgment, sender_.iss()) ||
                      wire::after(segment.acknowledgment, sender_.nxt()) || foreign_echo)) {
        if (!flags.rst) {
            queue_reset(segment.acknowledgment);
            if (settings_->retry_syn_after_wrong_answer.count() > 0) {
                sender_.retransmit_by(now + settings_->retry_syn_after_wrong_answer);
            }
        }
        return;
    }
    if (flags.rst) {
        if (flags.ack) {
            fail(Failure::Refused, CauseKind::Segment, "RST received: connection refused");
        }
        return;
    }
    if (!flags.syn || (flags.fin && settings_->drop_synfin && !settings_->linux_arrivals)) {
        return;
    }
    negotiate(segment, now);
    if (flags.ack) {
        syn_ack_arrives(segment, now);
    } else {
        simultaneous_syn_arrives(segment, now);
    }
}

void Connection::syn_ack_arrives(const wire::TcpSegment& segment, Time now) {
    // RFC 3168, 6.1.1: ECE without CWR.
    ecn_on_ = settings_->ecn && segment.flags.ece && !segment.flags.cwr;
    take_acknowledgment(segment, now);
    change_state(TcpState::Established, CauseKind::Segment, "SYN+ACK received");
    become_established(now);
    acknowledge_at_once();
    if (!settings_->keep_data_on_syn) {
        return;
    }
    wire::TcpSegment rest = segment;
    rest.flags.syn = false;
    ++rest.sequence;
    take_urgent(rest);
    if (take_text(rest, now) && receiver_.at_fin()) {
        take_fin(now);
    }
}

void Connection::simultaneous_syn_arrives(const wire::TcpSegment& segment, Time now) {
    ecn_on_ = false;
    sender_.repeat_syn();
    change_state(TcpState::SynReceived, CauseKind::Segment,
                 "SYN received: both ends opened at once");
    if (settings_->keep_data_on_syn) {
        // "Queue them for processing after the ESTABLISHED state has been reached."
        receiver_.hold(segment.sequence + 1, segment.payload, segment.flags.fin);
    }
    acknowledge_now_ = false;  // the SYN is acknowledged by ours
    settle(now);
}

// After the change of state: what had to wait for it.
void Connection::become_established(Time now) {
    apply_segment_size(true);
    if (close_when_open_) {
        send_fin("close() or shutdown(SHUT_WR)");
    }
    restart_keep_alive(now);
    if (receiver_.release() != Receiver::Effect::Nothing) {
        raise(EventKind::Readable);
        acknowledge_at_once();
    }
    if (receiver_.at_fin()) {
        take_fin(now);
    }
}

}  // namespace tcpdx::endpoint
