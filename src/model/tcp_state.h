#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tcpdx {

// RFC 9293, 3.3.2. Every layer speaks this enum. The kernel's numbering is translated where it
// enters.
enum class TcpState : std::uint8_t {
    Closed,
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
};

inline constexpr std::array kAllTcpStates{
    TcpState::Closed,      TcpState::Listen,   TcpState::SynSent,  TcpState::SynReceived,
    TcpState::Established, TcpState::FinWait1, TcpState::FinWait2, TcpState::CloseWait,
    TcpState::Closing,     TcpState::LastAck,  TcpState::TimeWait,
};

// What object holds the state in Linux. The RFC knows one kind of control block; Linux saves memory
// at both ends of a connection's life, and what can be known of it differs with the object.
enum class SocketKind : std::uint8_t {
    Full,            // struct sock: has buffers, tcp_info, perhaps a process
    RequestSocket,   // struct request_sock, TCP_NEW_SYN_RECV: a SYN was answered, nothing else yet
    TimeWaitSocket,  // struct inet_timewait_sock: TIME-WAIT, or FIN-WAIT-2 without an owner
};

// The name as the RFC spells it, e.g. "FIN-WAIT-1". Never translated.
[[nodiscard]] std::string_view rfc_name(TcpState state);

// The name as netstat(8) prints it, e.g. "FIN_WAIT1", "SYN_RECV", "CLOSE".
[[nodiscard]] std::string_view netstat_name(TcpState state);

// Accepts every spelling that netstat, ss, lsof, Windows, BSD and the RFC use, in any case:
// "TIME_WAIT", "time-wait", "TimeWait", "tw", "ESTAB", "SYN_RECV", "SYN_RCVD", "fin1", ...
[[nodiscard]] std::optional<TcpState> parse_tcp_state(std::string_view text);

// By the kernel's number, as in net/tcp_states.h. Nothing for numbers that no kernel has yet.
[[nodiscard]] std::optional<TcpState> tcp_state_of_kernel(std::uint64_t number);

// A set of states, for filters.
class StateSet {
public:
    constexpr StateSet() = default;
    [[nodiscard]] static constexpr StateSet all() {
        StateSet set;
        set.bits_ = (1U << kAllTcpStates.size()) - 1U;
        return set;
    }
    constexpr StateSet& add(TcpState state) {
        bits_ |= bit(state);
        return *this;
    }
    constexpr StateSet& remove(TcpState state) {
        bits_ &= ~bit(state);
        return *this;
    }
    [[nodiscard]] constexpr bool contains(TcpState state) const {
        return (bits_ & bit(state)) != 0;
    }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    friend constexpr bool operator==(const StateSet&, const StateSet&) = default;

private:
    static constexpr std::uint32_t bit(TcpState state) {
        return 1U << static_cast<std::uint32_t>(state);
    }
    std::uint32_t bits_ = 0;
};

}  // namespace tcpdx
