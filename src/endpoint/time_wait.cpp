#include "endpoint/time_wait.h"

#include "endpoint/reset.h"
#include "wire/sequence.h"

namespace tcpdx::endpoint {
namespace {

// RFC 7323, 5.5: in that time the clock of timestamps may have gone half round.
constexpr Duration kTimestampsExpireAfter = std::chrono::hours(24 * 24);

bool opens_anew(const TimeWait& time_wait, const wire::TcpSegment& syn, Time now) {
    const bool higher = wire::after(syn.sequence, time_wait.rcv_nxt);
    if (!time_wait.timestamps || !syn.options.timestamps) {
        return higher;
    }
    const std::uint32_t value = syn.options.timestamps->value;
    if (value == time_wait.timestamps->value) {
        return higher;
    }
    return !time_wait.timestamps->is_newer_than(value, now);
}

TimeWaitVerdict reset_arrives(const TimeWait& time_wait, const wire::TcpSegment& reset,
                              const Settings& settings) {
    const bool exact = reset.sequence == time_wait.rcv_nxt;
    if (!exact && !wire::in_range(reset.sequence, time_wait.rcv_nxt, time_wait.rcv_wnd)) {
        return TimeWaitVerdict::Ignore;
    }
    // No challenge where it is not exact: the others send none either, and nobody is there to whom
    // the connection would still matter.
    const bool counts = exact || !settings.rfc5961;
    return counts && !settings.rfc1337 ? TimeWaitVerdict::Delete : TimeWaitVerdict::Ignore;
}

// tcp_timewait_state_process(), for what is neither a RST nor a SYN that opens anew: only a bare
// segment at RCV.NXT is not answered, and that and all with ACK begin the wait anew.
TimeWaitVerdict segment_in_linux_time_wait(TimeWait& time_wait, const wire::TcpSegment& segment,
                                           bool old, const Settings& settings, Time now) {
    const bool bare =
        !old && segment.sequence == time_wait.rcv_nxt && sequence_length(segment) == 0;
    if (bare || old || segment.flags.ack) {
        time_wait.expires = now + 2 * settings.msl;
    }
    return bare ? TimeWaitVerdict::Ignore : TimeWaitVerdict::Acknowledge;
}

}  // namespace

bool RecentTimestamp::is_newer_than(std::uint32_t other, Time now) const {
    return wire::before(other, value) && now - seen_at < kTimestampsExpireAfter;
}

TimeWaitVerdict segment_in_time_wait(TimeWait& time_wait, const wire::TcpSegment& segment,
                                     const Settings& settings, Time now) {
    const wire::TcpFlags& flags = segment.flags;
    const bool opens = flags.syn && !flags.ack && !flags.rst;
    if (opens && settings.tw_reopen && opens_anew(time_wait, segment, now)) {
        if (flags.fin && settings.drop_synfin) {
            // In Linux its listener drops it, but only after TIME-WAIT has made room for it.
            return settings.linux_arrivals ? TimeWaitVerdict::Delete : TimeWaitVerdict::Ignore;
        }
        return TimeWaitVerdict::Reopen;
    }
    const bool old = time_wait.timestamps && segment.options.timestamps &&
                     time_wait.timestamps->is_newer_than(segment.options.timestamps->value, now);
    if (flags.rst) {
        // RFC 7323, 5.3, exempts a RST from PAWS; Linux' mini-sockets do not (tcp_paws_reject()).
        return old && settings.linux_arrivals ? TimeWaitVerdict::Ignore
                                              : reset_arrives(time_wait, segment, settings);
    }
    if (settings.linux_arrivals) {
        return segment_in_linux_time_wait(time_wait, segment, old, settings, now);
    }
    if (flags.syn || old) {
        return TimeWaitVerdict::Acknowledge;
    }
    const std::uint32_t length = sequence_length(segment);
    if (!flags.ack) {
        const bool outside =
            !wire::in_range(segment.sequence, time_wait.rcv_nxt, time_wait.rcv_wnd);
        return outside ? TimeWaitVerdict::Acknowledge : TimeWaitVerdict::Ignore;
    }
    if (flags.fin && segment.sequence + length == time_wait.rcv_nxt) {
        time_wait.expires = now + 2 * settings.msl;
    }
    const bool of_the_future = wire::after(segment.acknowledgment, time_wait.snd_nxt);
    const bool repeats_the_last =
        length == 0 && segment.sequence == time_wait.rcv_nxt && !of_the_future;
    return repeats_the_last ? TimeWaitVerdict::Ignore : TimeWaitVerdict::Acknowledge;
}

wire::TcpSegment acknowledgment_from_time_wait(const TimeWait& time_wait, Time now) {
    wire::TcpSegment segment{.sequence = time_wait.snd_nxt,
                             .acknowledgment = time_wait.rcv_nxt,
                             .window = time_wait.window_field,
                             .flags = {.ack = true}};
    if (time_wait.timestamps) {
        segment.options.timestamps = {.value = timestamp_now(time_wait.timestamp_offset, now),
                                      .echo_reply = time_wait.timestamps->value};
    }
    return segment;
}

std::uint32_t timestamp_now(std::uint32_t offset, Time now) {
    const auto ticks =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
    return offset + static_cast<std::uint32_t>(ticks.count());
}

}  // namespace tcpdx::endpoint
