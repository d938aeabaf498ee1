#pragma once

// The one table of legal TCP state changes, each with what causes it and what is sent: RFC 9293's,
// and what Linux adds or leaves out. `explain` and the diagram are drawn from it; trace and capture
// check what they see against it, so it must be complete.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/tcp_state.h"

namespace tcpdx {

enum class CauseKind : std::uint8_t {
    SystemCall,
    Segment,  // also an ICMP error about one of ours
    Timer,
    Limit,  // Linux had no room for the next state
};

enum class SegmentSent : std::uint8_t { None, Syn, SynAck, Ack, Fin, Rst };

// "SYN+ACK"; empty for None. Never translated.
[[nodiscard]] std::string_view segment_name(SegmentSent segment);

enum class Standing : std::uint8_t {
    Everywhere,
    RfcOnly,    // RFC 9293 has it, Linux cannot do it
    LinuxOnly,  // the RFC does not have it
};

struct Transition {
    TcpState from = TcpState::Closed;
    TcpState to = TcpState::Closed;
    CauseKind kind = CauseKind::SystemCall;
    const char* cause = "";  // N_() marked
    SegmentSent sent = SegmentSent::None;
    const char* source = "";  // clause of RFC 9293, or the function in the kernel
    Standing standing = Standing::Everywhere;
    // What Linux keeps the state in. Several kinds of object can be in the same state, and one row
    // changes nothing but that: FIN-WAIT-2 handing over to its mini-socket.
    SocketKind from_kind = SocketKind::Full;
    SocketKind to_kind = SocketKind::Full;
    const char* note = "";  // N_() marked: what surprises; often empty

    [[nodiscard]] constexpr bool in_rfc() const { return standing != Standing::LinuxOnly; }
    [[nodiscard]] constexpr bool in_linux() const { return standing != Standing::RfcOnly; }
    [[nodiscard]] constexpr bool changes_state() const { return from != to; }
};

[[nodiscard]] std::span<const Transition> transitions();

// Whether one event can lead from one state to the other, by the RFC or in Linux. Staying where it
// is is not a transition.
[[nodiscard]] bool is_legal(TcpState from, TcpState to);

// In the order of the table: the ordinary way first.
[[nodiscard]] std::vector<const Transition*> transitions_from(TcpState state);
[[nodiscard]] std::vector<const Transition*> transitions_into(TcpState state);

}  // namespace tcpdx
