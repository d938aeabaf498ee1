#include "sources/capture/gather.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sources/capture/rebuild.h"
#include "sources/capture/tracker.h"
#include "sources/capture/translations.h"

namespace tcpdx::capture {
namespace {

// Rebuilt, one takes two kilobytes. Of a flood the first are as good as all of them; of other
// troubles there are hardly ever so many.
constexpr std::size_t kMostAttempts = 20'000;
constexpr std::size_t kMostOthers = 100'000;
// A scan of everything must not grow this either.
constexpr std::size_t kMostHosts = 100'000;
constexpr std::int64_t kSlowCloseNs = 1'000'000'000;

struct Resting {
    LiveConnection live;
    std::vector<LogEntry> log;
};

// Whoever opens the next connection on the same ports has nothing left of this one: RFC 9293,
// 3.10.7.4, of a TIME-WAIT that answers a SYN, and of everything else no other can begin.
void end_before_next(const CapturedEnd& next, CaptureTime last, CapturedEnd& end) {
    if (end.states.empty() || end.states.back().certain() == TcpState::Closed ||
        next.states.empty() || next.states.front().since < end.states.back().since) {
        return;
    }
    const CapturedState& opens = next.states.front();
    if (opens.certain() != TcpState::SynReceived && opens.certain() != TcpState::SynSent) {
        return;
    }
    tell_unseen_end(opens.since, opens.packet, last, end);
}

// Both connections' times are estimates, and an end cannot open the next before it has left the one
// before.
void fit_to_next(const CapturedConnection& next, CapturedConnection& connection) {
    for (CapturedEnd& end : connection.ends) {
        const bool is_first = end.address == next.ends[0].address;
        const CapturedEnd& same = next.ends[is_first ? 0 : 1];
        end_before_next(same, connection.last, end);
        if (end.states.size() > 1 && !same.states.empty() &&
            end.states.back().certain() == TcpState::Closed) {
            CapturedState& last = end.states.back();
            CapturedState& before = end.states[end.states.size() - 2];
            last.since = std::min(last.since, std::max(same.states.front().since, before.since));
            before.until = last.since;
        }
        if (end.states.size() < 2 || same.states.empty() ||
            end.states.back().cause != CapturedCause::NewOpen) {
            continue;
        }
        CapturedState& closed = end.states.back();
        closed.since = std::min(closed.since, same.states.front().since);
        closed.latest = closed.since;
        CapturedState& before = end.states[end.states.size() - 2];
        before.until = closed.since;
        before.since = std::min(before.since, closed.since);
    }
}

bool is_outlived(const LiveConnection& live) {
    return live.flows[0].outlived_new_syn || live.flows[1].outlived_new_syn;
}

// Its SYN fell into a connection that its sender went on with. So it has no ends of its own: what
// they were in is told there.
void tell_syn_not_sent(CapturedConnection& connection) {
    connection.outcome = CapturedOutcome::Stray;
    connection.limits = {CaptureLimit::SynNotSent};
    for (CapturedEnd& end : connection.ends) {
        end.states.clear();
        end.opener = Opener::Unknown;
    }
}

bool is_attempt(const LiveConnection& live) {
    return !live.is_established() && live.flows[0].payload_bytes + live.flows[1].payload_bytes == 0;
}

class Rebuilder final : public CompactConnections {
public:
    Rebuilder(std::shared_ptr<const CompactStore> store, std::int64_t end_ns)
        : store_(std::move(store)), end_ns_(end_ns) {
        all_.reserve(store_->size());
        store_->for_each([&](std::uint32_t id, std::uint32_t number) {
            all_.push_back({number, id});
        });
        std::sort(all_.begin(), all_.end(),
                  [](const Entry& a, const Entry& b) { return a.number < b.number; });
    }

    [[nodiscard]] std::size_t all() const { return all_.size(); }
    void read(std::size_t position, Resting& resting) const {
        store_->read(all_[position].id, resting.live, resting.log);
    }
    [[nodiscard]] CapturedConnection make(const Resting& resting) const {
        CapturedConnection connection =
            rebuild(resting.live, opener_side(resting.live), resting.log, end_ns_);
        const auto translated = std::lower_bound(translations_.begin(), translations_.end(),
                                                 std::pair(connection.number, std::uint32_t{0}));
        if (translated != translations_.end() && translated->first == connection.number) {
            connection.translation = translated->second;
        }
        if (outlived(resting.live.previous_number) && is_attempt(resting.live)) {
            tell_syn_not_sent(connection);
        }
        const bool ends_with_next =
            !is_outlived(resting.live) &&
            std::any_of(connection.ends.begin(), connection.ends.end(), [](const CapturedEnd& end) {
                return end.last() != nullptr && (end.last()->cause == CapturedCause::NewOpen ||
                                                 end.last()->certain() != TcpState::Closed);
            });
        const auto next = std::lower_bound(nexts_.begin(), nexts_.end(),
                                           std::pair(connection.number, std::uint32_t{0}));
        if (ends_with_next && next != nexts_.end() && next->first == connection.number) {
            fit_to(next->second, connection);
        }
        return connection;
    }

    // Of all connections before any is made.
    void look_around() {
        Resting resting;
        TranslationFinder translations;
        for (const Entry& entry : all_) {
            store_->read(entry.id, resting.live, resting.log);
            translations.add(resting.live, opener_side(resting.live));
            if (is_outlived(resting.live)) {
                outlived_.push_back(entry.number);
            }
            if (resting.live.previous_number != 0) {
                nexts_.emplace_back(resting.live.previous_number, entry.number);
            }
        }
        std::sort(nexts_.begin(), nexts_.end());
        translations_ = translations.find();
    }
    [[nodiscard]] std::size_t translated() const { return translations_.size(); }
    // This one is not in Captured::connections.
    void leave_compact(std::size_t position) {
        left_.push_back(static_cast<std::uint32_t>(position));
    }

    [[nodiscard]] std::size_t size() const override { return left_.size(); }
    [[nodiscard]] std::uint32_t number(std::size_t index) const override {
        return all_[left_[index]].number;
    }
    [[nodiscard]] CapturedConnection look(std::size_t index) const override {
        Resting resting;
        read(left_[index], resting);
        return make(resting);
    }

private:
    struct Entry {
        std::uint32_t number;
        std::uint32_t id;
    };

    [[nodiscard]] bool outlived(std::uint32_t number) const {
        return std::binary_search(outlived_.begin(), outlived_.end(), number);
    }
    void fit_to(std::uint32_t number, CapturedConnection& connection) const {
        const auto next = std::lower_bound(
            all_.begin(), all_.end(), number,
            [](const Entry& a, std::uint32_t wanted) { return a.number < wanted; });
        if (next != all_.end() && next->number == number) {
            Resting resting;
            store_->read(next->id, resting.live, resting.log);
            fit_to_next(rebuild(resting.live, opener_side(resting.live), resting.log, end_ns_),
                        connection);
        }
    }

    std::shared_ptr<const CompactStore> store_;
    std::int64_t end_ns_;
    std::vector<Entry> all_;
    std::vector<std::uint32_t> left_;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> nexts_;  // on the same ports
    std::vector<std::uint32_t> outlived_;                         // numbers, in order
    Translations translations_;
};

// Opened, used and closed as it should: what the rules ask of such a connection is in the sums.
bool is_routine(const Resting& resting, std::uint8_t opener) {
    const LiveConnection& live = resting.live;
    if (!live.flows[opener].syn_seen || !live.flows[1U - opener].syn_ack_seen ||
        !live.is_established() || !live.both_closed() || live.had_icmp || live.headers_cut ||
        live.marks_limited || live.wrong_handshake_ack) {
        return false;
    }
    const auto is_clean = [](const LiveFlow& flow) {
        return flow.retransmissions == 0 && flow.resets == 0 && flow.ignored_resets == 0 &&
               flow.zero_windows == 0 && flow.bytes_not_captured == 0 && flow.bad_headers == 0;
    };
    if (!is_clean(live.flows[0]) || !is_clean(live.flows[1])) {
        return false;
    }
    std::int64_t earliest = INT64_MAX;
    std::int64_t latest = INT64_MIN;
    for (const LogEntry& entry : resting.log) {
        if (entry.mark == SegmentMark::Fin) {
            earliest = std::min(earliest, entry.time_ns);
            latest = std::max(latest, entry.time_ns);
        }
    }
    return latest >= earliest &&
           static_cast<std::uint64_t>(latest) - static_cast<std::uint64_t>(earliest) <
               std::uint64_t{kSlowCloseNs};
}

bool is_failure(CapturedOutcome outcome) {
    return outcome == CapturedOutcome::Refused || outcome == CapturedOutcome::RefusedIcmp ||
           outcome == CapturedOutcome::Unanswered || outcome == CapturedOutcome::Reset ||
           outcome == CapturedOutcome::HalfOpen;
}

void add_host(const LiveConnection& live, std::uint8_t side, bool opened, bool is_near, bool failed,
              CompactSums& sums) {
    const IpAddress address = address_of(live.key, side).address;
    const auto found = sums.hosts.find(address);
    if (found == sums.hosts.end() && sums.hosts.size() >= kMostHosts) {
        return;
    }
    CompactHost& host = found == sums.hosts.end() ? sums.hosts[address] : found->second;
    const LiveFlow& flow = live.flows[side];
    ++(opened ? host.opened : host.accepted);
    host.failed += failed ? 1U : 0U;
    host.retransmissions += flow.retransmissions;
    host.payload_bytes += flow.payload_bytes;
    if (flow.payload_bytes > 0 && flow.hop_limit != 0) {
        host.hop_limit = flow.hop_limit;
    }
    host.is_near |= is_near;
}

void add_sums(const LiveConnection& live, std::uint8_t opener, NearEnd near,
              CapturedOutcome outcome, CompactSums& sums) {
    for (const LiveFlow& flow : live.flows) {
        sums.packets += flow.packets;
        sums.duplicates += flow.duplicates;
        sums.data_segments += flow.data_segments;
        sums.retransmissions += flow.retransmissions - flow.syn_retransmissions;
    }
    ++sums.outcomes[outcome];
    const bool failed = is_failure(outcome);
    const bool near_both = near == NearEnd::Both;
    add_host(live, opener, true, near_both || near == NearEnd::First, failed, sums);
    add_host(live, 1U - opener, false, near_both || near == NearEnd::Second, failed, sums);
}

}  // namespace

std::uint8_t opener_side(const LiveConnection& connection) {
    for (std::uint8_t side = 0; side < 2; ++side) {
        const LiveFlow& flow = connection.flows[side];
        const LiveFlow& other = connection.flows[1U - side];
        if (flow.syn_seen && (!other.syn_seen || connection.first_speaker == side)) {
            return side;
        }
        if (other.syn_ack_seen && !flow.syn_ack_seen) {
            return side;
        }
    }
    return connection.first_speaker;
}

void gather(std::shared_ptr<const CompactStore> store, std::int64_t end_ns, Captured& captured) {
    auto rebuilder = std::make_shared<Rebuilder>(std::move(store), end_ns);
    CompactSums& sums = captured.compact_sums;
    Resting resting;
    rebuilder->look_around();
    std::size_t attempts = 0;
    std::size_t others = 0;
    std::uint64_t judged_translated = 0;
    for (std::size_t position = 0; position < rebuilder->all(); ++position) {
        rebuilder->read(position, resting);
        const LiveConnection& live = resting.live;
        const std::uint8_t opener = opener_side(live);
        if (is_routine(resting, opener)) {
            const NearEnd near = near_end_of(live, opener, resting.log);
            add_sums(live, opener, near, CapturedOutcome::Closed, sums);
            rebuilder->leave_compact(position);
            continue;
        }
        CapturedConnection connection = rebuilder->make(resting);
        const bool attempt = is_attempt(live);
        if (attempt ? attempts < kMostAttempts : others < kMostOthers) {
            ++(attempt ? attempts : others);
            judged_translated += connection.translation ? 1U : 0U;
            captured.connections.push_back(std::move(connection));
            continue;
        }
        add_sums(live, opener, connection.near, connection.outcome, sums);
        sums.one_direction += connection.has(CaptureLimit::OneDirection) ? 1U : 0U;
        sums.packets_missing += connection.has(CaptureLimit::PacketsMissing) ? 1U : 0U;
        ++sums.not_judged;
        rebuilder->leave_compact(position);
    }
    sums.translated = rebuilder->translated() - judged_translated;
    captured.compact = std::move(rebuilder);
}

}  // namespace tcpdx::capture
