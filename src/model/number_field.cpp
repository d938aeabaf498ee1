#include "model/number_field.h"

#include <algorithm>

namespace tcpdx {
namespace {

using Value = std::optional<std::uint64_t>;

Value widen(const std::optional<std::uint32_t>& value) {
    return value ? Value(*value) : std::nullopt;
}

// Of a listener the kernel fills tcp_info with other things (its queue length as `unacked`) or with
// defaults that mean nothing, so it has no details here.
const TcpDetails* details(const Connection& connection) {
    return connection.tcp && !connection.is_listener() ? &*connection.tcp : nullptr;
}

template <auto Member>
Value detail(const Connection& connection) {
    const TcpDetails* tcp = details(connection);
    return tcp == nullptr ? std::nullopt : Value(tcp->*Member);
}

template <auto Member>
Value newer_detail(const Connection& connection) {
    const TcpDetails* tcp = details(connection);
    return tcp == nullptr || !(tcp->*Member) ? std::nullopt : Value(*(tcp->*Member));
}

// A zero says that nothing was measured yet.
template <auto Member>
Value measured(const Connection& connection) {
    const Value value = detail<Member>(connection);
    return value && *value == 0 ? std::nullopt : value;
}

// "Ago" fields hold about the uptime before the handshake is complete.
template <auto Member>
Value ago(const Connection& connection) {
    const bool open =
        connection.state != TcpState::SynSent && connection.state != TcpState::SynReceived;
    return open ? detail<Member>(connection) : std::nullopt;
}

// The timer also counts for request sockets, which have no tcp_info.
Value retransmits(const Connection& connection) {
    const Value counted = detail<&TcpDetails::retransmits>(connection);
    if (connection.timer && connection.timer->kind == TimerKind::Retransmit) {
        return std::max(counted.value_or(0), std::uint64_t{connection.timer->retransmits});
    }
    return counted;
}

constexpr NumberField kFields[] = {
    {"recv-q", NumberUnit::Bytes, [](const Connection& c) { return widen(c.receive_queue); }},
    {"send-q", NumberUnit::Bytes, [](const Connection& c) { return widen(c.send_queue); }},
    {"accept-queue", NumberUnit::Count, [](const Connection& c) { return widen(c.accept_queue); }},
    {"backlog", NumberUnit::Count, [](const Connection& c) { return widen(c.backlog_limit); }},
    {"drops", NumberUnit::Count, [](const Connection& c) { return widen(c.drops); }},
    {"retrans", NumberUnit::Count, retransmits},
    {"total-retrans", NumberUnit::Count, detail<&TcpDetails::total_retransmits>},
    {"probes", NumberUnit::Count, detail<&TcpDetails::probes>},
    {"backoff", NumberUnit::Count, detail<&TcpDetails::backoff>},
    {"rtt", NumberUnit::Microseconds, measured<&TcpDetails::srtt_us>},
    {"rttvar", NumberUnit::Microseconds, measured<&TcpDetails::rttvar_us>},
    {"rto", NumberUnit::Microseconds, measured<&TcpDetails::rto_us>},
    {"mss", NumberUnit::Bytes, measured<&TcpDetails::send_mss>},
    {"recv-mss", NumberUnit::Bytes, measured<&TcpDetails::receive_mss>},
    {"pmtu", NumberUnit::Bytes, measured<&TcpDetails::path_mtu>},
    {"cwnd", NumberUnit::Count, measured<&TcpDetails::congestion_window>},
    {"peer-window", NumberUnit::Bytes, newer_detail<&TcpDetails::peer_window>},
    {"unacked", NumberUnit::Count, detail<&TcpDetails::unacked_segments>},
    {"lost", NumberUnit::Count, detail<&TcpDetails::lost_segments>},
    {"not-sent", NumberUnit::Bytes, detail<&TcpDetails::not_sent_bytes>},
    {"bytes-in", NumberUnit::Bytes, detail<&TcpDetails::bytes_received>},
    {"bytes-out", NumberUnit::Bytes, newer_detail<&TcpDetails::bytes_sent>},
    {"bytes-acked", NumberUnit::Bytes, detail<&TcpDetails::bytes_acked>},
    {"bytes-retrans", NumberUnit::Bytes, newer_detail<&TcpDetails::bytes_retransmitted>},
    {"segs-in", NumberUnit::Count, detail<&TcpDetails::data_segments_in>},
    {"segs-out", NumberUnit::Count, detail<&TcpDetails::data_segments_out>},
    {"last-sent", NumberUnit::Milliseconds, ago<&TcpDetails::last_data_sent_ms>},
    {"last-received", NumberUnit::Milliseconds, ago<&TcpDetails::last_data_received_ms>},
    {"last-ack", NumberUnit::Milliseconds, ago<&TcpDetails::last_ack_received_ms>},
    {"uid", NumberUnit::Count, [](const Connection& c) { return widen(c.uid); }},
    {"inode", NumberUnit::Count, [](const Connection& c) { return widen(c.inode); }},
    {"cookie", NumberUnit::Count, [](const Connection& c) { return c.cookie; }},
    {"mark", NumberUnit::Count, [](const Connection& c) { return widen(c.mark); }},
    {"line", NumberUnit::Count,
     [](const Connection& c) { return c.source_line == 0 ? Value() : Value(c.source_line); }},
};

}  // namespace

std::span<const NumberField> number_fields() {
    return kFields;
}

bool same_field_name(std::string_view a, std::string_view b) {
    const auto is_letter = [](char c) { return c != '-' && c != '_'; };
    const auto* left = a.begin();
    const auto* right = b.begin();
    for (;;) {
        left = std::find_if(left, a.end(), is_letter);
        right = std::find_if(right, b.end(), is_letter);
        if (left == a.end() || right == b.end()) {
            return left == a.end() && right == b.end();
        }
        if (*left++ != *right++) {
            return false;
        }
    }
}

const NumberField* find_number_field(std::string_view name) {
    const auto* const found =
        std::find_if(std::begin(kFields), std::end(kFields),
                     [&](const NumberField& field) { return same_field_name(field.name, name); });
    return found == std::end(kFields) ? nullptr : found;
}

}  // namespace tcpdx
