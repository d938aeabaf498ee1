#include "sources/capture/tracker.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "sources/capture/gather.h"
#include "wire/sequence.h"

namespace tcpdx::capture {
namespace {

using wire::sequence_distance;

constexpr std::uint32_t kV6 = 1U << 31U;
// Different enough not to be the same stream: further than any window.
constexpr std::int32_t kFar = 1 << 26;

// Of a connection that is over nothing new is sent. Linux moves initial numbers on by 2^24 a
// second.
constexpr std::int32_t kFarWhenOver = 1 << 20;

bool is_near(std::uint32_t a, std::uint32_t b, std::int32_t far = kFar) {
    const std::int32_t distance = sequence_distance(a, b);
    return distance < far && distance > -far;
}

std::uint32_t apart(std::uint32_t a, std::uint32_t b) {
    return std::min(a - b, b - a);
}

// Whether a SYN (without ACK) opens another connection than this one.
bool opens_anew(const LiveConnection& connection, std::uint8_t side, const Segment& segment) {
    const LiveFlow& from = connection.flows[side];
    const LiveFlow& to = connection.flows[1U - side];
    if (from.initial_known) {
        // Sent again, even by a stack that tries once more after a reset.
        return from.initial != segment.sequence;
    }
    // Both ends may open at once; then neither has got anywhere yet. Some listeners acknowledge the
    // SYN before they send their own.
    const bool both_open = to.syn_seen && !to.syn_ack_seen && !connection.is_over() &&
                           !connection.is_established() && from.packets <= 1;
    return !both_open;
}

bool answers_anew(const LiveConnection& connection, std::uint8_t side, const Segment& segment) {
    const LiveFlow& from = connection.flows[side];
    const LiveFlow& to = connection.flows[1U - side];
    if (from.initial_known) {
        // Where none of the other end's packets were captured, nothing shows how the one before
        // came to be over.
        return from.initial != segment.sequence && (connection.is_over() || to.packets == 0) &&
               to.initial != segment.acknowledgment - 1;
    }
    // The SYN of this answer was not captured, and what was here before is something else.
    return connection.is_over() && !(to.initial_known && to.initial == segment.acknowledgment - 1);
}

// Linux lets the initial numbers of both ends run with time, so those of the next connection on the
// same ports are as much higher one way as the other. A hole in the capture is not.
bool both_jump_alike(const LiveFlow& from, const LiveFlow& to, const Segment& segment) {
    constexpr std::int32_t kAlike = 1 << 18;
    if (!from.sequence_known || !to.sequence_known || !segment.has(kAck)) {
        return false;
    }
    const std::int32_t ahead = sequence_distance(from.next, segment.sequence);
    const std::int32_t acked_ahead = sequence_distance(to.next, segment.acknowledgment);
    return ahead > kFarWhenOver && acked_ahead > kFarWhenOver &&
           std::abs(std::int64_t{ahead} - acked_ahead) < kAlike;
}

// Whether a segment that is no SYN cannot be of this connection.
bool is_foreign(const LiveConnection& connection, std::uint8_t side, const Segment& segment) {
    const LiveFlow& from = connection.flows[side];
    const LiveFlow& to = connection.flows[1U - side];
    if (!connection.is_over()) {
        return both_jump_alike(from, to, segment);
    }
    return from.sequence_known && !is_near(from.next, segment.sequence, kFarWhenOver) &&
           (!to.sequence_known || !segment.has(kAck) ||
            !is_near(to.next, segment.acknowledgment, kFarWhenOver));
}

// Whether a segment of two connections on the same ports is of the older one: a challenge ACK to
// the new SYN, the reset that answers it.
bool is_of_older(const LiveConnection& newer, const LiveConnection& older, std::uint8_t side,
                 const Segment& segment) {
    const LiveFlow& new_from = newer.flows[side];
    const LiveFlow& new_to = newer.flows[1U - side];
    const LiveFlow& old_from = older.flows[side];
    if (!old_from.sequence_known || !is_near(old_from.next, segment.sequence)) {
        return false;
    }
    if (new_from.sequence_known) {
        // Linux moves initial numbers on by 2^24 a second, so within seconds both may be near.
        return apart(old_from.next, segment.sequence) < apart(new_from.next, segment.sequence);
    }
    // The other end has not opened the new one yet: only a reset that answers its SYN is of it.
    return !(segment.has(kRst) && segment.has(kAck) && new_to.initial_known &&
             segment.acknowledgment - new_to.initial == 1);
}

// The lower, the sooner a connection is given up for another.
int worth(const LiveConnection& connection) {
    if (connection.is_over()) {
        return 0;
    }
    return connection.is_established() ? 2 : 1;
}

}  // namespace

FlowKey key_of(const Segment& segment, std::uint8_t& side) {
    const auto& source = segment.source;
    const auto& destination = segment.destination;
    const bool in_order = std::tie(source.address.bytes, source.port) <=
                          std::tie(destination.address.bytes, destination.port);
    side = in_order ? 0 : 1;
    const SocketAddress& first = in_order ? source : destination;
    const SocketAddress& second = in_order ? destination : source;
    return {.first = first.address.bytes,
            .second = second.address.bytes,
            .first_port = first.port,
            .second_port = second.port,
            .network = segment.network | (source.address.family == IpFamily::V6 ? kV6 : 0)};
}

SocketAddress address_of(const FlowKey& key, std::size_t side) {
    SocketAddress address;
    address.address.family = (key.network & kV6) != 0 ? IpFamily::V6 : IpFamily::V4;
    address.address.bytes = side == 0 ? key.first : key.second;
    address.port = side == 0 ? key.first_port : key.second_port;
    return address;
}

Tracker::Tracker(std::size_t limit) : limit_(std::max<std::size_t>(limit, 16)), table_(limit_) {}

std::uint32_t Tracker::start(const Location& location, const Moment& moment,
                             std::uint32_t previous) {
    const std::uint32_t previous_number = previous == kNone ? 0U : table_.at(previous).number;
    if (table_.is_full()) {
        make_room();
        // It may have been the previous one that had to go.
        if (previous != kNone && !table_.at(previous).used) {
            previous = kNone;
        }
    }
    const std::uint32_t index = table_.add(location.key, location.hash);
    LiveConnection& connection = table_.at(index);
    connection.first_ns = connection.last_ns = moment.time_ns;
    connection.first_packet = moment.packet;
    connection.number = ++connections_;
    connection.first_speaker = location.side & 1U;
    connection.previous = previous == index ? kNone : previous;
    connection.previous_number = previous_number;
    return index;
}

std::uint32_t Tracker::connection_for(const Location& location, const Segment& segment,
                                      const Moment& moment) {
    const std::uint8_t side = location.side;
    const std::uint32_t found = find_awake(location);
    if (found == kNone) {
        return start(location, moment, kNone);
    }
    LiveConnection& connection = table_.at(found);
    if (!segment.flags_known() || segment.bad_header) {
        return found;
    }
    const bool is_syn = segment.has(kSyn) && !segment.has(kRst);
    if (is_syn && !segment.has(kAck)) {
        if (!opens_anew(connection, side, segment)) {
            return found;
        }
        note_new_syn(connection, side, moment, log_);
        return start(location, moment, may_get_more(found) ? found : connection.previous);
    }
    if (is_syn) {
        return answers_anew(connection, side, segment) ? start(location, moment, found) : found;
    }
    if (connection.previous != kNone) {
        LiveConnection& older = table_.at(connection.previous);
        if (older.used && older.number == connection.previous_number &&
            is_of_older(connection, older, side, segment)) {
            return connection.previous;
        }
    }
    if (is_foreign(connection, side, segment) && !(segment.has(kRst) && connection.is_over())) {
        return start(location, moment, found);
    }
    return found;
}

bool Tracker::may_get_more(std::uint32_t index) {
    const LiveConnection& connection = table_.at(index);
    if (connection.previous == kNone || connection.is_established()) {
        return true;
    }
    const LiveConnection& older = table_.at(connection.previous);
    return !older.used || older.number != connection.previous_number || !older.is_established() ||
           older.is_over();
}

Tracker::Location Tracker::locate(const Segment& segment) const {
    Location location;
    location.key = key_of(segment, location.side);
    location.hash = table_.hash_of(location.key);
    return location;
}

void Tracker::add(const Segment& segment, const Moment& moment, const Location& location) {
    const std::uint32_t index = connection_for(location, segment, moment);
    note_segment(table_.at(index), location.side, segment, moment, log_);
    rest_when_over(index);
}

std::uint32_t Tracker::find_awake(const Location& location) {
    std::uint32_t found = table_.find(location.key, location.hash);
    if (found == kNone || (found & kAtRest) == 0) {
        return found;
    }
    if (table_.is_full()) {
        make_room();
        found =
            table_.find(location.key, location.hash);  // it may have been the one that had to go
    }
    return found == kNone ? kNone : table_.wake(found, log_);
}

void Tracker::rest_when_over(std::uint32_t index) {
    LiveConnection& connection = table_.at(index);
    if (!connection.waits_to_rest && connection.is_over()) {
        connection.waits_to_rest = true;
        over_.push_back({index, connection.number});
        if (over_.size() > kMostOver) {
            lay_one_to_rest();
        }
    }
}

// The one that has been over for longest; false when there is none.
bool Tracker::lay_one_to_rest() {
    while (!over_.empty()) {
        const Over over = over_.front();
        over_.pop_front();
        const LiveConnection& connection = table_.at(over.index);
        if (!connection.used || connection.number != over.number) {
            continue;
        }
        table_.lay_to_rest(over.index, log_);
        if (table_.resting().size() > limit_) {
            forget_oldest_resting();
        }
        return true;
    }
    return false;
}

void Tracker::forget_oldest_resting() {
    const std::uint32_t id = table_.resting().oldest();
    table_.resting().read(id, resting_, entries_);
    ++forgotten_.total;
    ++forgotten_.finished;
    count_for_port(resting_);
    table_.forget_resting(id, resting_.key);
}

void Tracker::add(const IcmpError& error, const Moment& moment) {
    const Location location = locate(error.quoted);
    const std::uint8_t side = location.side;
    const std::uint32_t found = find_awake(location);
    if (found == kNone) {
        return;  // about a connection that this capture has not seen
    }
    LiveConnection& connection = table_.at(found);
    const LiveFlow& flow = connection.flows[side];
    if (error.quoted.seen >= HeaderSeen::Sequence && flow.sequence_known &&
        !is_near(flow.next, error.quoted.sequence)) {
        rest_when_over(found);
        return;
    }
    note_icmp(connection, side, error, moment, log_);
    rest_when_over(found);
}

// Looks at a few connections in turn and gives up the least worthy, of equals the longest silent:
// a flood of SYNs pushes itself out, and connections that are at work stay.
void Tracker::make_room() {
    if (lay_one_to_rest()) {
        return;
    }
    constexpr std::uint32_t kLookedAt = 4;
    std::uint32_t chosen = kNone;
    for (std::uint32_t looked = 0; looked < kLookedAt || chosen == kNone; ++looked) {
        hand_ = hand_ + 1 < table_.end() ? hand_ + 1 : 0;
        const LiveConnection& candidate = table_.at(hand_);
        if (!candidate.used) {
            continue;
        }
        const LiveConnection* best = chosen == kNone ? nullptr : &table_.at(chosen);
        if (best == nullptr || worth(candidate) < worth(*best) ||
            (worth(candidate) == worth(*best) && candidate.last_ns < best->last_ns)) {
            chosen = hand_;
        }
    }
    LiveConnection& given_up = table_.at(chosen);
    ++forgotten_.total;
    ++(given_up.is_over()          ? forgotten_.finished
       : given_up.is_established() ? forgotten_.open
                                   : forgotten_.half_open);
    count_for_port(given_up);
    log_.free(given_up.log);
    table_.remove(chosen);
}

void Tracker::count_for_port(const LiveConnection& connection) {
    const std::uint8_t opener = opener_side(connection);
    const LiveFlow& from = connection.flows[opener];
    const LiveFlow& to = connection.flows[1U - opener];
    if (!from.syn_seen && !to.syn_ack_seen) {
        return;
    }
    const SocketAddress listener = address_of(connection.key, 1U - opener);
    std::array<std::uint8_t, 17> address{};
    std::copy(listener.address.bytes.begin(), listener.address.bytes.end(), address.begin());
    address[16] = static_cast<std::uint8_t>(listener.address.family);
    // A scan of everything must not grow this either.
    constexpr std::size_t kMostPorts = 100'000;
    const auto place = std::pair(address, listener.port);
    if (ports_.size() >= kMostPorts && !ports_.contains(place)) {
        return;
    }
    PortCounts& counts = ports_[place];
    ++counts.attempts;
    // Of one direction alone, the opener's acknowledgment says that it was answered.
    if (connection.is_established() || (to.packets == 0 && from.acked_syn)) {
        ++counts.established;
    } else if (to.resets > 0) {
        ++counts.refused;
    } else {
        ++(to.syn_ack_seen ? counts.half_open : counts.unanswered);
    }
}

void Tracker::finish(std::int64_t end_ns, Captured& captured) {
    table_.lay_all_to_rest(log_);
    log_ = {};
    table_.resting().for_each([&](std::uint32_t id, std::uint32_t) {
        table_.resting().read(id, resting_, entries_);
        count_for_port(resting_);
    });
    gather(table_.share_resting(), end_ns, captured);
    captured.forgotten = forgotten_;
    for (const auto& [place, counts] : ports_) {
        CapturedPort port;
        std::copy_n(place.first.begin(), 16, port.address.address.bytes.begin());
        port.address.address.family = static_cast<IpFamily>(place.first[16]);
        port.address.port = place.second;
        port.attempts = counts.attempts;
        port.half_open = counts.half_open;
        port.unanswered = counts.unanswered;
        port.refused = counts.refused;
        port.established = counts.established;
        captured.ports.push_back(port);
    }
    std::stable_sort(
        captured.ports.begin(), captured.ports.end(),
        [](const CapturedPort& a, const CapturedPort& b) { return a.attempts > b.attempts; });
}

}  // namespace tcpdx::capture
