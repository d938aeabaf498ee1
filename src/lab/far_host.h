#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "endpoint/stack.h"
#include "lab/tun_device.h"
#include "model/lab.h"
#include "wire/ip_header.h"

namespace tcpdx::lab {

// What the router between both ends does with a segment.
enum class Fate : std::uint8_t {
    Passes,
    GetsLost,
    IsReset,       // a firewall answers with a RST
    IsRejected,    // ... with ICMP 3/3, as nft's `reject`
    IsProhibited,  // ... with ICMP 3/13
};

using RoadRule = std::function<Fate(LabEnd from, const wire::TcpSegment& segment)>;
// Reads a socket from the kernel's table, by its local and its remote address.
using KernelView =
    std::function<std::optional<Connection>(const SocketAddress&, const SocketAddress&)>;

struct LabPacket {
    std::chrono::system_clock::time_point time;
    std::vector<std::byte> bytes;
};

// The other host of the lab, and the router in front of it: a TCP of src/endpoint, in a thread of
// its own so that it answers while the caller sleeps in system calls. Every call takes the lock.
class FarHost {
public:
    using Handle = endpoint::Handle;

    // `before_segment` is called ahead of each segment that is watched, without the lock.
    FarHost(TunDevice device, const endpoint::Settings& settings, KernelView kernel,
            std::function<void()> before_segment);
    ~FarHost();
    FarHost(const FarHost&) = delete;
    FarHost& operator=(const FarHost&) = delete;
    FarHost(FarHost&&) = delete;
    FarHost& operator=(FarHost&&) = delete;

    // ---- the road
    void set_rule(RoadRule rule);
    // Holds for what is under way too, where that is sooner.
    void set_delay(endpoint::Duration each_way);
    // Only the connection with this port of the kernel and that of the peer goes into the ladder.
    void watch(std::uint16_t kernel_port, std::uint16_t peer_port);
    void note_call(LabEnd caller, const std::string& call);

    // ---- programs on the host
    Handle listen(std::uint16_t port, unsigned backlog = 64);
    std::optional<Handle> accept(Handle listener);
    std::optional<Handle> connect(std::uint16_t from_port, std::uint16_t to_port);
    std::size_t send(Handle id, std::string_view text);
    std::size_t read(Handle id);
    void close(Handle id);
    void shutdown_send(Handle id);
    void abort(Handle id);
    // A SYN as a flood sends it: from an address that nobody answers at.
    void send_forged_syn(std::uint32_t source, std::uint16_t port, std::uint16_t to_port);

    // ---- what was seen
    [[nodiscard]] std::optional<TcpState> state(std::uint16_t peer_port, std::uint16_t kernel_port);
    [[nodiscard]] std::optional<TcpState> watched_state();
    [[nodiscard]] std::vector<LabRung> rungs();
    // Since the lab began, as on the ladder.
    [[nodiscard]] endpoint::Duration time() const { return now() - began_; }
    [[nodiscard]] std::vector<LabPacket> take_packets();

private:
    using Ports = std::pair<std::uint16_t, std::uint16_t>;  // the peer's, the kernel's
    struct Delayed {
        endpoint::Time due;
        LabEnd from = LabEnd::Kernel;
        std::optional<std::size_t> rung;  // of the ladder
        std::vector<std::byte> bytes;
    };

    void run();
    void turn();
    void wake();
    void take_datagrams();
    void send_datagrams();
    void travel(LabEnd from, std::span<const std::byte> bytes);
    void deliver(LabEnd from, std::optional<std::size_t> rung, std::span<const std::byte> bytes);
    void deliver_due();
    void answer_ping(const wire::IpDatagram& ping);
    void answer_with_icmp(std::span<const std::byte> about, std::uint8_t type, std::uint8_t code);
    void answer_with_reset(const wire::IpDatagram& about, const wire::TcpSegment& segment);
    void to_kernel(std::span<const std::byte> bytes);
    void follow_states();
    void add_answer_of_router(Fate fate);
    LabRung& add_rung(LabEnd from, const wire::TcpSegment& segment);
    void read_kernel_state(LabRung& rung);
    void read_peer_state(LabRung& rung);
    [[nodiscard]] bool is_watched(LabEnd from, const wire::TcpSegment& segment) const;
    [[nodiscard]] static endpoint::Time now();

    TunDevice device_;
    endpoint::TcpStack stack_;
    KernelView kernel_;
    std::function<void()> before_segment_;
    UniqueFd wakeup_;
    std::mutex mutex_;
    RoadRule rule_;
    endpoint::Duration delay_{};
    std::vector<Delayed> delayed_;
    Ports watched_{};
    std::set<std::pair<bool, std::uint64_t>> seen_;  // what would be sent again
    std::array<std::uint32_t, 2> next_sequence_{};   // of the kernel's segments, and the peer's
    std::map<Handle, Ports> ports_;
    std::map<Ports, TcpState> states_;
    std::vector<LabRung> rungs_;
    std::vector<LabPacket> packets_;
    std::vector<std::byte> room_;
    endpoint::Time began_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace tcpdx::lab
