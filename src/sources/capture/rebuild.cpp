#include "sources/capture/rebuild.h"

#include <algorithm>

#include "sources/capture/end_events.h"
#include "sources/capture/outcome.h"
#include "sources/capture/tracker.h"

namespace tcpdx::capture {
namespace {

// As good as at the end itself: a machine or its switch.
constexpr std::int64_t kNearNs = 1'000'000;

StateSet synchronized_states() {
    return StateSet::all()
        .remove(TcpState::Closed)
        .remove(TcpState::Listen)
        .remove(TcpState::SynSent)
        .remove(TcpState::SynReceived);
}

// `last_ms`: of the connection, from its first packet.
CapturedFlow flow_of(const LiveFlow& live, std::uint32_t last_ms) {
    CapturedFlow flow;
    flow.packets = live.packets;
    flow.payload_bytes = live.payload_bytes;
    flow.data_segments = live.data_segments;
    flow.retransmissions = live.retransmissions;
    flow.syn_retransmissions = live.syn_retransmissions;
    flow.fin_retransmissions = live.fin_retransmissions;
    flow.duplicates = live.duplicates;
    flow.out_of_order = live.out_of_order;
    flow.keepalives = live.keepalives;
    flow.zero_window_probes = live.zero_window_probes;
    flow.zero_windows = live.zero_windows;
    flow.zero_window_time = std::chrono::milliseconds(
        live.zero_total_ms + (live.window_closed ? last_ms - live.zero_since_ms : 0));
    flow.data_after_peer_fin = live.data_after_peer_fin;
    flow.bytes_not_captured = live.bytes_not_captured;
    flow.bad_headers = live.bad_headers;
    flow.resets = live.resets;
    flow.ignored_resets = live.ignored_resets;
    if (live.syn_seen || live.syn_ack_seen) {
        flow.initial_sequence = live.initial;
    }
    if (live.has_max_segment_size) {
        flow.max_segment_size = live.max_segment_size;
    }
    if (live.has_window_shift) {
        flow.window_shift = live.window_shift;
    }
    flow.sack_permitted = live.sack_permitted;
    flow.timestamps = live.timestamps;
    flow.fast_open = live.fast_open;
    flow.syn_seen = live.syn_seen || live.syn_ack_seen;
    flow.fin_seen = live.fin_seen;
    flow.unacknowledged_data = live.busy;
    flow.unanswered_repeats = live.unanswered_repeats;
    flow.window_closed_at_end = live.window_closed;
    flow.hop_limit = live.hop_limit;
    flow.reset_hop_limit =
        live.is_only_resets() || live.hop_limits_differ ? 0 : live.reset_hop_limit;
    return flow;
}

const LogEntry* find(const std::vector<LogEntry>& log, SegmentMark mark, std::uint8_t from) {
    const auto found = std::find_if(log.begin(), log.end(), [&](const LogEntry& entry) {
        return entry.mark == mark && entry.from == from;
    });
    return found == log.end() ? nullptr : &*found;
}

// SYN, SYN+ACK and ACK pass the capture one after the other: the first two are a round trip to the
// one end apart, the last two to the other.
void measure(const std::vector<LogEntry>& log, CapturedConnection& connection) {
    const LogEntry* syn = nullptr;
    const LogEntry* syn_ack = find(log, SegmentMark::SynAck, 1);
    if (syn_ack == nullptr) {
        return;
    }
    for (const LogEntry& entry : log) {
        if (entry.from == 0 && entry.time_ns <= syn_ack->time_ns &&
            (entry.mark == SegmentMark::Syn || entry.mark == SegmentMark::SynAgain)) {
            syn = &entry;
        }
    }
    const LogEntry* ack = find(log, SegmentMark::Ack, 0);
    // What comes as late as this may be a later copy of an answer that was not captured.
    constexpr std::int64_t kLongestAnswerNs = 900'000'000;
    if (syn != nullptr && syn_ack->time_ns - syn->time_ns < kLongestAnswerNs) {
        connection.round_trip[1] = std::chrono::nanoseconds(syn_ack->time_ns - syn->time_ns);
    }
    if (ack != nullptr && ack->time_ns >= syn_ack->time_ns) {
        const LogEntry* last = syn_ack;
        for (const LogEntry& entry : log) {
            if (entry.from == 1 && entry.mark == SegmentMark::SynAckAgain &&
                entry.time_ns <= ack->time_ns) {
                last = &entry;
            }
        }
        if (ack->time_ns - last->time_ns < kLongestAnswerNs) {
            connection.round_trip[0] = std::chrono::nanoseconds(ack->time_ns - last->time_ns);
        }
        if (const LogEntry* first_syn = find(log, SegmentMark::Syn, 0)) {
            connection.handshake_time = std::chrono::nanoseconds(ack->time_ns - first_syn->time_ns);
        }
    }
}

// A packet that has lost no hop yet is where it was sent from.
bool is_fresh(std::uint8_t hop_limit) {
    return hop_limit == 64 || hop_limit == 128 || hop_limit == 255;
}

Vantage vantage_of(const std::array<const LiveFlow*, 2>& flows, CapturedConnection& connection) {
    Vantage vantage;
    for (std::size_t end = 0; end < 2; ++end) {
        if (connection.round_trip[end]) {
            // Times of a damaged file may be anything.
            constexpr std::int64_t kLongest = 1'000'000'000'000;
            vantage.delay_ns[end] =
                std::clamp<std::int64_t>(connection.round_trip[end]->count() / 2, 0, kLongest);
            vantage.delay_known[end] = true;
        }
    }
    const auto by_time = [&](std::size_t end) {
        const auto mine = connection.round_trip[end];
        const auto theirs = connection.round_trip[1 - end];
        return mine && (mine->count() < kNearNs || (theirs && *mine < *theirs / 4));
    };
    for (std::size_t end = 0; end < 2; ++end) {
        const bool fresh = is_fresh(flows[end]->hop_limit) && flows[1 - end]->hop_limit != 0 &&
                           !is_fresh(flows[1 - end]->hop_limit);
        vantage.is_near[end] = by_time(end) || (fresh && !by_time(1 - end)) ||
                               (flows[end]->seen_out && !flows[end]->seen_in);
    }
    const bool first = vantage.is_near[0];
    const bool second = vantage.is_near[1];
    if (first || second) {
        connection.near = first && second ? NearEnd::Both
                          : first         ? NearEnd::First
                                          : NearEnd::Second;
    } else if (vantage.delay_known[0] && vantage.delay_known[1]) {
        connection.near = NearEnd::Between;
    }
    return vantage;
}

// Whether something of the connection itself shows that not all of it was captured.
bool is_incomplete(const LiveConnection& live, const std::array<const LiveFlow*, 2>& flows) {
    if (flows[0]->packets == 0 || flows[1]->packets == 0) {
        // A SYN alone may not have been answered; who goes on has heard what is not here.
        const LiveFlow& seen = *flows[flows[0]->packets == 0 ? 1 : 0];
        return seen.syn_ack_seen || seen.acked_syn || seen.data_segments > 0;
    }
    for (std::uint8_t end = 0; end < 2; ++end) {
        const LiveFlow& flow = *flows[end];
        if (flow.bytes_not_captured > 0 || flow.end_missing || flow.own_missing ||
            (flow.fin_before && !flow.fin_seen)) {
            return true;
        }
    }
    return live.headers_cut || live.times_backwards ||
           (flows[0]->syn_seen && !flows[1]->syn_ack_seen && flows[1]->data_segments > 0) ||
           (flows[0]->syn_seen && flows[0]->acked_syn && !flows[1]->syn_ack_seen &&
            !flows[1]->syn_seen);
}

std::vector<CapturedSegment> segments_of(const std::vector<LogEntry>& log) {
    std::vector<CapturedSegment> segments;
    for (const LogEntry& entry : log) {
        if (entry.mark == SegmentMark::BusySince || entry.mark == SegmentMark::FinBefore ||
            entry.mark == SegmentMark::MayBeFin || entry.mark == SegmentMark::NewSyn ||
            entry.mark == SegmentMark::LastHeard ||
            (entry.mark == SegmentMark::AckOfFin && (entry.extra & kByReset) != 0)) {
            continue;
        }
        CapturedSegment segment{.time = capture_time(entry.time_ns),
                                .packet = entry.packet,
                                .mark = entry.mark,
                                .from = entry.from};
        if (entry.mark == SegmentMark::IcmpError) {
            segment.icmp_type = entry.extra >> 4U;
            segment.icmp_code = entry.extra & 0x0fU;
        } else if (entry.mark == SegmentMark::Fin) {
            segment.acks_fin = (entry.extra & kAcksFin) != 0;
        }
        segments.push_back(segment);
    }
    return segments;
}

std::vector<CapturedState> states_of(const EndStory& story, const LiveFlow& other,
                                     std::int64_t start) {
    if (story.saw_opening) {
        StateSet initial;
        initial.add(story.opened ? TcpState::Closed : TcpState::Listen);
        return run_states(initial, start, true, story.events);
    }
    if (story.self_silent && other.is_only_resets()) {
        // A reset answers anything, also what was sent in the name of an end that knows nothing.
        return {{.possible = StateSet::all(), .since = capture_time(start), .inferred = true}};
    }
    StateSet initial = synchronized_states();
    if (story.self_silent) {
        // What the other end sends may be the last of the handshake.
        initial.add(TcpState::SynReceived);
    }
    auto states = run_states(initial, start, false, story.events);
    if (story.self_silent) {
        for (CapturedState& state : states) {
            state.inferred = true;
        }
    }
    return states;
}

// The next connection's SYN says that this end had nothing left of this one, whatever it still
// answers to segments of it.
void end_by_new_syn(const std::vector<LogEntry>& log, std::uint8_t end, std::int64_t delay_ns,
                    CaptureTime last, CapturedEnd& captured) {
    const LogEntry* syn = find(log, SegmentMark::NewSyn, end);
    if (syn == nullptr) {
        return;
    }
    const CaptureTime opens = capture_time(syn->time_ns - delay_ns);
    auto& states = captured.states;
    while (!states.empty() && states.back().since >= opens) {
        states.pop_back();
    }
    if (states.empty() || states.back().certain() == TcpState::Closed) {
        return;
    }
    tell_unseen_end(opens, syn->packet, last, captured);
}

// Whoever sends again and again and gets nothing back gives up some time, without a packet. What
// becomes of the one that does not answer is even less known: it may have closed, reset or
// vanished, and what it sent of that is lost.
void end_in_silence(const LiveFlow& flow, const LiveFlow& other, CaptureTime last,
                    CapturedEnd& captured) {
    if (captured.states.empty()) {
        return;
    }
    StateSet possible = captured.states.back().possible;
    if (possible.contains(TcpState::TimeWait) ||
        captured.states.back().certain() == TcpState::Closed) {
        return;
    }
    const bool waits =
        flow.busy && flow.unanswered_repeats > 0 && flow.resets == 0 && other.resets == 0;
    const bool is_silent = other.unanswered_repeats > 0 && (other.busy || other.resets > 0);
    if (is_silent) {
        if (possible.contains(TcpState::Established)) {
            possible.add(TcpState::FinWait1);
        }
        if (possible.contains(TcpState::CloseWait)) {
            possible.add(TcpState::LastAck);
        }
    }
    if (waits || is_silent) {
        possible.add(TcpState::Closed);
        CapturedState& before = captured.states.back();
        if (before.possible == possible) {
            return;
        }
        CapturedState unseen{.possible = possible,
                             .since = std::max(last, before.since),
                             .cause = CapturedCause::Unseen};
        if (!is_silent) {
            unseen.earliest = unseen.since;
        }
        before.until = unseen.since;
        captured.states.push_back(unseen);
    }
}

}  // namespace

NearEnd near_end_of(const LiveConnection& live, std::uint8_t opener, std::vector<LogEntry>& log) {
    for (LogEntry& entry : log) {
        entry.from = entry.from == opener ? 0 : 1;
    }
    CapturedConnection connection;
    measure(log, connection);
    static_cast<void>(vantage_of({&live.flows[opener], &live.flows[1U - opener]}, connection));
    return connection.near;
}

void tell_unseen_end(CaptureTime opens, std::uint32_t packet, CaptureTime last, CapturedEnd& end) {
    const CapturedState before = end.states.back();
    const StateSet possible = onward(before.possible);
    CapturedState closed{.since = opens,
                         .earliest = before.since,
                         .latest = opens,
                         .cause = CapturedCause::NewOpen,
                         .packet = packet};
    closed.possible.add(TcpState::Closed);
    // From these there is nothing but CLOSED.
    const bool is_direct = before.certain() == TcpState::TimeWait ||
                           before.certain() == TcpState::LastAck || possible == before.possible;
    if (!is_direct) {
        CapturedState unseen{.possible = possible,
                             .since = std::min(std::max(last, before.since), opens),
                             .earliest = before.since,
                             .cause = CapturedCause::Unseen,
                             .inferred = true};
        end.states.back().until = unseen.since;
        end.states.push_back(unseen);
    }
    end.states.back().until = opens;
    end.states.push_back(closed);
}

CapturedConnection rebuild(const LiveConnection& live, std::uint8_t opener,
                           std::vector<LogEntry> log, std::int64_t end_ns) {
    const std::uint8_t other = opener == 0 ? 1 : 0;
    for (LogEntry& entry : log) {
        entry.from = entry.from == opener ? 0 : 1;
    }
    for (std::uint8_t end = 0; end < 2; ++end) {
        const LiveFlow& flow = live.flows[end == 0 ? opener : other];
        if ((flow.end_missing || flow.last_unseen) && flow.packets > 0) {
            log.push_back({.time_ns = live.first_ns + std::int64_t{flow.busy_since_ms} * 1'000'000,
                           .packet = UINT32_MAX,
                           .mark = SegmentMark::MayBeFin,
                           .from = end});
        }
        const bool is_queued =
            flow.busy && (flow.newest_full || live.windows_cut) && !live.was_reset();
        const bool is_held_back =
            flow.held_back && live.flows[end == 0 ? other : opener].window_closed;
        if ((is_queued || is_held_back) && !flow.fin_seen) {
            log.push_back({.time_ns = live.first_ns + std::int64_t{flow.busy_since_ms} * 1'000'000,
                           .packet = UINT32_MAX,
                           .mark = SegmentMark::BusySince,
                           .from = end});
        }
        if (flow.packets > 0) {
            log.push_back({.time_ns = live.first_ns + std::int64_t{flow.last_heard_us()} * 1000,
                           .packet = UINT32_MAX,
                           .mark = SegmentMark::LastHeard,
                           .from = end,
                           .extra = !flow.fin_seen && !flow.fin_before && !flow.own_missing &&
                                            (!flow.end_missing || flow.silent_since_missing)
                                        ? kNoFinYet
                                        : std::uint8_t{0}});
        }
    }
    // Fin's busy time stands behind the packets that came in between.
    std::stable_sort(log.begin(), log.end(),
                     [](const LogEntry& a, const LogEntry& b) { return a.packet < b.packet; });
    const std::array flows{&live.flows[opener], &live.flows[other]};

    CapturedConnection connection{.number = live.number,
                                  .network = live.key.network & 0x0fffffffU,
                                  .first = capture_time(live.first_ns),
                                  .last = capture_time(live.last_ns),
                                  .first_packet = live.first_packet};
    if (live.previous_number != 0) {
        connection.previous = live.previous_number;
    }
    measure(log, connection);
    Vantage vantage = vantage_of(flows, connection);
    const std::array silent{flows[0]->packets == 0, flows[1]->packets == 0};
    vantage.incomplete = is_incomplete(live, flows);
    vantage.disordered = live.times_backwards;
    for (std::size_t end = 0; end < 2; ++end) {
        vantage.numbered[end] = flows[end]->syn_seen || flows[end]->syn_ack_seen ||
                                flows[end]->initial_known || flows[end]->data_segments > 0;
    }
    std::array<EndStory, 2> stories;
    for (std::uint8_t end = 0; end < 2; ++end) {
        CapturedEnd& captured = connection.ends[end];
        captured.address = address_of(live.key, end == 0 ? opener : other);
        captured.sent = flow_of(
            *flows[end], static_cast<std::uint32_t>((live.last_ns - live.first_ns) / 1'000'000));
        stories[end] = end_story(log, end, vantage, silent);
        const EndStory& story = stories[end];
        if (story.saw_opening) {
            captured.opener = story.opened ? Opener::Active : Opener::Passive;
        }
        captured.states = states_of(story, *flows[1U - end], live.first_ns);
    }
    connection.simultaneous_open = stories[0].simultaneous;
    connection.segments = segments_of(log);
    tell_outcome(live, flows, log, end_ns, connection);
    for (std::uint8_t end = 0; end < 2; ++end) {
        if (!flows[end]->outlived_new_syn) {
            end_by_new_syn(log, end, vantage.delay_ns[end], connection.last, connection.ends[end]);
        }
        end_in_silence(*flows[end], *flows[1U - end], connection.last, connection.ends[end]);
    }
    tell_limits(live, stories, end_ns, connection);
    return connection;
}

}  // namespace tcpdx::capture
