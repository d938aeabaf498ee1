#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "endpoint/connection.h"
#include "endpoint/time_wait_table.h"

namespace tcpdx::endpoint {

// A connection or listener of a stack. It goes stale when what it named is gone.
struct Handle {
    std::uint32_t index = 0;
    std::uint32_t generation = 0;

    friend auto operator<=>(const Handle&, const Handle&) = default;
};

// What a program may set of a socket before the connection is open.
struct SocketOptions {
    std::optional<std::uint16_t> max_segment_size;
    std::optional<std::size_t> receive_buffer;
    std::optional<std::size_t> send_buffer;
    std::optional<std::optional<Duration>> user_timeout;
    std::optional<Connection::KeepAlive> keep_alive;
    std::optional<Duration> fin_wait_2;  // TCP_LINGER2
    bool nagle = true;
    bool cork = false;
    std::optional<std::uint8_t> hop_limit;      // RFC 9293, MUST-49
    std::optional<std::uint8_t> traffic_class;  // RFC 9293, MUST-48
};

struct StackEvent {
    Handle connection;
    Event event;
};

struct StackCounters {
    std::uint64_t datagrams_in = 0;
    std::uint64_t datagrams_out = 0;
    std::uint64_t malformed = 0;      // cut, contradictory
    std::uint64_t bad_checksums = 0;  // RFC 9293, MUST-3
    std::uint64_t invalid_addresses = 0;
    std::uint64_t listen_overflows = 0;
    std::uint64_t replies_dropped = 0;
    std::uint64_t resets_sent = 0;
    std::uint64_t icmp_ignored = 0;
};

// Listeners, connections and TIME-WAITs of one host: IP datagrams and times in, IP datagrams and
// events out. A connection allocates when it begins; a segment does not.
class TcpStack {
public:
    explicit TcpStack(const Settings& settings) : settings_(settings) {}
    TcpStack(const TcpStack&) = delete;  // connections refer to its settings
    TcpStack& operator=(const TcpStack&) = delete;
    TcpStack(TcpStack&&) = delete;
    TcpStack& operator=(TcpStack&&) = delete;
    ~TcpStack() = default;

    // ---- calls
    [[nodiscard]] Result<Handle, CallError> listen(const SocketAddress& local, unsigned backlog,
                                                   const SocketOptions& options = {},
                                                   bool v6_only = false);
    void set_backlog(Handle listener, unsigned backlog);
    void set_listener_options(Handle listener, const SocketOptions& options);
    // Connections that nobody has accepted are reset.
    void close_listener(Handle listener, Time now);
    [[nodiscard]] std::optional<Handle> accept(Handle listener);
    [[nodiscard]] std::size_t acceptable(Handle listener) const;
    [[nodiscard]] unsigned backlog(Handle listener) const;

    // A local port of zero means any. The addresses have to be of this host and of another one.
    [[nodiscard]] Result<Handle, CallError> connect(SocketAddress local,
                                                    const SocketAddress& remote, Time now,
                                                    const SocketOptions& options = {});
    [[nodiscard]] Result<std::size_t, CallError> send(Handle id, std::span<const std::byte> data,
                                                      Time now, bool urgent = false);
    [[nodiscard]] Result<std::size_t, CallError> read(Handle id, std::span<std::byte> out,
                                                      Time now);
    // The handle goes stale once the connection has ended.
    void close(Handle id, Time now);
    Result<void, CallError> shutdown_send(Handle id, Time now);
    void shutdown_receive(Handle id, Time now);
    void abort(Handle id, Time now);
    void set_quick_acknowledgments(Handle id, bool on, Time now);
    void apply(Handle id, const SocketOptions& options, Time now);

    [[nodiscard]] const Connection* find(Handle id) const;
    [[nodiscard]] std::size_t connections() const { return by_tuple_.size(); }
    [[nodiscard]] std::size_t time_waits() const { return time_waits_.size(); }
    [[nodiscard]] const StackCounters& counters() const { return counters_; }
    [[nodiscard]] const Settings& settings() const { return settings_; }

    // ---- datagrams and times in
    // A device that takes several segments in one (GRO) leaves their checksum to whom it trusts.
    enum class Checksum : bool { ToVerify, Verified };
    void receive(std::span<const std::byte> datagram, Time now,
                 Checksum checksum = Checksum::ToVerify);
    void advance_time(Time now);

    // ---- datagrams, events and the next time out
    // The size of the datagram written, or zero when there is none. `out` holds one of the MTU.
    [[nodiscard]] std::size_t poll_output(Time now, std::span<std::byte> out);
    [[nodiscard]] std::optional<StackEvent> poll_event();
    [[nodiscard]] std::optional<Time> next_deadline() const;

    [[nodiscard]] bool is_consistent() const;

private:
    static constexpr std::uint32_t kNone = 0xffffffff;
    using Deadlines = std::multimap<Time, std::uint32_t>;

    struct Slot {
        std::optional<Connection> connection;
        std::uint32_t generation = 1;
        std::uint8_t hop_limit = 64;
        std::uint8_t traffic_class = 0;
        std::optional<Handle> waits_for;  // the listener it has not been accepted from
        bool in_accept_queue = false;
        bool in_table = false;  // by_tuple_ leads here
        bool in_ready_list = false;
        std::uint32_t next_ready = kNone;
        Deadlines::node_type idle_deadline;  // while no timer runs
        Deadlines::iterator deadline;
        bool has_deadline = false;
    };
    struct Listener {
        SocketAddress local;
        unsigned backlog = 0;
        bool v6_only = false;
        bool open = false;
        std::uint32_t generation = 1;
        SocketOptions options;
        std::deque<Handle> accept_queue;
        std::size_t half_open = 0;
    };
    struct Reply {
        FourTuple tuple;
        wire::TcpSegment segment;  // without payload
    };
    struct TupleHash {
        const Secret* key;
        std::size_t operator()(const FourTuple& tuple) const { return port_offset(*key, tuple); }
    };

    [[nodiscard]] Slot* slot(Handle id);
    [[nodiscard]] Listener* listener(Handle id);
    [[nodiscard]] const Listener* listener(Handle id) const;
    [[nodiscard]] std::optional<Handle> find_listener(const SocketAddress& local) const;
    [[nodiscard]] Handle add_connection(const FourTuple& tuple, const SocketOptions& options);
    [[nodiscard]] std::optional<std::uint16_t> free_port(const SocketAddress& local,
                                                         const SocketAddress& remote);
    static void configure(Connection& connection, const SocketOptions& options, Time now);
    // After anything that may have changed a connection: events, deadline, output, end.
    void changed(std::uint32_t index, TcpState before);
    void file_deadline(std::uint32_t index);
    void make_ready(std::uint32_t index);
    void established(std::uint32_t index);
    void retire_if_over(std::uint32_t index);
    void remove(std::uint32_t index);

    void segment_arrives(const wire::IpHeader& header, std::span<const std::byte> bytes, Time now,
                         Checksum checksum);
    void segment_for_connection(std::uint32_t index, const wire::TcpSegment& segment, wire::Ecn ecn,
                                Time now);
    bool segment_for_time_wait(const FourTuple& tuple, const wire::TcpSegment& segment,
                               wire::Ecn ecn, Time now);
    void segment_without_connection(const FourTuple& tuple, const wire::TcpSegment& segment,
                                    wire::Ecn ecn, Time now);
    void accept_syn(Handle from, const FourTuple& tuple, const wire::TcpSegment& syn, wire::Ecn ecn,
                    Time now, std::optional<std::uint32_t> after_sequence = {});
    [[nodiscard]] bool queue_is_full(const Listener& from) const;
    void reply(const FourTuple& tuple, const wire::TcpSegment& segment);
    void icmp_arrives(const wire::IpHeader& header, std::span<const std::byte> bytes, Time now);
    struct Marking {
        std::uint8_t hop_limit = 64;
        std::uint8_t traffic_class = 0;
        wire::Ecn ecn = wire::Ecn::NotCapable;
    };
    [[nodiscard]] std::size_t write(const FourTuple& tuple, const wire::TcpSegment& segment,
                                    const Marking& marking, std::span<std::byte> out);

    Settings settings_;
    std::vector<std::unique_ptr<Slot>> slots_;
    std::vector<std::uint32_t> free_slots_;
    std::vector<Listener> listeners_;
    std::unordered_map<FourTuple, std::uint32_t, TupleHash> by_tuple_{0, {&settings_.secret}};
    TimeWaitTable time_waits_{&settings_.secret};
    Deadlines deadlines_;
    std::uint32_t first_ready_ = kNone;
    std::uint32_t last_ready_ = kNone;
    std::deque<Reply> replies_;
    std::deque<StackEvent> events_;
    std::vector<std::byte> payload_room_;
    std::uint32_t next_port_ = 0;
    StackCounters counters_;
};

}  // namespace tcpdx::endpoint
