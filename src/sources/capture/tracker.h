#pragma once

// Follows all connections of a capture: sorts segments to connections, also when ports are used
// again and again, and keeps within a limit of memory however many there are.

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "model/captured.h"
#include "sources/capture/flow_table.h"
#include "sources/capture/segment_notes.h"

namespace tcpdx::capture {

class Tracker {
public:
    // Connections beyond `limit` push out those that matter least. As many more are kept when they
    // are over, in less than half of the memory.
    explicit Tracker(std::size_t limit);

    void add(const Segment& segment, const Moment& moment) {
        add(segment, moment, locate(segment));
    }
    // The same in steps, for who knows some segments ahead.
    struct Location {
        FlowKey key;
        std::uint32_t hash = 0;
        std::uint8_t side = 0;
    };
    [[nodiscard]] Location locate(const Segment& segment) const;
    void fetch_place(const Location& location) const { table_.fetch_place(location.hash); }
    void fetch_connection(const Location& location) const {
        table_.fetch_connection(location.hash);
    }
    void add(const Segment& segment, const Moment& moment, const Location& location);
    void add(const IcmpError& error, const Moment& moment);

    // Fills in connections, ports and what was forgotten. `end_ns`: when the capture ended.
    void finish(std::int64_t end_ns, Captured& captured);

    [[nodiscard]] std::size_t live() const { return table_.size(); }
    // Of the table and the log.
    [[nodiscard]] std::size_t bytes() const { return table_.bytes() + log_.bytes(); }

private:
    struct PortCounts {
        std::uint64_t attempts = 0;
        std::uint64_t half_open = 0;
        std::uint64_t unanswered = 0;
        std::uint64_t refused = 0;
        std::uint64_t established = 0;
    };
    using Ports = std::map<std::pair<std::array<std::uint8_t, 17>, std::uint16_t>, PortCounts>;

    [[nodiscard]] std::uint32_t connection_for(const Location& location, const Segment& segment,
                                               const Moment& moment);
    [[nodiscard]] std::uint32_t start(const Location& location, const Moment& moment,
                                      std::uint32_t previous);
    // False of an attempt that has come to nothing so far while the one before on these ports is at
    // work: later segments may be of that one.
    [[nodiscard]] bool may_get_more(std::uint32_t index);
    void make_room();
    // Brings the connection back into the table when it is at rest.
    [[nodiscard]] std::uint32_t find_awake(const Location& location);
    void rest_when_over(std::uint32_t index);
    bool lay_one_to_rest();
    void forget_oldest_resting();
    void count_for_port(const LiveConnection& connection);

    // So long ago that hardly anything more comes.
    static constexpr std::size_t kMostOver = 32768;
    struct Over {
        std::uint32_t index;
        std::uint32_t number;
    };

    std::size_t limit_;
    FlowTable table_;
    std::deque<Over> over_;
    LiveConnection resting_;
    std::vector<LogEntry> entries_;
    SegmentLog log_;
    std::uint32_t connections_ = 0;
    std::uint32_t hand_ = 0;
    ForgottenConnections forgotten_;
    Ports ports_;
};

// The key of a segment, and which of its two ends sent it.
[[nodiscard]] FlowKey key_of(const Segment& segment, std::uint8_t& side);
[[nodiscard]] SocketAddress address_of(const FlowKey& key, std::size_t side);

}  // namespace tcpdx::capture
