#pragma once

// A connection while its packets are read. A capture has millions of them, so this is packed: what
// happened is kept as a short log of the segments that matter, from which rebuild() makes the
// states when everything is known.

#include <array>
#include <cstdint>

#include "model/ip_address.h"
#include "sources/capture/segment_log.h"

namespace tcpdx::capture {

inline constexpr std::uint32_t kNone = UINT32_MAX;
// An index in FlowTable with this bit is one in CompactStore: the connection is over and at rest.
inline constexpr std::uint32_t kAtRest = 1U << 31U;

// Which two ends. The end with the lower address and port comes first, so both directions have the
// same key.
struct FlowKey {
    std::array<std::uint8_t, 16> first{};
    std::array<std::uint8_t, 16> second{};
    std::uint16_t first_port = 0;
    std::uint16_t second_port = 0;
    // The virtual network in the low 28 bits, and the family in the top one.
    std::uint32_t network = 0;

    friend bool operator==(const FlowKey&, const FlowKey&) = default;
};

// Sequence numbers [from, to) that were jumped over.
struct Gap {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
};

struct LiveFlow {
    std::uint32_t initial = 0;  // sequence number of the SYN, or one before the first byte seen
    std::uint32_t next = 0;     // behind the highest byte seen
    std::uint32_t acked = 0;    // highest acknowledgment that this end sent
    std::uint32_t fin_sequence = 0;  // of the FIN itself
    std::uint64_t payload_bytes = 0;
    std::uint32_t packets = 0;
    std::uint32_t data_segments = 0;
    std::uint32_t retransmissions = 0;
    std::uint32_t duplicates = 0;
    std::uint32_t out_of_order = 0;
    std::uint32_t data_after_peer_fin = 0;
    std::uint32_t bytes_not_captured = 0;
    std::uint32_t busy_since_ms = 0;  // of the connection: when something became unacknowledged
    std::uint32_t zero_since_ms = 0;
    std::uint32_t zero_total_ms = 0;
    std::array<std::uint32_t, 2> recent_prints{};
    std::array<std::uint32_t, 2> recent_times_us{};
    std::array<Gap, 2> gaps{};
    std::uint16_t keepalives = 0;
    std::uint16_t zero_window_probes = 0;
    std::uint16_t zero_windows = 0;
    std::uint16_t syn_retransmissions = 0;
    std::uint16_t fin_retransmissions = 0;
    std::uint16_t bad_headers = 0;
    std::uint16_t max_segment_size = 0;
    std::uint16_t newest_ip_id = 0;  // of the packet that brought `next`
    std::uint16_t window = 0;        // as this end last announced it
    std::uint8_t resets = 0;
    std::uint8_t ignored_resets = 0;
    std::uint8_t window_shift = 0;
    std::uint8_t hop_limit = 0;        // without resets, where anything else came first
    std::uint8_t reset_hop_limit = 0;  // of the first reset
    std::uint8_t last_kind = 0;        // SegmentMark of the last packet, for what provokes a reset
    std::uint8_t repeats_logged = 0;
    std::uint8_t unanswered_repeats = 0;  // since the other end was heard, or new data was sent
    std::uint8_t recent_at : 1 = 0;
    bool syn_seen : 1 = false;
    bool syn_ack_seen : 1 = false;
    bool initial_known : 1 = false;
    bool sequence_known : 1 = false;
    bool acked_known : 1 = false;
    bool fin_seen : 1 = false;
    bool acked_syn : 1 = false;
    bool acked_fin : 1 = false;
    bool ack_wanted_again : 1 = false;  // the peer repeated its SYN+ACK
    bool fin_ack_wanted_again : 1 = false;
    bool spoke : 1 = false;  // after its SYN+ACK
    bool data_logged : 1 = false;
    bool has_window_shift : 1 = false;
    bool has_max_segment_size : 1 = false;
    bool sack_permitted : 1 = false;
    bool timestamps : 1 = false;
    bool fast_open : 1 = false;
    bool window_closed : 1 = false;
    bool after_rst_logged : 1 = false;
    bool ip_id_known : 1 = false;
    bool seen_out : 1 = false;  // captured as it left the machine
    bool seen_in : 1 = false;
    bool busy : 1 = false;
    bool held_back : 1 = false;  // by the other's window: more may be waiting to be sent
    // The last that the other end acknowledged was not captured; when that was stands in
    // `busy_since_ms`, since nothing is under way.
    bool end_missing : 1 = false;
    // The same of a segment that a reset shows to have been sent last, and nothing else missing.
    bool last_unseen : 1 = false;
    bool newest_full : 1 = false;  // the newest data fills its segment: there may be more to send
    bool silent_since_missing : 1 = false;  // nothing of it was captured since `end_missing`
    bool own_missing : 1 = false;           // its own numbers say that something was not captured
    bool fin_before : 1 = false;            // and `fin_sequence` is its number
    bool fin_before_ack : 1 = false;        // of the other's FIN
    bool hop_limits_differ : 1 = false;     // of packets that are no resets
    bool new_syn_seen : 1 = false;          // the next connection's, see SegmentMark::NewSyn
    bool outlived_new_syn : 1 = false;      // it went on with this one, so that SYN was not its own

    [[nodiscard]] bool is_only_resets() const {
        return packets <= std::uint32_t{resets} + ignored_resets;
    }
    // Of the newest packet, since the connection's first.
    [[nodiscard]] std::uint32_t last_heard_us() const {
        return recent_times_us[recent_at == 0 ? 1 : 0];
    }
};

struct LiveConnection {
    FlowKey key;
    std::array<LiveFlow, 2> flows;  // in the key's order
    std::int64_t first_ns = 0;
    std::int64_t last_ns = 0;
    std::uint32_t number = 0;
    std::uint32_t first_packet = 0;
    LogChain log;
    std::uint32_t previous = kNone;  // an older one on the same ports, which may still get packets
    std::uint32_t previous_number = 0;
    std::uint8_t first_speaker : 1 = 0;
    bool used : 1 = false;
    bool headers_cut : 1 = false;
    bool windows_cut : 1 = false;
    bool marks_limited : 1 = false;
    bool times_backwards : 1 = false;
    bool no_times : 1 = false;
    bool wrong_handshake_ack : 1 = false;
    bool waits_to_rest : 1 = false;
    bool had_icmp : 1 = false;

    [[nodiscard]] bool was_reset() const { return flows[0].resets > 0 || flows[1].resets > 0; }
    [[nodiscard]] bool both_closed() const { return flows[0].acked_fin && flows[1].acked_fin; }
    [[nodiscard]] bool is_over() const { return was_reset() || both_closed(); }
    [[nodiscard]] bool is_established() const { return flows[0].acked_syn && flows[1].acked_syn; }
};

// 500 bytes for a whole connection: this, about ten entries of its log, and its place in the table.
static_assert(sizeof(LiveConnection) <= 344);

}  // namespace tcpdx::capture
