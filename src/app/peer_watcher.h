#pragma once

#include <chrono>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "model/connection.h"
#include "model/port_watch.h"
#include "sources/probe/segment_watch.h"

namespace tcpdx::app {

// Looks from the server's side at what becomes of one client's attempts to connect to one port:
// its packets, the listeners, the connections, and the counters of this network namespace.
class PeerWatcher {
public:
    // A half-open connection that gets no answer stands for seconds; one that succeeds need not be
    // seen.
    static constexpr std::chrono::milliseconds kBetweenLooks{200};

    PeerWatcher(std::uint16_t port, const IpAddress& peer);

    [[nodiscard]] Result<> start();
    [[nodiscard]] Result<> look();
    [[nodiscard]] Result<PortWatch> finish();

private:
    using Clock = std::chrono::steady_clock;

    void count_packets();
    void count_icmp_errors();
    [[nodiscard]] bool answers_syn(const probe::SeenSegment& segment) const;
    void note_listener(const Connection& connection);
    void note_connection(const Connection& connection);
    [[nodiscard]] Result<> look_at_sockets();
    void forget_passing_ones();
    void name_listeners();

    PortWatch watch_;
    std::optional<probe::SegmentWatch> capture_;  // empty without CAP_NET_RAW
    Counters before_;
    bool first_look_ = true;
    std::unordered_set<std::uint32_t> syn_sequences_;
    std::unordered_set<std::uint16_t> taken_ports_;  // of the peer: a SYN+ACK went there
    std::vector<std::optional<std::uint32_t>> first_drops_;
    std::vector<std::uint32_t> inodes_;
    std::vector<std::optional<Clock::time_point>> waiting_since_;  // of each of watch_.listeners
    std::vector<std::uint32_t> half_open_looks_;                   // of each of watch_.connections
    std::vector<Clock::time_point> unchanged_since_;               // the same
};

}  // namespace tcpdx::app
