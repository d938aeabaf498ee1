#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/ip_address.h"
#include "model/observations.h"

namespace tcpdx {

// What an ICMP error says, whichever of the two ICMPs said it: the codes differ, and so does the
// errno that Linux makes of them (prohibited is EHOSTUNREACH in IPv4 and EACCES in IPv6).
enum class IcmpMeaning : std::uint8_t {
    NetUnreachable,
    HostUnreachable,
    ProtocolUnreachable,
    PortUnreachable,
    Prohibited,    // a packet filter says so
    TimeExceeded,  // in transit
    TooBig,
    Other,
};

[[nodiscard]] IcmpMeaning meaning_of_icmp(IpFamily family, std::uint8_t type, std::uint8_t code);

struct IcmpError {
    IpFamily family = IpFamily::V4;
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    IpAddress sender;
    std::chrono::microseconds after{0};  // since the probe was sent

    [[nodiscard]] IcmpMeaning meaning() const { return meaning_of_icmp(family, type, code); }
};

// TCP segments between this host and the target's port, as its own capture showed them. A packet
// filter of this host is behind the capture for what comes in, and before it for what goes out.
struct CapturedSegments {
    std::uint32_t syns_sent = 0;
    std::uint32_t syn_acks = 0;  // received; more than one means that our ACK did not count
    std::uint32_t resets = 0;    // received
    std::uint32_t bare_acks =
        0;  // received in answer to a SYN: the port still remembers another one
    std::optional<std::uint8_t> reply_ttl;  // of the first answer
};

// What came of talking over the connection.
struct Exchange {
    enum class Outcome : std::uint8_t {
        Answered,         // with what was expected, if something was
        OtherAnswer,      // than what was expected
        Silence,          // our data were acknowledged, nothing came back
        NotAcknowledged,  // nor were our data
        Closed,           // by the peer, without an answer
        Reset,
        TlsFailed,
        WindowClosed,  // the peer takes no more: its program does not read
    };
    enum class TlsProblem : std::uint8_t {
        None,
        Expired,
        NotYetValid,
        OtherName,
        Untrusted,
        NotTls,         // the peer does not speak it
        RefusedByPeer,  // an alert
        Other,
    };

    Outcome outcome = Outcome::Silence;
    std::chrono::microseconds took{0};
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    std::string first_line;  // of the answer
    int error = 0;
    TlsProblem tls_problem = TlsProblem::None;
    std::string tls_detail;  // of OpenSSL, in English
    std::string tls_version;
    std::string certificate_subject;
    std::string certificate_issuer;
    std::string certificate_ends;   // "Nov 25 12:00:00 2026 GMT"
    std::string certificate_names;  // that it is for, when it is for another
    // What the server sent to prove the certificate, from the one that signed it upwards.
    struct ChainLink {
        std::string subject;
        std::string issuer;
        std::string ends;
        bool expired = false;
    };
    std::vector<ChainLink> chain;
    // The same over a second connection that only uses small segments, when the first got no
    // answer: empty when that was not tried.
    std::optional<bool> small_segments_work;
    // How long the connection was left alone before; and when it was then dead, whether the same
    // over a fresh connection gets an answer.
    std::chrono::milliseconds idle{0};
    std::optional<bool> fresh_connection_works;
};

// One connect(), and what came of it while it was waited for.
struct ConnectAttempt {
    enum class Outcome : std::uint8_t {
        NoAnswer,  // until we stopped waiting
        Connected,
        Refused,  // connect() failed with `error`, some time after the SYN
        NotSent,  // connect() failed with `error` before any packet
    };

    SocketAddress target;
    Outcome outcome = Outcome::NoAnswer;
    int error = 0;  // errno
    std::optional<SocketAddress> source;
    std::chrono::system_clock::time_point started;
    std::chrono::microseconds took{0};  // until the outcome, or as long as it was waited for
    std::optional<int> hop_limit;       // when not the usual one
    std::vector<IcmpError> icmp;
    // tcp_info: timeouts of the SYN, retransmissions tried (tcpi_total_retrans counts failed ones
    // too), and those now in flight. Timeouts with nothing in flight mean that this host could not
    // send.
    std::optional<std::uint8_t> timeouts;
    std::optional<std::uint32_t> retransmissions;
    std::optional<std::uint32_t> in_flight;
    std::optional<CapturedSegments> captured;

    // What happened on the connection in the time after the handshake.
    struct Afterwards {
        std::chrono::microseconds watched{0};
        bool closed_by_peer = false;
        int error = 0;  // ECONNRESET and the like
        std::uint64_t bytes_received = 0;
    };
    std::optional<Afterwards> afterwards;
    // What came of talking, of each of several attempts.
    std::optional<Exchange::Outcome> talk;
};

// The same attempt again and again, each from a fresh source port; then some more at a slower pace,
// when some of them had to send their SYN more than once; and some from source ports that failed.
struct RepeatedAttempts {
    std::chrono::milliseconds interval{0};
    std::vector<ConnectAttempt> attempts;
    std::chrono::milliseconds slower_interval{0};
    std::vector<ConnectAttempt> slower;
    std::vector<ConnectAttempt> same_port;
};

// A segment made by hand, and the answer to it. Needs CAP_NET_RAW.
struct RawProbe {
    enum class Segment : std::uint8_t { Syn, Ack, Fin };
    enum class Answer : std::uint8_t { Nothing, SynAck, Reset, Ack };

    Segment segment = Segment::Syn;
    std::uint16_t port = 0;
    Answer answer = Answer::Nothing;
    std::optional<std::uint8_t> ttl;
    std::chrono::microseconds after{0};
    std::uint32_t tries = 0;
    int send_error = 0;  // EPERM: a filter of this host does not let it out
};

// Who answers that a packet for the target's port ran out of hops.
struct PathHop {
    int distance = 0;
    enum class Kind : std::uint8_t {
        Silent,
        TimeExceeded,  // by `sender`: an ordinary router
        OtherError,    // `error` by `sender`: the packet ends there
        TargetReached,
    } kind = Kind::Silent;
    std::optional<IcmpError> error;
};

struct PingResult {
    std::uint32_t sent = 0;
    std::uint32_t answered = 0;
    std::optional<std::chrono::microseconds> round_trip;
    std::optional<std::uint8_t> ttl;
    std::optional<IcmpError> error;
};

struct LocalRoute {
    enum class Kind : std::uint8_t {
        Unicast,
        Local,
        Blackhole,
        Unreachable,
        Prohibit,
        None,
        Other
    };
    Kind kind = Kind::Other;
    std::string interface;
    std::optional<IpAddress> gateway;
    std::optional<IpAddress> source;
};

// ARP or neighbour discovery, of the next hop.
enum class NeighbourState : std::uint8_t { Unknown, Reachable, Stale, Probing, Incomplete, Failed };

struct NextHop {
    IpAddress address;  // the gateway, or the target itself
    NeighbourState state = NeighbourState::Unknown;
};

// Everything that was found out about one address of the target.
struct TargetProbe {
    SocketAddress target;
    std::optional<LocalRoute> route;
    std::optional<NextHop> next_hop;  // looked up after the attempt
    // Interfaces that are down, or the one of the route without a carrier; looked up when nothing
    // could be sent.
    std::vector<std::string> interfaces_down;
    ConnectAttempt attempt;
    std::optional<RepeatedAttempts> repeated;
    std::optional<Exchange> exchange;
    std::optional<ConnectAttempt> closed_reference;  // a port where nothing is expected to listen
    std::vector<ConnectAttempt> open_references;
    bool open_reference_named = false;  // the user knows that it is open
    std::vector<RawProbe> raw;
    std::vector<PathHop> path;
    // The first router, asked on behalf of another destination when it did not answer for this one.
    std::optional<PathHop> first_hop_for_others;
    std::optional<PingResult> ping;
    Counters counter_increases;  // of this host, while the attempt lasted; only what rose
    bool interrupted = false;    // Ctrl-C: what is missing was not tried
};

struct ProbeReport {
    std::string host;  // as asked
    std::uint16_t port = 0;
    std::chrono::system_clock::time_point started;
    bool quick = false;
    bool raw_allowed = false;  // CAP_NET_RAW
    std::vector<TargetProbe> targets;
    std::vector<Unseen> unseen;
};

}  // namespace tcpdx
