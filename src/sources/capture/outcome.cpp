#include "sources/capture/outcome.h"

#include <algorithm>

namespace tcpdx::capture {
namespace {

const LogEntry* first(const std::vector<LogEntry>& log, SegmentMark mark) {
    const auto found = std::find_if(log.begin(), log.end(),
                                    [&](const LogEntry& entry) { return entry.mark == mark; });
    return found == log.end() ? nullptr : &*found;
}

const LogEntry* first(const std::vector<LogEntry>& log, SegmentMark mark, std::uint8_t from) {
    const auto found = std::find_if(log.begin(), log.end(), [&](const LogEntry& entry) {
        return entry.mark == mark && entry.from == from;
    });
    return found == log.end() ? nullptr : &*found;
}

void set_only(CapturedEnd& end, const StateSet& possible, CaptureTime since, CapturedCause cause,
              std::uint32_t packet, bool inferred) {
    end.states.clear();
    end.states.push_back({.possible = possible,
                          .since = since,
                          .cause = cause,
                          .packet = packet,
                          .inferred = inferred});
}

CapturedOutcome outcome_of(const LiveConnection& live, const std::array<const LiveFlow*, 2>& flows,
                           const std::vector<LogEntry>& log) {
    const bool syn = flows[0]->syn_seen || flows[1]->syn_seen;
    const bool syn_ack = flows[0]->syn_ack_seen || flows[1]->syn_ack_seen;
    // An opener acknowledges a SYN only when it has got one, captured or not.
    const bool established = live.is_established() || (syn_ack && flows[1]->spoke) ||
                             (flows[0]->syn_seen && flows[0]->acked_syn);
    const LogEntry* reset = first(log, SegmentMark::Rst);
    if (!syn && !syn_ack) {
        const bool exchanged = flows[0]->data_segments + flows[1]->data_segments > 0 ||
                               (flows[0]->packets > 0 && flows[1]->packets > 0 && reset == nullptr);
        if (reset == nullptr && !exchanged && !flows[0]->fin_seen && !flows[1]->fin_seen) {
            return flows[0]->packets + flows[1]->packets > 1 ? CapturedOutcome::Open
                                                             : CapturedOutcome::Stray;
        }
        if (!exchanged && flows[0]->packets + flows[1]->packets <= 2) {
            return CapturedOutcome::Stray;
        }
    } else if (!established && !flows[0]->fin_seen && !flows[1]->fin_seen) {
        if (!syn_ack && flows[1]->resets > 0) {
            return CapturedOutcome::Refused;
        }
        if (!syn_ack && first(log, SegmentMark::IcmpError, 0) != nullptr) {
            return CapturedOutcome::RefusedIcmp;
        }
        if (flows[0]->resets > 0) {
            return CapturedOutcome::Aborted;
        }
        if (flows[1]->resets > 0) {
            return CapturedOutcome::Reset;
        }
        if (!syn_ack && flows[1]->packets == 0 && flows[0]->packets > 0 &&
            flows[0]->data_segments == 0) {
            return CapturedOutcome::Unanswered;
        }
        return syn_ack ? CapturedOutcome::HalfOpen : CapturedOutcome::Unanswered;
    }
    const bool both_fins = flows[0]->fin_seen && flows[1]->fin_seen;
    // A reset after both FINs changes little: the close had been agreed on.
    if (both_fins && live.both_closed()) {
        return CapturedOutcome::Closed;
    }
    if (reset != nullptr) {
        return CapturedOutcome::Reset;
    }
    if (both_fins) {
        return CapturedOutcome::Closing;
    }
    return flows[0]->fin_seen || flows[1]->fin_seen ? CapturedOutcome::HalfClosed
                                                    : CapturedOutcome::Open;
}

void tell_who_closed(const std::vector<LogEntry>& log, CapturedConnection& connection) {
    const LogEntry* fins[2]{first(log, SegmentMark::Fin, 0), first(log, SegmentMark::Fin, 1)};
    const LogEntry* reset = first(log, SegmentMark::Rst);
    if (fins[0] == nullptr && fins[1] == nullptr) {
        if (reset != nullptr) {
            connection.closed_first = reset->from;
            connection.closed_by_reset = true;
        }
        return;
    }
    if (fins[0] != nullptr && fins[1] != nullptr) {
        const bool second_saw_first = (fins[1]->extra & kAcksFin) != 0;
        const bool first_saw_second = (fins[0]->extra & kAcksFin) != 0;
        connection.simultaneous_close = !second_saw_first && !first_saw_second;
        if (second_saw_first != first_saw_second) {
            connection.closed_first = second_saw_first ? std::uint8_t{0} : std::uint8_t{1};
            return;
        }
        connection.closed_first =
            fins[0]->packet < fins[1]->packet ? std::uint8_t{0} : std::uint8_t{1};
        return;
    }
    connection.closed_first = fins[0] != nullptr ? std::uint8_t{0} : std::uint8_t{1};
}

// The state in which the reset found the end that received it.
void tell_what_reset_hit(const std::vector<LogEntry>& log, CapturedConnection& connection) {
    const LogEntry* reset = first(log, SegmentMark::Rst);
    if (reset == nullptr) {
        return;
    }
    if ((reset->extra & ~kUnheard) <= static_cast<unsigned>(SegmentMark::BusySince)) {
        connection.reset_provoked_by = static_cast<SegmentMark>(reset->extra & ~kUnheard);
    }
    const std::vector<CapturedState>& states = connection.ends[1U - reset->from].states;
    for (std::size_t i = 1; i < states.size(); ++i) {
        if (states[i].packet == reset->packet && states[i].cause == CapturedCause::Received) {
            connection.reset_hit = states[i - 1];
            connection.reset_from = reset->from;
        }
    }
}

// Nothing came back to the SYN: then nothing is known of the other end, and at some time the opener
// gives up without a word.
void tell_unanswered(const LiveFlow& opener, const std::vector<LogEntry>& log, std::int64_t end_ns,
                     CapturedConnection& connection) {
    StateSet anything;
    anything.add(TcpState::Closed).add(TcpState::Listen).add(TcpState::SynReceived);
    set_only(connection.ends[1], anything, connection.first, CapturedCause::Unseen, 0, true);

    std::vector<std::int64_t> sent;
    for (const LogEntry& entry : log) {
        if (entry.from == 0 &&
            (entry.mark == SegmentMark::Syn || entry.mark == SegmentMark::SynAgain)) {
            sent.push_back(entry.time_ns);
        }
    }
    CapturedEnd& end = connection.ends[0];
    if (sent.empty() || end.states.empty() || opener.resets > 0 ||
        end.states.back().certain() != TcpState::SynSent) {
        return;
    }
    // RFC 6298, 5.5: each wait is twice the one before; the first is a second.
    constexpr std::int64_t kLongest = 1'000'000'000'000;
    const std::int64_t wait =
        sent.size() < 2
            ? 1'000'000'000
            : 2 * std::clamp<std::int64_t>(sent.back() - sent[sent.size() - 2], 0, kLongest);
    const std::int64_t due = sent.back() + wait;
    // Had it gone on, another SYN would be in the capture by now.
    const bool over = end_ns > due + wait / 4 + 100'000'000;
    CapturedState given_up{.since = CaptureTime(std::chrono::nanoseconds(due)),
                           .earliest = CaptureTime(std::chrono::nanoseconds(sent.back())),
                           .cause = CapturedCause::Unseen,
                           .inferred = true};
    given_up.possible.add(TcpState::Closed);
    if (over) {
        given_up.latest = given_up.since;
    } else {
        given_up.possible.add(TcpState::SynSent);
    }
    end.states.back().until = given_up.since;
    end.states.push_back(given_up);
}

}  // namespace

void tell_outcome(const LiveConnection& live, const std::array<const LiveFlow*, 2>& flows,
                  const std::vector<LogEntry>& log, std::int64_t end_ns,
                  CapturedConnection& connection) {
    connection.outcome = outcome_of(live, flows, log);
    tell_who_closed(log, connection);
    tell_what_reset_hit(log, connection);
    StateSet closed;
    closed.add(TcpState::Closed);
    StateSet unknown_listener;
    unknown_listener.add(TcpState::Closed).add(TcpState::Listen);
    if (connection.outcome == CapturedOutcome::Refused) {
        const LogEntry* reset = first(log, SegmentMark::Rst, 1);
        set_only(connection.ends[1], closed, connection.first, CapturedCause::Sent,
                 reset != nullptr ? reset->packet : 0, false);
    } else if (connection.outcome == CapturedOutcome::RefusedIcmp) {
        set_only(connection.ends[1], unknown_listener, connection.first, CapturedCause::Unseen, 0,
                 true);
    } else if (connection.outcome == CapturedOutcome::Unanswered && !connection.simultaneous_open) {
        tell_unanswered(*flows[0], log, end_ns, connection);
    }
}

void tell_limits(const LiveConnection& live, const std::array<EndStory, 2>& stories,
                 std::int64_t end_ns, CapturedConnection& connection) {
    const auto add = [&](CaptureLimit limit, bool applies) {
        if (applies) {
            connection.limits.push_back(limit);
        }
    };
    using enum CapturedOutcome;
    const CapturedOutcome outcome = connection.outcome;
    const auto& ends = connection.ends;
    const bool one_direction = ends[0].sent.packets == 0 || ends[1].sent.packets == 0;
    const bool answered = outcome != Unanswered && outcome != RefusedIcmp && outcome != Stray;
    add(CaptureLimit::StartsMidWay, !stories[0].saw_opening && outcome != Stray);
    add(CaptureLimit::EndsMidWay,
        outcome == Open || outcome == HalfClosed || outcome == Closing || outcome == HalfOpen);
    add(CaptureLimit::OneDirection, one_direction && answered);
    add(CaptureLimit::PacketsMissing, !one_direction && (ends[0].sent.bytes_not_captured > 0 ||
                                                         ends[1].sent.bytes_not_captured > 0));
    add(CaptureLimit::HeadersCut, live.headers_cut || live.windows_cut);
    add(CaptureLimit::NoTimes,
        live.no_times || live.times_backwards || (live.first_ns == 0 && end_ns == 0));
    add(CaptureLimit::ArrivalAssumed, stories[0].arrival_assumed || stories[1].arrival_assumed);
    add(CaptureLimit::FinNotSent, stories[0].fin_hidden || stories[1].fin_hidden);
    add(CaptureLimit::SilentTimeout,
        outcome == Unanswered || outcome == Open || outcome == HalfClosed || outcome == HalfOpen);
    add(CaptureLimit::CloseOrder, connection.simultaneous_close);
    add(CaptureLimit::ListenerUnknown, outcome == Unanswered || outcome == RefusedIcmp);
    add(CaptureLimit::MarksLimited, live.marks_limited);
}

}  // namespace tcpdx::capture
