#pragma once

// What was observed about one attempt to connect, cut down to what can tell causes apart: a list of
// features, each with a handful of values. A feature that was not observed stays empty, and then it
// excludes nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/observations.h"

namespace tcpdx::diagnosis::reach {

// --- seen by the client ---------------------------------------------------------------------

enum class Answer : std::uint8_t { Silence, Connected, Reset, Icmp, NotSent };
// What connect() said at once, without a packet.
enum class LocalError : std::uint8_t {
    NoRoute,
    Unreachable,
    Prohibited,
    Blackhole,
    PortsUsedUp,
    NotPermitted,
    Other,
};
enum class IcmpSays : std::uint8_t {
    NetUnreachable,
    HostUnreachable,
    ProtocolUnreachable,
    PortUnreachable,
    Prohibited,
    TimeExceeded,
    Other,
};
enum class IcmpFrom : std::uint8_t { Target, Router, Ourselves };
// Three tries of ARP, a second each, make the 3.1 s of "host unreachable".
enum class IcmpTime : std::uint8_t { AtOnce, AfterSeconds };
enum class NextHopKind : std::uint8_t { Target, Gateway };
enum class LinkLayer : std::uint8_t { Resolved, Failed };
enum class SynLeft : std::uint8_t { No, Yes };
// In this host's own capture, before any filter of it.
enum class Captured : std::uint8_t { Nothing, SynAck, BareAck, Reset };
enum class ReplyDistance : std::uint8_t { AsOtherPorts, Different };
enum class RawSegments : std::uint8_t { Sent };
enum class RawAnswer : std::uint8_t { Silence, Reset, Other };
enum class ClosedPort : std::uint8_t { Answers, Silent };
enum class OpenPort : std::uint8_t { Answers, Refuses, NamedSilent, GuessedSilent };
enum class FirstHop : std::uint8_t { Answers, SilentForTarget, SilentForAll, Silent };
enum class Ping : std::uint8_t { Answers, Silent, Error };
enum class SynAckRepeated : std::uint8_t { No, Yes };
enum class Afterwards : std::uint8_t { Quiet, Data, Closed, Reset };

enum class Talk : std::uint8_t {
    Answered,
    OtherAnswer,
    Silence,
    NotAcknowledged,
    Closed,
    Reset,
    TlsFailed,
    WindowClosed,
};
enum class Tls : std::uint8_t {
    Fine,
    Expired,
    NotYetValid,
    OtherName,
    Untrusted,
    NotTls,
    RefusedByPeer,
    Other,
};
enum class SmallSegments : std::uint8_t { Fail, Work };
// Of several attempts, when some connected. FromThenOn: after the first that failed, none did.
enum class Among : std::uint8_t { None, Some, FromThenOn };
enum class SlowPace : std::uint8_t { Clean, Repeats };
enum class SamePort : std::uint8_t { Recovers, FailsAgain };
enum class Idle : std::uint8_t { No, Yes };  // before it talked
enum class FreshConnection : std::uint8_t { Fails, Works };

// --- seen by the server ---------------------------------------------------------------------

enum class ServerLooked : std::uint8_t { Yes };
enum class SynArrived : std::uint8_t { No, Yes };
enum class OtherPortsReached : std::uint8_t { No, Yes };  // by the same client, meanwhile
enum class Listener : std::uint8_t { None, OtherAddress, Here };
enum class AcceptQueue : std::uint8_t { HasRoom, Full };
enum class Growth : std::uint8_t { Flat, Rises };
enum class ServerSent : std::uint8_t { Nothing, SynAck, Reset };
// In the order of how far it went.
enum class Request : std::uint8_t {
    NoConnection,
    NotReceived,
    NotAccepted,
    Unread,
    Read,
    AnswerStuck,
    Answered,
};
enum class HalfOpen : std::uint8_t { None, Plain, Retransmitted };
enum class Stands : std::uint8_t { No, Yes };  // for longer than a busy program takes
enum class Siblings : std::uint8_t { Even, OneStuck };
enum class PeerData : std::uint8_t { No, Yes };

enum class Feature : std::uint8_t {
    Answer,
    LocalError,
    IcmpSays,
    IcmpFrom,
    IcmpTime,
    NextHopKind,
    LinkLayer,
    SynLeft,
    Captured,
    ReplyDistance,
    RawSegments,
    AckProbe,
    FinProbe,
    ClosedPort,
    OpenPort,
    FirstHop,
    Ping,
    SynAckRepeated,
    Afterwards,
    Talk,
    Tls,
    SmallSegments,
    Refusals,
    Silences,
    Repeats,
    SlowPace,
    OwnResets,
    TalksSilent,
    PortsRanOut,
    SamePort,
    Idle,
    FreshConnection,
    ServerLooked,
    SynArrived,
    OtherPortsReached,
    Listener,
    AcceptQueue,
    ListenOverflows,
    ListenDrops,
    NoRoutes,
    Md5NotFound,
    ReversePathFilter,
    ResetsSent,
    PawsTimeWait,
    DeferAcceptDrops,
    IcmpErrorsSent,
    IcmpErrorSays,
    ServerSent,
    HalfOpen,
    Request,
    Stands,
    Siblings,
    ZeroWindow,
    CookiesSent,
    CookiesReceived,
    EmbryonicResets,
    Aborts,
    PeerData,
};
inline constexpr std::size_t kFeatures = static_cast<std::size_t>(Feature::PeerData) + 1;

class Facts {
public:
    template <class Value>
    void set(Feature feature, Value value) {
        values_[static_cast<std::size_t>(feature)] = static_cast<std::uint8_t>(value);
    }
    // With the sentence that shows it to a reader.
    template <class Value>
    void set(Feature feature, Value value, Observation evidence) {
        set(feature, value);
        evidence_.push_back(std::move(evidence));
    }
    void add_evidence(Observation evidence) { evidence_.push_back(std::move(evidence)); }

    [[nodiscard]] std::optional<std::uint8_t> value(Feature feature) const {
        return values_[static_cast<std::size_t>(feature)];
    }
    template <class Value>
    [[nodiscard]] bool is(Feature feature, Value wanted) const {
        return value(feature) == static_cast<std::uint8_t>(wanted);
    }
    [[nodiscard]] const std::vector<Observation>& evidence() const { return evidence_; }

    // Both ends' facts; they have no feature in common.
    void add(const Facts& other) {
        for (std::size_t i = 0; i < kFeatures; ++i) {
            if (other.values_[i]) {
                values_[i] = other.values_[i];
            }
        }
        evidence_.insert(evidence_.end(), other.evidence_.begin(), other.evidence_.end());
    }

private:
    std::array<std::optional<std::uint8_t>, kFeatures> values_{};
    std::vector<Observation> evidence_;
};

}  // namespace tcpdx::diagnosis::reach
