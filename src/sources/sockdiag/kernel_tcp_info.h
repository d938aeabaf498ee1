#pragma once

#include <cstdint>

namespace tcpdx::sockdiag {

// struct tcp_info of linux/tcp.h as Linux 6.7 has it. Debian 12's header is older than many kernels
// it meets, so the layout is written out; it only ever grows at its end. A kernel that knows fewer
// fields sends fewer bytes: compare the received length with the offset before reading one.
struct KernelTcpInfo {
    std::uint8_t state;
    std::uint8_t ca_state;
    std::uint8_t retransmits;
    std::uint8_t probes;
    std::uint8_t backoff;
    std::uint8_t options;
    std::uint8_t window_scales;  // low 4 bits: sent to us by the peer, high 4: ours
    std::uint8_t delivery_flags;

    std::uint32_t rto;  // microseconds
    std::uint32_t ato;
    std::uint32_t snd_mss;
    std::uint32_t rcv_mss;
    std::uint32_t unacked;
    std::uint32_t sacked;
    std::uint32_t lost;
    std::uint32_t retrans;
    std::uint32_t fackets;

    std::uint32_t last_data_sent;  // milliseconds ago
    std::uint32_t last_ack_sent;   // always 0
    std::uint32_t last_data_recv;
    std::uint32_t last_ack_recv;

    std::uint32_t pmtu;
    std::uint32_t rcv_ssthresh;
    std::uint32_t rtt;  // microseconds
    std::uint32_t rttvar;
    std::uint32_t snd_ssthresh;
    std::uint32_t snd_cwnd;
    std::uint32_t advmss;
    std::uint32_t reordering;
    std::uint32_t rcv_rtt;
    std::uint32_t rcv_space;
    std::uint32_t total_retrans;

    std::uint64_t pacing_rate;
    std::uint64_t max_pacing_rate;
    std::uint64_t bytes_acked;     // 4.1
    std::uint64_t bytes_received;  // 4.1
    std::uint32_t segs_out;
    std::uint32_t segs_in;
    std::uint32_t notsent_bytes;  // 4.6
    std::uint32_t min_rtt;
    std::uint32_t data_segs_in;
    std::uint32_t data_segs_out;
    std::uint64_t delivery_rate;
    std::uint64_t busy_time;  // 4.10, microseconds
    std::uint64_t rwnd_limited;
    std::uint64_t sndbuf_limited;
    std::uint32_t delivered;
    std::uint32_t delivered_ce;
    std::uint64_t bytes_sent;  // 4.19
    std::uint64_t bytes_retrans;
    std::uint32_t dsack_dups;
    std::uint32_t reord_seen;
    std::uint32_t rcv_ooopack;
    std::uint32_t snd_wnd;  // 5.4
    std::uint32_t rcv_wnd;  // 6.2
    std::uint32_t rehash;
    std::uint16_t total_rto;  // 6.7
    std::uint16_t total_rto_recoveries;
    std::uint32_t total_rto_time;  // milliseconds
};
static_assert(sizeof(KernelTcpInfo) == 248);

}  // namespace tcpdx::sockdiag
