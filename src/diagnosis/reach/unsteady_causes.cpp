#include "diagnosis/reach/cause_table.h"

namespace tcpdx::diagnosis::reach {
namespace {

using namespace table;

constexpr auto kSomeRefused = list(is(F::Refusals, Among::Some));
// A flow that was silent at first never gets through: it does not depend on luck, but on the flow.
constexpr auto kFlowSilent = list(is(F::Silences, Among::Some), is(F::Repeats, Among::None));
constexpr auto kLossy = list(is(F::Repeats, Among::Some), is(F::SlowPace, SlowPace::Repeats));
constexpr auto kRateLimit = list(is(F::Repeats, Among::Some), is(F::SlowPace, SlowPace::Clean),
                                 is(F::ListenOverflows, Growth::Flat));
constexpr auto kOverflowing =
    list(is(F::Repeats, Among::Some), is(F::ListenOverflows, Growth::Rises));
constexpr auto kSomeSilent = list(is(F::Silences, Among::Some));
constexpr auto kSomeRepeat = list(is(F::Repeats, Among::Some));

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
         N_("Behind {1}:{0} stand several servers, and one of them does not answer: a flow that "
            "gets there never recovers."),
     .conditions = kFlowSilent,
     .needs = kSomeSilent},
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
    {.id = "syn-rate-limit",
     .row = "p5",
     .place = Place::Path,
     .claim =
         N_("The rate of new connections to port {0} is limited: at a slower pace all succeed."),
     .decided_by = N_("ListenOverflows does not rise on the server"),
     .command = "nft list ruleset",
     .conditions = kRateLimit,
     .needs = kSomeRepeat},
    {.id = "accept-queue-overflows",
     .row = "g1",
     .place = Place::Program,
     .claim = N_("The accept queue of port {0} overflows now and then."),
     .decided_by = N_("ListenOverflows rises on the server"),
     .command = "nstat -az TcpExtListenOverflows",
     .conditions = kOverflowing,
     .needs = kSomeRepeat},
});

}  // namespace

std::span<const Cause> unsteady_causes() {
    return kCauses;
}

}  // namespace tcpdx::diagnosis::reach
