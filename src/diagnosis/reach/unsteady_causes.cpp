#include "diagnosis/reach/cause_table.h"

namespace tcpdx::diagnosis::reach {
namespace {

constexpr auto kSomeRefused = list(is(F::Refusals, Among::Some));
// A flow that was silent at first never gets through: it does not depend on luck, but on the flow.
constexpr auto kFlowSilent =
    list(is(F::Silences, Among::Some, Among::FromThenOn), is(F::Repeats, Among::None),
         is(F::Captured, Captured::Nothing), is(F::Siblings, Siblings::Even),
         is(F::ListenOverflows, Growth::Flat));
// A port in TIME-WAIT is one among many: the fresh ones of the other attempts work.
constexpr auto kTimeWaitSometimes =
    list(is(F::Silences, Among::Some, Among::FromThenOn), is(F::Captured, Captured::BareAck));
constexpr auto kPortsRanOut = list(is(F::PortsRanOut, Among::Some));
constexpr auto kTalksSilent = list(is(F::TalksSilent, Among::Some));
constexpr auto kSiblingStuck =
    list(is(F::TalksSilent, Among::Some), is(F::Siblings, Siblings::OneStuck));
constexpr auto kProgramSilentSometimes =
    list(is(F::TalksSilent, Among::Some), is(F::Siblings, Siblings::Even));
// Its queue is full by now: what is hashed to it gets no answer at all.
constexpr auto kSiblingFull =
    list(is(F::Silences, Among::Some, Among::FromThenOn), is(F::Repeats, Among::None),
         is(F::Captured, Captured::Nothing), is(F::Siblings, Siblings::OneStuck));
constexpr auto kSiblingAtServer = list(is(F::Siblings, Siblings::OneStuck));
constexpr auto kOverflowsAtServer =
    list(is(F::ListenOverflows, Growth::Rises),
         is(F::Request, Request::NotReceived, Request::NotAccepted, Request::Unread, Request::Read,
            Request::AnswerStuck, Request::Answered),
         is(F::Siblings, Siblings::Even));
constexpr auto kLossy = list(is(F::Repeats, Among::Some), is(F::SlowPace, SlowPace::Repeats));
constexpr auto kRateLimit = list(is(F::Repeats, Among::Some), is(F::SlowPace, SlowPace::Clean),
                                 is(F::ListenOverflows, Growth::Flat));
constexpr auto kOverflowing =
    list(is(F::Repeats, Among::Some), is(F::ListenOverflows, Growth::Rises));
// It has filled up, or a limit was reached, and from then on nobody connects: no port is worse than
// another.
constexpr auto kFullByNow =
    list(is(F::Silences, Among::FromThenOn), is(F::Captured, Captured::Nothing),
         is(F::SamePort, SamePort::Recovers), is(F::ListenOverflows, Growth::Rises),
         is(F::Siblings, Siblings::Even));
constexpr auto kLimitReached =
    list(is(F::Silences, Among::FromThenOn), is(F::Captured, Captured::Nothing),
         is(F::SamePort, SamePort::Recovers), is(F::SlowPace, SlowPace::Clean),
         is(F::ListenOverflows, Growth::Flat));
constexpr auto kSomeSilent = list(is(F::Silences, Among::Some, Among::FromThenOn));
constexpr auto kSomeRepeat = list(is(F::Repeats, Among::Some));

// Causes that can be seen in more than one way.
constexpr Cause kSiblingStuckWords{
    .id = "sibling-stuck",
    .row = "p3",
    .place = Place::Program,
    .claim = N_("Several programs share port {0} (SO_REUSEPORT), and one of them does not accept: "
                "the connections that the kernel gives to it get no answer."),
    .decided_by = N_("the server shows several listeners on the port, one with Recv-Q above 0"),
    .command = "ss -ltnp sport = :{0}"};

constexpr Cause kSynRateLimitWords{
    .id = "syn-rate-limit",
    .row = "p5",
    .place = Place::Path,
    .claim =
        N_("The rate of new connections to port {0} is limited: at a slower pace all succeed."),
    .decided_by = N_("ListenOverflows does not rise on the server"),
    .command = "nft list ruleset"};

constexpr Cause kAcceptQueueOverflowsWords{
    .id = "accept-queue-overflows",
    .row = "g1",
    .place = Place::Program,
    .claim = N_("The accept queue of port {0} overflows now and then."),
    .decided_by = N_("ListenOverflows rises on the server"),
    .command = "nstat -az TcpExtListenOverflows"};

constexpr auto kCauses = std::to_array<Cause>({
    {.id = "backend-refuses",
     .row = "p1",
     .place = Place::Server,
     .claim = N_("Behind {1}:{0} stand several servers, and one of them has nothing listening."),
     .conditions = kSomeRefused,
     .needs = kSomeRefused},
    {.id = "backend-silent",
     .row = "p2",
     .place = Place::Server,
     .claim =
         N_("Behind {1}:{0} stand several servers or listeners, and one of them does not answer: a "
            "flow that gets there never recovers."),
     .decided_by = N_("ListenOverflows does not rise on the server"),
     .command = "nstat -az TcpExtListenOverflows",
     .conditions = kFlowSilent,
     .needs = kSomeSilent},
    {.id = "time-wait-kept",
     .row = "q2",
     .place = Place::Server,
     .claim = N_("The server still has the last connection from this source port in TIME-WAIT, and "
                 "net.ipv4.tcp_rfc1337 keeps it there."),
     .command = "sysctl net.ipv4.tcp_rfc1337",
     .conditions = kTimeWaitSometimes,
     .needs = kTimeWaitSometimes},
    seen_as(kSiblingStuckWords, kSiblingStuck, kTalksSilent, kSiblingAtServer),
    seen_as(kSiblingStuckWords, kSiblingFull, kSomeSilent),
    {.id = "program-silent-sometimes",
     .row = "r2",
     .place = Place::Program,
     .claim = N_("The program on port {0}, or one of several behind it, does not always answer."),
     .decided_by = N_("the server shows one listener on the port, and no connection without a "
                      "process"),
     .command = "ss -tanp sport = :{0}",
     .conditions = kProgramSilentSometimes,
     .needs = kTalksSilent},
    {.id = "local-ports-used-up",
     .row = "l1",
     .place = Place::Client,
     .claim = N_("All local ports of this host are in use for connections to {1}:{0}."),
     .command = "ss -tan dst {1}",
     .conditions = kPortsRanOut,
     .needs = kPortsRanOut},
    {.id = "packet-loss",
     .row = "p4",
     .place = Place::Path,
     .claim = N_("Packets get lost on the way to {1}."),
     .decided_by =
         N_("retransmissions on established connections too, and no ListenOverflows on the "
            "server"),
     .command = "nstat -az TcpRetransSegs",
     .conditions = kLossy,
     .needs = kSomeRepeat},
    seen_as(kSynRateLimitWords, kRateLimit, kSomeRepeat),
    seen_as(kAcceptQueueOverflowsWords, kOverflowing, kSomeRepeat, kOverflowsAtServer),
    seen_as(kAcceptQueueOverflowsWords, kFullByNow, kSomeSilent, kOverflowsAtServer),
    seen_as(kSynRateLimitWords, kLimitReached, kSomeSilent),
});

}  // namespace

std::span<const Cause> unsteady_causes() {
    return kCauses;
}

}  // namespace tcpdx::diagnosis::reach
