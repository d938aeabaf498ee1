#pragma once

// What a live trace sees of TCP, one thing at a time, in the order in which it happened. The source
// makes them; life_tracker.h puts together the connections they belong to.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/connection.h"
#include "model/ip_address.h"
#include "model/tcp_state.h"

namespace tcpdx::trace {

// Of the monotonic clock.
using Time = std::chrono::nanoseconds;

enum class EventKind : std::uint8_t {
    StateChange,
    RequestStarted,   // a SYN was answered, or answered again
    RequestExpired,   // the answer was not acknowledged in time
    RequestStopped,   // it became a connection, or was dropped
    TimeWaitStarted,  // a mini-socket took over, or its time began anew; `to` is its state
    TimeWaitExpired,
    TimeWaitStopped,
    Retransmission,
    SynAckRepeated,
    ResetSent,
    ResetReceived,
    ErrorReported,  // to the program
    PacketDropped,
    OwnerSeen,  // a process used the socket that had not used it before
    Released,   // the process closed a socket whose connection had already ended
};

// Changes of state must not be lost; the rest explains them.
[[nodiscard]] constexpr bool is_detail(EventKind kind) {
    return kind >= EventKind::Retransmission;
}

// Why a reset was sent, as far as it tells one cause of a transition from another.
enum class ResetCause : std::uint8_t {
    Unknown,         // this kernel does not say
    NoSocket,        // nobody listens, or the connection is not known
    UnreadData,      // close() while data was not read
    Abort,           // SO_LINGER 0, disconnect
    DataAfterClose,  // data came for a socket that nobody reads any more
    KeepaliveFailed,
    OutOfMemory,
    Other,
};

struct EventCounters {
    std::uint64_t bytes_acked = 0;  // counts our SYN and FIN too
    std::uint64_t bytes_received = 0;
    std::uint32_t retransmissions = 0;
};

struct Event {
    EventKind kind = EventKind::StateChange;
    Time at{0};
    std::uint64_t cookie = 0;             // 0: the kernel's object has none
    std::uint32_t network_namespace = 0;  // inode; 0 when not known
    SocketAddress local;
    SocketAddress remote;
    TcpState from = TcpState::Closed;  // of a StateChange
    TcpState to = TcpState::Closed;    // of others the present state
    int error = 0;                     // errno of the socket
    std::uint32_t reason = 0;          // of a reset or a drop; see ReasonNames
    ResetCause reset_cause = ResetCause::Unknown;

    // Who called, when a process took part.
    int process = 0;
    std::array<char, 16> process_name{};

    bool in_call = false;  // a process held the socket's lock
    bool orphan = false;
    bool peer_finished = false;
    bool nothing_sent = false;
    bool program_closed = false;  // by close(), or shutdown() of both directions
    bool fast_open = false;
    bool has_socket = false;  // of a reset or drop
    bool leaving = false;     // of a drop: on its way out
    std::optional<EventCounters> counters;
    std::optional<std::uint32_t> user;                 // uid of the socket
    std::optional<std::chrono::milliseconds> entered;  // TimeWait*: when its state began
};

// The kernel's names for its numbers, which differ from version to version. Never translated.
struct ReasonNames {
    std::vector<std::string> resets;
    std::vector<std::string> drops;

    [[nodiscard]] std::string_view reset(std::uint32_t reason) const {
        return reason < resets.size() ? std::string_view(resets[reason]) : std::string_view();
    }
    [[nodiscard]] std::string_view drop(std::uint32_t reason) const {
        return reason < drops.size() ? std::string_view(drops[reason]) : std::string_view();
    }
};

}  // namespace tcpdx::trace
