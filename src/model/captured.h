#pragma once

// What a packet capture tells of TCP connections: both ends of each, the states that they went
// through, and how surely that is known. Plain data, for rules and for presentation.

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/connection.h"
#include "model/ip_address.h"
#include "model/tcp_state.h"
#include "model/transitions.h"

namespace tcpdx {

// Captures have nanoseconds, and so do the laws of two ends that answer each other.
using CaptureTime = std::chrono::sys_time<std::chrono::nanoseconds>;

enum class CapturedCause : std::uint8_t {
    Start,     // the end was in this state when the capture began
    Sent,      // a segment that it sent
    Received,  // a segment that it received
    Icmp,
    Unseen,   // no packet shows it: what may have happened in silence
    NewOpen,  // it opens the same ports anew, so what was before is over
};

// One state of one end, or the states among which the capture cannot tell.
struct CapturedState {
    StateSet possible;
    // The likeliest moment at that end, and the bounds that the packets leave. No bound: the
    // capture does not say.
    CaptureTime since;
    std::optional<CaptureTime> earliest;
    std::optional<CaptureTime> latest;
    std::optional<CaptureTime> until;  // when the next began; empty for the last one
    CapturedCause cause = CapturedCause::Start;
    const Transition* row = nullptr;  // of the model's table; null for Start, and among several
    std::uint32_t packet = 0;         // its number in the capture, from 1; 0 when there is none
    bool inferred = false;            // from the other end's packets: its own was not captured
    bool assumed = false;             // that the segment arrived; nothing contradicts it

    // The one possible state; nothing when there are several.
    [[nodiscard]] std::optional<TcpState> certain() const;
};

// What one end sent, as far as the capture has it.
struct CapturedFlow {
    std::uint64_t packets = 0;
    std::uint64_t payload_bytes = 0;  // each byte once
    std::uint64_t data_segments = 0;
    std::uint64_t retransmissions = 0;      // segments with data, SYN or FIN that were sent before
    std::uint64_t syn_retransmissions = 0;  // of these
    std::uint64_t fin_retransmissions = 0;
    std::uint64_t duplicates = 0;  // of the capture: the same packet twice
    std::uint64_t out_of_order = 0;
    std::uint64_t keepalives = 0;
    std::uint64_t zero_window_probes = 0;
    std::uint64_t zero_windows = 0;                // times that its receive window closed
    std::chrono::nanoseconds zero_window_time{0};  // until the last packet, if it stays closed
    std::uint64_t data_after_peer_fin = 0;         // segments
    std::uint64_t bytes_not_captured = 0;          // acknowledged by the peer, and never seen
    std::uint64_t bad_headers = 0;
    std::uint64_t resets = 0;
    std::uint64_t ignored_resets = 0;  // not in the window: such a reset resets nothing
    std::optional<std::uint32_t> initial_sequence;
    std::optional<std::uint16_t> max_segment_size;
    std::optional<std::uint8_t> window_shift;
    bool sack_permitted = false;
    bool timestamps = false;
    bool fast_open = false;
    bool syn_seen = false;
    bool fin_seen = false;
    bool unacknowledged_data = false;  // at the end of the capture
    // The same data sent again at the end, with nothing heard of the other end in between.
    std::uint64_t unanswered_repeats = 0;
    bool window_closed_at_end = false;
    std::uint8_t hop_limit = 0;  // as it arrived at the capture; 0: not known
    // Of its first reset; 0 where it cannot be held against that of other packets: there are none,
    // or they do not agree.
    std::uint8_t reset_hop_limit = 0;
};

struct CapturedEnd {
    SocketAddress address;
    Opener opener = Opener::Unknown;
    CapturedFlow sent;
    std::vector<CapturedState> states;  // in the order in which it went through them

    [[nodiscard]] const CapturedState* last() const {
        return states.empty() ? nullptr : &states.back();
    }
};

// A segment that matters for the states, for the ladder.
enum class SegmentMark : std::uint8_t {
    Syn,
    SynAgain,
    SynAck,
    SynAckAgain,
    Ack,  // of the SYN
    AckAgain,
    Data,  // the first
    Fin,
    FinAgain,
    AckOfFin,
    AckOfFinAgain,
    Rst,
    RstIgnored,
    IcmpError,
    ZeroWindow,
    WindowOpen,
    Speaks,     // the first segment behind its SYN+ACK: that end is established
    NewSyn,     // a SYN of the next connection on the same ports
    AfterRst,   // it goes on after a reset
    BusySince,  // no packet: since then there was always something unacknowledged
    DataAgain,  // behind its FIN: what it had sent before is not acknowledged yet
    FinBefore,  // its number says that its FIN was sent before and lost on the way here
    MayBeFin,   // no packet: the last that the other end acknowledged was not captured
    LastHeard,  // no packet: the last of this end was captured then
};

struct CapturedSegment {
    CaptureTime time;
    std::uint32_t packet = 0;
    SegmentMark mark = SegmentMark::Syn;
    std::uint8_t from = 0;       // which end; for IcmpError the end that it is sent to
    std::uint8_t icmp_type = 0;  // with IcmpError
    std::uint8_t icmp_code = 0;
    bool acks_fin = false;  // with Fin: it came after the other's
};

// How it ended, as far as the capture shows.
enum class CapturedOutcome : std::uint8_t {
    Closed,       // FINs both ways, and acknowledged
    Closing,      // FINs both ways, the last not acknowledged
    HalfClosed,   // one FIN
    Reset,        // after it was established
    Refused,      // the SYN was answered by a reset
    RefusedIcmp,  // or by an ICMP error
    Unanswered,   // nothing came back to the SYN
    HalfOpen,     // SYN+ACK came back, and no more from the opener
    Aborted,      // the opener reset it before it was established
    Open,         // no end seen
    Stray,        // no connection at all: resets, scans and other single segments
};

// What this capture cannot show of a connection, said with it.
enum class CaptureLimit : std::uint8_t {
    StartsMidWay,     // its start is not in the capture
    EndsMidWay,       // its end is not in the capture
    OneDirection,     // packets of one end only
    PacketsMissing,   // acknowledged data that was never seen
    HeadersCut,       // the snap length cut TCP headers
    NoTimes,          // times are missing or go backwards
    ArrivalAssumed,   // that a segment arrived at the far end is not proved
    FinNotSent,       // close() behind a closed window or a full queue shows no FIN
    SilentTimeout,    // an end that gives up by a timer shows no packet
    CloseOrder,       // both closed at once: who was first depends on where one looks
    ListenerUnknown,  // whether anybody listens is not known
    MarksLimited,     // more repetitions than are kept one by one
    SynNotSent,       // the end that its SYN names was in another connection, and stayed there
};

enum class NearEnd : std::uint8_t { Unknown, First, Second, Both, Between };

struct CapturedConnection {
    std::uint32_t number = 0;   // from 1, in the order of their first packets
    std::uint32_t network = 0;  // VXLAN, Geneve or GRE network; 0 outside
    // First the opener, or who spoke first where the opening was not seen.
    std::array<CapturedEnd, 2> ends;
    CaptureTime first;
    CaptureTime last;
    std::uint32_t first_packet = 0;
    CapturedOutcome outcome = CapturedOutcome::Open;
    bool simultaneous_open = false;
    bool simultaneous_close = false;
    std::optional<std::uint8_t> closed_first;  // index of the end whose FIN or RST came first
    bool closed_by_reset = false;              // closed_first by a reset and not by a FIN
    // The reset that ended it: index of who sent it, what it hit at the other end, and what came
    // before it.
    std::optional<std::uint8_t> reset_from;
    std::optional<CapturedState> reset_hit;
    std::optional<SegmentMark> reset_provoked_by;
    // From the capture to each end and back, from the handshake.
    std::array<std::optional<std::chrono::nanoseconds>, 2> round_trip;
    std::optional<std::chrono::nanoseconds> handshake_time;
    NearEnd near = NearEnd::Unknown;
    std::vector<CapturedSegment> segments;
    std::vector<CaptureLimit> limits;
    std::optional<std::uint32_t> previous;  // number of the one before on the same ports
    std::optional<std::uint32_t>
        translation;  // number of the same one behind an address translator

    [[nodiscard]] bool has(CaptureLimit limit) const;
};

// Connections that were let go of to stay within the memory limit, by what had become of them.
struct ForgottenConnections {
    std::uint64_t total = 0;
    std::uint64_t half_open = 0;  // SYN, perhaps SYN+ACK, and no more
    std::uint64_t finished = 0;
    std::uint64_t open = 0;
};

struct CaptureLinkType {
    std::uint32_t number = 0;
    std::string name;  // empty: not known here, and its packets were not read
    std::uint64_t packets = 0;
};

struct CaptureCounts {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint64_t tcp = 0;
    std::uint64_t icmp_errors = 0;
    std::uint64_t fragments = 0;
    std::uint64_t fragments_incomplete = 0;
    std::uint64_t other_ip = 0;
    std::uint64_t not_ip = 0;
    std::uint64_t cut_packets = 0;        // snap length shorter than the headers
    std::uint64_t damaged_packets = 0;    // contradict their own lengths
    std::uint64_t encrypted_packets = 0;  // below TCP: IPsec, MACsec, 802.11
    std::uint64_t unknown_link_type = 0;
    std::uint64_t undeclared_interface = 0;
    std::uint64_t damaged_places = 0;  // of the file
    std::uint64_t damaged_bytes = 0;
    std::uint64_t dropped_by_capture = 0;  // as the capturing program says
    std::uint64_t times_backwards = 0;
    bool cut = false;  // a file ends within a packet
    bool no_times = false;
};

// Attempts at one listener, for floods and scans; also of connections that were forgotten.
struct CapturedPort {
    SocketAddress address;
    std::uint64_t attempts = 0;
    std::uint64_t half_open = 0;  // answered, and never completed
    std::uint64_t unanswered = 0;
    std::uint64_t refused = 0;
    std::uint64_t established = 0;
};

// Connections that were opened, used and closed as they should, so that no rule has anything to say
// of them one by one, and what went beyond the number that is judged one by one. A capture has
// millions, so they are kept small, and written out when somebody looks at one.
class CompactConnections {
public:
    CompactConnections() = default;
    CompactConnections(const CompactConnections&) = delete;
    CompactConnections& operator=(const CompactConnections&) = delete;
    CompactConnections(CompactConnections&&) = delete;
    CompactConnections& operator=(CompactConnections&&) = delete;
    virtual ~CompactConnections() = default;

    [[nodiscard]] virtual std::size_t size() const = 0;
    // In ascending order.
    [[nodiscard]] virtual std::uint32_t number(std::size_t index) const = 0;
    [[nodiscard]] virtual CapturedConnection look(std::size_t index) const = 0;
};

// What the rules need of those that they do not see one by one.
struct CompactHost {
    std::uint64_t opened = 0;
    std::uint64_t accepted = 0;
    std::uint64_t failed = 0;
    std::uint64_t retransmissions = 0;
    std::uint64_t payload_bytes = 0;
    std::uint8_t hop_limit = 0;  // of a packet with data; 0: none
    bool is_near = false;        // the capture was made at it
};
struct CompactSums {
    std::uint64_t packets = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t data_segments = 0;
    std::uint64_t retransmissions = 0;  // without SYNs
    std::uint64_t one_direction = 0;    // connections
    std::uint64_t packets_missing = 0;
    std::uint64_t translated = 0;
    // Of these something could be said, but there are more than are judged one by one.
    std::uint64_t not_judged = 0;
    std::map<CapturedOutcome, std::uint64_t> outcomes;
    std::map<IpAddress, CompactHost> hosts;
};

struct Captured {
    std::vector<std::string> files;
    // What reads the same packets again, for options to be added; empty when nothing does.
    std::string command;
    std::optional<CaptureTime> first;
    std::optional<CaptureTime> last;
    CaptureCounts counts;
    std::vector<CaptureLinkType> link_types;
    std::vector<CapturedConnection> connections;        // that the rules judge; in order of number
    std::shared_ptr<const CompactConnections> compact;  // all others; may be null
    CompactSums compact_sums;
    ForgottenConnections forgotten;
    std::vector<CapturedPort> ports;  // the most attempts first

    // Of both kinds together.
    [[nodiscard]] std::size_t connection_count() const;
    [[nodiscard]] std::vector<std::uint32_t> numbers() const;
    [[nodiscard]] std::optional<CapturedConnection> find(std::uint32_t number) const;
};

}  // namespace tcpdx
