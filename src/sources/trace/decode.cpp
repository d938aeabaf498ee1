#include "sources/trace/decode.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "sources/trace/bpf/trace_record.h"

namespace tcpdx::trace {
namespace {

// In the order of enum trace_kind, which begins at 1.
constexpr std::array kKinds{
    EventKind::StateChange,     EventKind::RequestStarted,  EventKind::RequestExpired,
    EventKind::RequestStopped,  EventKind::TimeWaitStarted, EventKind::TimeWaitExpired,
    EventKind::TimeWaitStopped, EventKind::Retransmission,  EventKind::SynAckRepeated,
    EventKind::ResetSent,       EventKind::ResetReceived,   EventKind::ErrorReported,
    EventKind::PacketDropped,   EventKind::OwnerSeen,       EventKind::Released,
};
static_assert(kKinds.size() == TRACE_KIND_END - 1);

IpAddress address_of(const std::uint8_t (&bytes)[16], std::uint8_t family) {
    IpAddress address;
    std::memcpy(address.bytes.data(), bytes, sizeof(bytes));
    address.family = family == AF_INET6 ? IpFamily::V6 : IpFamily::V4;
    return address;
}

// The kernel stamps mini-sockets in milliseconds of 32 bits, which wrap after 49 days: the stamp is
// the last such time that is not after `now`.
std::chrono::milliseconds stamped_before(Time now, std::uint32_t stamp) {
    const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now);
    const std::uint32_t ago = static_cast<std::uint32_t>(now_ms.count()) - stamp;
    // Rounding can put it just ahead.
    return ago > UINT32_MAX / 2 ? now_ms : now_ms - std::chrono::milliseconds(ago);
}

struct NamedCause {
    std::string_view name;
    ResetCause cause;
};

// Without the prefix SK_RST_REASON_.
constexpr NamedCause kNamedCauses[] = {
    {"NOT_SPECIFIED", ResetCause::Unknown},
    {"NO_SOCKET", ResetCause::NoSocket},
    {"TCP_ABORT_ON_CLOSE", ResetCause::UnreadData},
    {"TCP_ABORT_ON_LINGER", ResetCause::Abort},
    {"TCP_DISCONNECT_WITH_DATA", ResetCause::Abort},
    {"TCP_STATE", ResetCause::Abort},  // tcp_disconnect(), also for SO_LINGER 0
    {"TCP_ABORT_ON_DATA", ResetCause::DataAfterClose},
    {"TCP_ABORT_ON_MEMORY", ResetCause::OutOfMemory},
    {"TCP_KEEPALIVE_TIMEOUT", ResetCause::KeepaliveFailed},
};

}  // namespace

std::vector<ResetCause> reset_causes_of(const ReasonNames& names) {
    std::vector<ResetCause> causes(names.resets.size(), ResetCause::Other);
    for (std::size_t i = 0; i < causes.size(); ++i) {
        for (const NamedCause& named : kNamedCauses) {
            if (named.name == names.resets[i]) {
                causes[i] = named.cause;
            }
        }
    }
    return causes;
}

Result<Event, RecordError> decode(std::span<const std::byte> record,
                                  std::span<const ResetCause> reset_causes) {
    trace_record raw{};
    if (record.size() < sizeof(raw)) {
        return unexpected(RecordError::Truncated);
    }
    std::memcpy(&raw, record.data(), sizeof(raw));
    if (raw.kind == 0 || raw.kind >= TRACE_KIND_END) {
        return unexpected(RecordError::UnknownKind);
    }
    const auto from = tcp_state_of_kernel(raw.old_state);
    const auto to = tcp_state_of_kernel(raw.new_state);
    if (!from || !to) {
        return unexpected(RecordError::UnknownState);
    }
    const auto has = [&raw](unsigned flag) { return (raw.flags & flag) != 0; };
    Event event;
    event.kind = kKinds.at(raw.kind - 1U);
    event.at = Time(raw.monotonic_ns);
    event.cookie = raw.cookie;
    event.network_namespace = raw.network_namespace;
    event.local = {address_of(raw.local_address, raw.family), raw.local_port};
    event.remote = {address_of(raw.remote_address, raw.family), raw.remote_port};
    event.from = *from;
    event.to = *to;
    event.error = raw.error;
    event.process = static_cast<int>(raw.process);
    std::copy(std::begin(raw.process_name), std::end(raw.process_name), event.process_name.begin());
    event.process_name.back() = '\0';
    event.in_call = has(TRACE_IN_CALL);
    event.orphan = has(TRACE_ORPHAN);
    event.peer_finished = has(TRACE_PEER_FINISHED);
    event.nothing_sent = has(TRACE_NOTHING_SENT);
    event.program_closed = has(TRACE_PROGRAM_CLOSED);
    event.fast_open = has(TRACE_FAST_OPEN);
    event.has_socket = has(TRACE_HAS_SOCKET);
    event.leaving = has(TRACE_LEAVING);
    if (has(TRACE_COUNTERS)) {
        event.counters = EventCounters{.bytes_acked = raw.bytes_acked,
                                       .bytes_received = raw.bytes_received,
                                       .retransmissions = raw.retransmissions};
    }
    switch (event.kind) {
        case EventKind::TimeWaitStarted:
        case EventKind::TimeWaitExpired:
        case EventKind::TimeWaitStopped:
            if (raw.detail != 0) {
                event.entered = stamped_before(event.at, raw.detail);
            }
            break;
        case EventKind::ResetSent:
            event.reason = raw.detail;
            event.reset_cause =
                raw.detail < reset_causes.size() ? reset_causes[raw.detail] : ResetCause::Unknown;
            break;
        case EventKind::PacketDropped:
            event.reason = raw.detail;
            break;
        case EventKind::StateChange:
        case EventKind::OwnerSeen:
            event.user = raw.user;
            break;
        case EventKind::RequestStarted:
        case EventKind::RequestExpired:
        case EventKind::RequestStopped:
        case EventKind::Retransmission:
        case EventKind::SynAckRepeated:
        case EventKind::ResetReceived:
        case EventKind::ErrorReported:
        case EventKind::Released:
            break;
    }
    return event;
}

}  // namespace tcpdx::trace
