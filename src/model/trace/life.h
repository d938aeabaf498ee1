#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "model/trace/event.h"
#include "model/transitions.h"

namespace tcpdx::trace {

enum class Flaw : std::uint8_t {
    None,
    StepsMissed,  // the way from the state before to this one was not seen
    Illegal,      // no such transition exists: model/transitions.h
};

// One state of a connection's life, and when it began.
struct Step {
    TcpState state = TcpState::Closed;
    SocketKind kind = SocketKind::Full;
    Flaw flaw = Flaw::None;
    // What led here. Null when the evidence does not single out one row of the table.
    const Transition* cause = nullptr;
    // When: exact where both are equal. An earliest of 0 is "before we looked".
    Time earliest{0};
    Time latest{0};

    [[nodiscard]] bool is_exact() const { return earliest == latest; }
    [[nodiscard]] bool began_unseen() const { return earliest == Time(0); }
};

enum class Ending : std::uint8_t {
    Open,          // not ended
    Closed,        // both ends closed in order
    Reset,         // by an RST, from either end
    Refused,       // an RST answered the SYN
    Unreachable,   // an ICMP error answered it
    Unanswered,    // nothing answered the SYN, or the SYN+ACK
    TimedOut,      // the peer fell silent later on
    Orphaned,      // closed here, and the peer's FIN never came
    NoSourcePort,  // connect() failed before a SYN was sent
    Dropped,       // a half-open one that was given up, for a reason that does not show
    Unseen,        // it is gone, and its end was not seen
};

enum class Closer : std::uint8_t { Unknown, Local, Peer, Both };

enum class OwnerBasis : std::uint8_t {
    None,
    Used,      // this process was seen using the socket, or held it in a snapshot
    Listener,  // this one should accept it
};

struct LifeOwner {
    int process = 0;
    std::array<char, 16> name{};
    OwnerBasis basis = OwnerBasis::None;

    [[nodiscard]] std::string_view name_text() const;
    friend auto operator<=>(const LifeOwner&, const LifeOwner&) = default;
};

// One TCP connection (or listener) from this end, over all kernel objects that carry it. Plain data
// without allocation: hundreds of thousands of them can wait in TIME-WAIT.
struct Life {
    // CLOSED, and the ten states at most that one connection can pass through, and one missed.
    static constexpr std::size_t kMostSteps = 12;

    std::uint64_t id = 0;      // within one trace
    std::uint64_t cookie = 0;  // 0: still half open
    std::uint32_t network_namespace = 0;
    SocketAddress local;
    SocketAddress remote;
    Opener opener = Opener::Unknown;
    LifeOwner owner;
    std::optional<std::uint32_t> user;  // uid of the socket

    std::array<Step, kMostSteps> step_room;
    std::uint8_t step_count = 0;
    // The state before the first step; empty when that is older than the trace.
    std::optional<TcpState> began_as;

    Ending ending = Ending::Open;
    Closer first_fin = Closer::Unknown;
    Closer reset_by = Closer::Unknown;
    ResetCause reset_cause = ResetCause::Unknown;
    std::uint32_t reset_reason = 0;  // see ReasonNames
    int error = 0;
    bool syn_cookie = false;
    bool fast_open = false;
    bool steps_lost = false;    // more steps than there is room for
    bool details_lost = false;  // details were lost while it lived
    bool more_owners = false;   // another process used it before `owner`

    std::uint32_t syn_retransmissions = 0;  // of SYN or SYN+ACK
    std::uint32_t retransmissions = 0;
    std::optional<std::uint64_t> bytes_sent;  // acknowledged by the peer, without SYN and FIN
    std::optional<std::uint64_t> bytes_received;

    [[nodiscard]] std::span<const Step> steps() const { return {step_room.data(), step_count}; }
    [[nodiscard]] const Step& last() const { return step_room[step_count - 1U]; }
    [[nodiscard]] TcpState state() const { return last().state; }
    [[nodiscard]] bool ended() const { return ending != Ending::Open; }
    [[nodiscard]] bool is_listener() const { return step_room[0].state == TcpState::Listen; }
    // Seen from the first SYN, with every step, and all of them legal.
    [[nodiscard]] bool complete() const;
};

// The state that step `index` left; empty when that is not known.
[[nodiscard]] std::optional<TcpState> state_before(const Life& life, std::size_t index);

// How long the state of step `index` lasted: until the next step, or until `now` for the last.
struct Dwell {
    std::optional<Time> lower;  // nothing known when empty
    std::optional<Time> upper;  // no bound when empty
    [[nodiscard]] bool is_exact() const { return lower && lower == upper; }
};
[[nodiscard]] Dwell dwell_in(const Life& life, std::size_t index, std::optional<Time> now);
// From the first step to the last.
[[nodiscard]] Dwell whole_life(const Life& life);

// Whose FIN came first, and how it ended, as the steps and the evidence tell.
[[nodiscard]] Closer find_first_fin(const Life& life);

}  // namespace tcpdx::trace
