#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "endpoint/time.h"
#include "wire/tcp_header.h"

namespace tcpdx::endpoint {

enum class CongestionAlgorithm : std::uint8_t { NewReno, Cubic };

// Everything in which stacks may differ. rfc_settings() takes what RFC 9293 and its companions
// recommend; linux_settings() is the reference for what Linux does by default.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order in which it reads best
struct Settings {
    wire::OptionLayout option_layout = wire::OptionLayout::Bsd;

    // What this end offers in its SYN; each is used when the peer offers it too.
    bool timestamps = true;
    bool sack = true;
    bool window_scaling = true;
    bool ecn = false;
    std::uint8_t window_shift = 6;

    std::uint32_t mtu = 1500;
    // The largest datagram this end can put together (MMS_R of RFC 9293, 3.7.1, and the header).
    std::uint32_t reassembly_limit = 65535;
    std::uint32_t receive_buffer = 65535;
    std::uint32_t send_buffer = 65535;

    Duration rto_initial = std::chrono::seconds(1);
    Duration rto_min = std::chrono::seconds(1);
    Duration rto_max = std::chrono::seconds(120);
    // The first retransmissions of a SYN that do not double the timeout (tcp_syn_linear_timeouts).
    unsigned syn_linear_timeouts = 0;
    // R1 and R2 of RFC 9293, 3.8.3: when to tell the user, and when to give up. Without a limit in
    // time the count decides; with neither, never.
    unsigned r1_retransmissions = 3;
    std::optional<Duration> r2 = std::chrono::minutes(5);
    std::optional<Duration> r2_syn = std::chrono::minutes(3);
    std::optional<unsigned> max_retransmissions;
    std::optional<unsigned> max_syn_retransmissions;
    std::optional<unsigned> max_syn_ack_retransmissions;

    bool delayed_ack = true;
    Duration delayed_ack_time = std::chrono::milliseconds(40);
    unsigned quick_acks = 0;  // segments at the start of a connection that are acknowledged at once
    Duration override_time = std::chrono::milliseconds(500);  // RFC 9293, 3.8.6.2.1, rule (4)

    CongestionAlgorithm congestion = CongestionAlgorithm::NewReno;
    unsigned initial_window_segments = 0;  // 0: two to four by size (RFC 5681, 3.1)
    bool restart_after_idle = true;
    // Whether a zero window is probed with an octet of data or with one already acknowledged.
    bool probe_with_data = true;

    Duration msl = std::chrono::minutes(2);
    // How long an end whose program has gone waits for the peer's FIN.
    Duration fin_wait_2 = std::chrono::seconds(60);
    bool rfc1337 = false;   // a RST does not end TIME-WAIT
    bool tw_reopen = true;  // a new SYN does (RFC 9293, MAY-2, and RFC 6191)
    bool rfc5961 = true;    // challenge what blind attackers could send
    bool drop_synfin = false;
    bool tolerate_missing_timestamps = false;  // RFC 7323, 3.2: SHOULD be dropped
    // Data that comes with the peer's SYN of a connection that this end opened is kept.
    bool keep_data_on_syn = true;
    // The edges and the order of checks of Linux' tcp_input.c and tcp_minisocks.c, where they are
    // not the RFC's: see docs/tcp-beside-linux.md.
    bool linux_arrivals = false;
    // How soon the SYN is sent again after a wrong answer to it; zero is at its usual time.
    Duration retry_syn_after_wrong_answer{};
    // ICMP errors that may pass end an attempt to connect (RFC 9293, MUST-56: they must not).
    bool soft_errors_abort_connect = false;
    unsigned challenge_acks_per_second = 64;
    // The least time between two answers to what is not acceptable (tcp_invalid_ratelimit).
    Duration invalid_ratelimit{};

    bool keep_alive = false;
    Duration keep_alive_idle = std::chrono::hours(2);
    Duration keep_alive_interval = std::chrono::seconds(75);
    unsigned keep_alive_probes = 9;
    bool keep_alive_with_octet = false;  // RFC 9293, MAY-6

    std::uint8_t hop_limit = 64;
    std::uint8_t traffic_class = 0;

    // For the initial sequence numbers, source ports and timestamp offsets. From a random source,
    // except in tests.
    std::array<std::uint64_t, 2> secret{};
};

[[nodiscard]] Settings rfc_settings();
[[nodiscard]] Settings linux_settings();

}  // namespace tcpdx::endpoint
