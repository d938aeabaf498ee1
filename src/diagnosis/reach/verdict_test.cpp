#include "diagnosis/reach/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "diagnosis/reach/client_facts.h"
#include "diagnosis/reach/probe_builder.h"

namespace tcpdx::diagnosis::reach {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

const std::vector<std::string> kS1{"input-drop",
                                   "path-drop",
                                   "output-drop",
                                   "return-path-drop",
                                   "address-translation-full",
                                   "connection-table-full",
                                   "md5-required"};
const std::vector<std::string> kS2{"accept-queue-full", "syn-queue-full", "syn-filter"};
const std::vector<std::string> kS4{"host-off", "no-route-back", "reverse-path-filter"};

Verdict verdict_of(const TargetProbe& probe) {
    return judge(
        client_facts(probe),
        {.port = probe.target.port, .server = probe.target.address, .client = address("10.1.0.1")});
}

std::vector<std::string> candidates(const TargetProbe& probe) {
    std::vector<std::string> ids;
    for (const PossibleCause& each : verdict_of(probe).candidates) {
        ids.emplace_back(each.cause->id);
    }
    return ids;
}

TargetProbe with_raw(RawProbe::Answer ack, RawProbe::Answer fin) {
    TargetProbe probe = one_port_silent();
    probe.raw = {raw(RawProbe::Segment::Ack, ack), raw(RawProbe::Segment::Fin, fin)};
    return probe;
}

TargetProbe icmp_refusal(int error, IcmpError what) {
    TargetProbe probe = probe_of(refused(8080, error));
    probe.attempt.icmp = {what};
    return probe;
}

TargetProbe not_sent(int error) {
    return probe_of(attempt(8080, ConnectAttempt::Outcome::NotSent, error, milliseconds(0)));
}

TargetProbe reset_with_ttl(std::uint8_t here, std::uint8_t there) {
    TargetProbe probe = probe_of(refused(8080));
    probe.attempt.captured = CapturedSegments{.syns_sent = 1, .resets = 1, .reply_ttl = here};
    probe.open_references = {connected(2200)};
    probe.open_references.front().captured = CapturedSegments{.reply_ttl = there};
    return probe;
}

// --- the classes of docs/reach.md ---------------------------------------------------------------

TEST(Verdict, OfOneSilentPortIsTheWholeClassS1) {
    EXPECT_THAT(candidates(one_port_silent()), UnorderedElementsAreArray(kS1));
}

TEST(Verdict, OfAnAckThatIsAnsweredAndAFinThatIsNotIsClassS2) {
    const TargetProbe probe = with_raw(RawProbe::Answer::Reset, RawProbe::Answer::Nothing);
    EXPECT_THAT(candidates(probe), UnorderedElementsAreArray(kS2));
    EXPECT_EQ(verdict_of(probe).proven.size(), 2U);  // up, and a program listens
}

TEST(Verdict, OfAnAnsweredFinIsAFilterWithNothingBehindIt) {
    EXPECT_THAT(candidates(with_raw(RawProbe::Answer::Reset, RawProbe::Answer::Reset)),
                ElementsAre("syn-filter-closed"));
}

TEST(Verdict, OfAHostThatIsSilentAltogetherIsClassS4) {
    EXPECT_THAT(candidates(host_silent()), UnorderedElementsAreArray(kS4));
}

TEST(Verdict, OfAFirstRouterThatIsSilentOnlyForTheTargetIsABlackholeThere) {
    TargetProbe probe = host_silent();
    probe.path = {{.distance = 1}, {.distance = 2}, {.distance = 3}};
    probe.first_hop_for_others = PathHop{
        .distance = 1, .kind = PathHop::Kind::OtherError, .error = icmp(3, 0, "10.1.0.254")};
    EXPECT_THAT(candidates(probe), ElementsAre("blackhole-route"));
}

TEST(Verdict, OfAFirstRouterThatNeverAnswersDoesNotBlameIt) {
    TargetProbe probe = host_silent();
    probe.path = {{.distance = 1}, {.distance = 2}, {.distance = 3}};
    probe.first_hop_for_others = PathHop{.distance = 1};
    // It does not answer for others either: its connection table may be full.
    auto expected = kS4;
    expected.emplace_back("connection-table-full");
    EXPECT_THAT(candidates(probe), UnorderedElementsAreArray(expected));
}

TEST(Verdict, OfAHostThatAnswersOnlyAtItsOpenPortIsADefaultDrop) {
    TargetProbe probe = host_silent();
    probe.open_references = {connected(2200)};
    EXPECT_THAT(candidates(probe), UnorderedElementsAre("default-drop", "default-drop-closed"));
}

TEST(Verdict, OfPortsThatWereOnlyGuessedKeepsADefaultDropToo) {
    TargetProbe probe = host_silent();
    probe.open_reference_named = false;
    EXPECT_THAT(candidates(probe), IsSupersetOf(kS4));
    EXPECT_THAT(candidates(probe), IsSupersetOf({"default-drop", "default-drop-closed"}));
}

TEST(Verdict, WithoutPrivilegeKeepsAllThatOnlyRawSegmentsTellApart) {
    const auto ids = candidates(without_privilege(one_port_silent()));
    EXPECT_THAT(ids, IsSupersetOf(kS1));
    EXPECT_THAT(ids, IsSupersetOf(kS2));
    EXPECT_THAT(ids, IsSupersetOf({"syn-filter-closed", "own-input-drop"}));
    EXPECT_EQ(ids.size(), kS1.size() + kS2.size() + 2);
}

// --- one's own host -----------------------------------------------------------------------------

TEST(Verdict, OfSynsThatTheOwnCaptureNeverSawIsTheOwnOutputFilter) {
    TargetProbe probe = one_port_silent();
    probe.attempt.captured = CapturedSegments{};
    probe.attempt.in_flight = 0;
    EXPECT_THAT(candidates(probe), ElementsAre("own-output-drop"));
}

TEST(Verdict, OfTimeoutsWithNothingInFlightIsTheOwnOutputFilterWithoutPrivilegeToo) {
    TargetProbe probe = without_privilege(one_port_silent());
    probe.attempt.in_flight = 0;
    EXPECT_THAT(candidates(probe), ElementsAre("own-output-drop"));
}

TEST(Verdict, OfARawSegmentThatMayNotLeaveIsTheOwnOutputFilter) {
    TargetProbe probe = one_port_silent();
    probe.attempt.captured.reset();
    probe.raw = {
        {.segment = RawProbe::Segment::Ack, .port = 8080, .tries = 1, .send_error = EPERM}};
    EXPECT_THAT(candidates(probe), ElementsAre("own-output-drop"));
}

TEST(Verdict, OfSynAcksInTheOwnCaptureIsTheOwnInputFilter) {
    TargetProbe probe = one_port_silent();
    probe.attempt.captured = CapturedSegments{.syns_sent = 4, .syn_acks = 4};
    EXPECT_THAT(candidates(probe), ElementsAre("own-input-drop"));
}

TEST(Verdict, OfABareAckIsATimeWaitThatWasKept) {
    TargetProbe probe = one_port_silent();
    probe.attempt.captured = CapturedSegments{.syns_sent = 4, .bare_acks = 4};
    EXPECT_THAT(candidates(probe), ElementsAre("time-wait-kept"));
}

TEST(Verdict, OfANextHopThatDoesNotResolveBlamesNoFilter) {
    TargetProbe probe = probe_of(silent(8080));
    probe.attempt.in_flight = 0;
    probe.next_hop->state = NeighbourState::Failed;
    EXPECT_THAT(candidates(probe), UnorderedElementsAre("next-hop-down", "gateway-ignores"));
    probe.route->gateway.reset();
    EXPECT_THAT(candidates(probe), ElementsAre("next-hop-down"));
}

// --- answers
// --------------------------------------------------------------------------------------

TEST(Verdict, OfAnRstFromAsFarAsTheOtherPortsIsClassR1) {
    EXPECT_THAT(candidates(reset_with_ttl(63, 63)),
                UnorderedElementsAre("port-closed", "other-address-only", "server-reset"));
}

TEST(Verdict, OfAnRstFromNearerIsSomethingOnTheWay) {
    EXPECT_THAT(candidates(reset_with_ttl(64, 63)), ElementsAre("middle-reset"));
}

TEST(Verdict, OfAnRstOfUnknownDistanceKeepsBoth) {
    EXPECT_THAT(
        candidates(without_privilege(reset_with_ttl(64, 63))),
        UnorderedElementsAre("port-closed", "other-address-only", "server-reset", "middle-reset"));
}

struct IcmpRow {
    int error;
    IcmpError icmp;
    std::string cause;
};

TEST(Verdict, OfAnIcmpErrorDependsOnItsSender) {
    const std::vector<IcmpRow> rows{
        {ECONNREFUSED, icmp(3, 3, "10.2.0.1"), "server-reject"},
        {ECONNREFUSED, icmp(3, 3, "10.1.0.254"), "middle-reject"},
        {ECONNREFUSED, icmp(3, 3, "10.1.0.1"), "own-reject"},
        {EHOSTUNREACH, icmp(3, 13, "10.2.0.1"), "server-prohibits"},
        {EHOSTUNREACH, icmp(3, 10, "10.1.0.254"), "middle-prohibits"},
        {EHOSTUNREACH, icmp(3, 1, "10.1.0.254", milliseconds(3100)), "host-down"},
        {EHOSTUNREACH, icmp(3, 1, "10.1.0.254"), "router-unreachable"},
        {ENETUNREACH, icmp(3, 0, "10.1.0.254"), "router-no-route"},
        {EHOSTUNREACH, icmp(11, 0, "10.1.0.254"), "routing-loop"},
        {ENOPROTOOPT, icmp(3, 2, "10.2.0.1"), "protocol-unreachable"},
        // IPv6: the same with other numbers, and EACCES where IPv4 has EHOSTUNREACH.
        {EACCES, icmp(1, 1, "2001:db8::fe"), "middle-prohibits"},
        {ENETUNREACH, icmp(1, 0, "2001:db8::fe"), "router-no-route"},
        {EHOSTUNREACH, icmp(1, 3, "2001:db8::fe", milliseconds(3100)), "host-down"},
        {ECONNREFUSED, icmp(1, 4, "2001:db8::fe"), "middle-reject"},
    };
    for (const IcmpRow& row : rows) {
        EXPECT_THAT(candidates(icmp_refusal(row.error, row.icmp)), ElementsAre(row.cause))
            << to_string(row.icmp.sender) << " " << int{row.icmp.type} << "/" << int{row.icmp.code};
    }
}

RawProbe raw_to_closed_port(RawProbe::Segment segment, RawProbe::Answer answer) {
    RawProbe control = raw(segment, answer);
    control.port = 1;
    return control;
}

TEST(Judge, OfAnAckThatAlsoTheClosedPortLeavesUnansweredLearnsNothingFromIt) {
    // A stateful filter drops whatever belongs to no connection.
    TargetProbe probe = one_port_silent();
    probe.raw.push_back(raw_to_closed_port(RawProbe::Segment::Ack, RawProbe::Answer::Nothing));
    probe.raw.push_back(raw_to_closed_port(RawProbe::Segment::Fin, RawProbe::Answer::Nothing));
    EXPECT_THAT(candidates(probe), IsSupersetOf({"input-drop", "accept-queue-full",
                                                 "syn-queue-full", "syn-filter-closed"}));
}

TEST(Judge, OfAFinThatAlsoTheClosedPortLeavesUnansweredDoesNotProveAListener) {
    TargetProbe probe = one_port_silent();
    probe.raw = {raw(RawProbe::Segment::Ack, RawProbe::Answer::Reset),
                 raw(RawProbe::Segment::Fin, RawProbe::Answer::Nothing),
                 raw_to_closed_port(RawProbe::Segment::Fin, RawProbe::Answer::Nothing)};
    EXPECT_THAT(candidates(probe), UnorderedElementsAre("accept-queue-full", "syn-queue-full",
                                                        "syn-filter", "syn-filter-closed"));
    EXPECT_THAT(verdict_of(probe).proven, SizeIs(1));  // only that the server is up
}

TEST(Judge, OfAnAckThatTheClosedPortAnswersBelievesTheSilence) {
    TargetProbe probe = one_port_silent();
    probe.raw.push_back(raw_to_closed_port(RawProbe::Segment::Ack, RawProbe::Answer::Reset));
    probe.raw.push_back(raw_to_closed_port(RawProbe::Segment::Fin, RawProbe::Answer::Reset));
    EXPECT_THAT(candidates(probe), Not(Contains("accept-queue-full")));
}

TEST(Judge, OfAckAndFinThatHostsAtDifferentDistancesAnswerLearnsNothingFromTheFin) {
    // Address translation knows the ACK as a new connection, and keeps the FIN for itself.
    TargetProbe probe = one_port_silent();
    probe.raw = {raw(RawProbe::Segment::Ack, RawProbe::Answer::Reset),
                 raw(RawProbe::Segment::Fin, RawProbe::Answer::Reset)};
    probe.raw[0].ttl = 62;
    probe.raw[1].ttl = 63;
    EXPECT_THAT(candidates(probe), Contains("accept-queue-full"));
    probe.raw[1].ttl = 62;
    EXPECT_THAT(candidates(probe), ElementsAre("syn-filter-closed"));
    probe.raw[0] = raw(RawProbe::Segment::Ack, RawProbe::Answer::Nothing);
    EXPECT_THAT(candidates(probe), IsSupersetOf({"input-drop", "accept-queue-full"}));
}

TEST(Judge, OfAFilterThatHidesPortsSaysThatItMayNotBeTheCause) {
    TargetProbe probe = one_port_silent();
    probe.closed_reference = silent(1, milliseconds(1300));
    EXPECT_THAT(candidates(probe), UnorderedElementsAre("default-drop", "default-drop-closed"));
    EXPECT_THAT(verdict_of(probe).narrowing, SizeIs(1));
}

TEST(Judge, OfAnAckAnsweredByAHostThatShowsNoOtherPortKeepsTheQueues) {
    // As behind the usual filter that lets this port through and few others.
    TargetProbe probe = one_port_silent();
    probe.closed_reference = silent(1, milliseconds(1300));
    probe.raw[0].answer = RawProbe::Answer::Reset;
    EXPECT_THAT(candidates(probe), UnorderedElementsAre("accept-queue-full", "syn-queue-full",
                                                        "syn-filter", "syn-filter-closed"));
}

TEST(Judge, OfASynThatLeftForAnotherAddressDoesNotBlameAFilterOfThisHost) {
    // Address translation of this host: the capture of the target's packets shows none.
    TargetProbe probe = one_port_silent();
    probe.attempt.captured = CapturedSegments{};
    EXPECT_THAT(candidates(probe), IsSupersetOf({"input-drop", "path-drop", "own-input-drop"}));
    EXPECT_THAT(candidates(probe), Not(Contains("own-output-drop")));
    probe.attempt.in_flight = 0;
    EXPECT_THAT(candidates(probe), ElementsAre("own-output-drop"));
}

TEST(Judge, OfUnreachableFromTheTargetsAddressBlamesNeitherItNorARouter) {
    EXPECT_THAT(candidates(icmp_refusal(ENETUNREACH, icmp(3, 0, "10.2.0.1"))),
                UnorderedElementsAre("router-no-route", "server-says-unreachable"));
}

TEST(Verdict, OfHostUnreachableFromOurselvesIsTheNextHop) {
    TargetProbe probe = icmp_refusal(EHOSTUNREACH, icmp(3, 1, "10.1.0.1", milliseconds(3100)));
    probe.next_hop->state = NeighbourState::Failed;
    EXPECT_THAT(candidates(probe), UnorderedElementsAre("next-hop-down", "gateway-ignores"));
    probe.route->gateway.reset();
    EXPECT_THAT(candidates(probe), ElementsAre("next-hop-down"));
}

TEST(Verdict, OfAnErrorWithoutAPacketIsLocal) {
    const std::vector<std::pair<int, std::string>> rows{
        {ENETUNREACH, "no-route"},
        {EHOSTUNREACH, "route-unreachable"},
        {EACCES, "route-prohibits"},
        {EINVAL, "route-blackhole"},
        {EADDRNOTAVAIL, "local-ports-used-up"},
        {EPERM, "not-permitted"},
        {ENOBUFS, "other-local-error"},
    };
    for (const auto& [error, cause] : rows) {
        EXPECT_THAT(candidates(not_sent(error)), ElementsAre(cause)) << error;
    }
}

// --- connected ----------------------------------------------------------------------------------

TargetProbe connected_and(ConnectAttempt::Afterwards afterwards, std::uint32_t syn_acks = 1) {
    TargetProbe probe = probe_of(connected(8080));
    probe.attempt.captured = CapturedSegments{.syns_sent = 1, .syn_acks = syn_acks};
    probe.attempt.afterwards = afterwards;
    return probe;
}

TEST(Verdict, OfAConnectionThatStaysIsThatItConnects) {
    const Verdict verdict = verdict_of(connected_and({.watched = milliseconds(1300)}));
    EXPECT_EQ(verdict.outcome, Verdict::Outcome::Connects);
    EXPECT_THAT(verdict.candidates, IsEmpty());
}

TEST(Verdict, OfAConnectionThatWasNotWatchedSuspectsNothing) {
    TargetProbe probe = probe_of(connected(8080));
    EXPECT_EQ(verdict_of(probe).outcome, Verdict::Outcome::Connects);
}

TEST(Verdict, OfARepeatedSynAckIsAHandshakeThatIsUnfinishedThere) {
    EXPECT_THAT(candidates(connected_and({.watched = milliseconds(1300)}, 2)),
                UnorderedElementsAre("accept-queue-full-at-ack", "ack-lost", "defer-accept"));
}

TEST(Verdict, OfARepeatedSynAckNeedsNoCaptureWhenTheCounterTellsIt) {
    TargetProbe probe = without_privilege(connected_and({.watched = milliseconds(1300)}));
    EXPECT_EQ(verdict_of(probe).outcome, Verdict::Outcome::Connects);
    probe.counter_increases.set("TcpExtTCPSYNChallenge", 1);
    EXPECT_THAT(candidates(probe), Contains("accept-queue-full-at-ack"));
}

TEST(Verdict, OfAResetAfterTheHandshakeIsTheProgramOrAnOverflow) {
    const TargetProbe probe = connected_and({.watched = milliseconds(12), .error = ECONNRESET});
    EXPECT_THAT(candidates(probe), UnorderedElementsAre("overflow-reset", "program-ends-it"));
    EXPECT_EQ(verdict_of(probe).outcome, Verdict::Outcome::ConnectsButBadly);
}

// --- unknown is not zero ------------------------------------------------------------------------

TEST(Verdict, OfAnInterruptedWaitIsUnknown) {
    TargetProbe probe = probe_of(silent(8080, milliseconds(700)));
    probe.interrupted = true;
    EXPECT_EQ(verdict_of(probe).outcome, Verdict::Outcome::Unknown);
    EXPECT_THAT(candidates(probe), IsEmpty());
}

TEST(Verdict, DoesNotTakeReferencesThatWereCutShortForSilence) {
    TargetProbe probe = one_port_silent();
    probe.closed_reference = silent(1, milliseconds(200));
    probe.open_references.clear();
    probe.raw.clear();
    probe.path.clear();
    probe.ping.reset();
    probe.interrupted = true;
    EXPECT_THAT(candidates(probe), IsSupersetOf(kS1));
}

TEST(Verdict, OfOneQuickConnectKeepsEverySilentCause) {
    const auto ids = candidates(probe_of(silent(8080)));
    EXPECT_THAT(ids, IsSupersetOf(kS1));
    EXPECT_THAT(ids, IsSupersetOf(kS2));
    EXPECT_THAT(ids, IsSupersetOf(kS4));
    EXPECT_THAT(ids, Not(Contains("port-closed")));
}

TEST(Verdict, NamesTheObservationThatExcludedACause) {
    for (const ExcludedCause& each : verdict_of(one_port_silent()).excluded) {
        if (each.cause->id == "accept-queue-full") {
            EXPECT_EQ(each.by, Feature::AckProbe);
        }
        EXPECT_NE(each.cause->id, "input-drop");
    }
}

// --- the table itself ---------------------------------------------------------------------------

// --- new words of a conversation -----------------------------------------------------------------

TargetProbe talked(Exchange exchange) {
    TargetProbe probe = probe_of(connected(8080));
    probe.exchange = std::move(exchange);
    return probe;
}

TEST(Verdict, OfAClosedWindowIsAProgramThatStoppedReading) {
    EXPECT_THAT(candidates(talked({.outcome = Exchange::Outcome::WindowClosed})),
                ElementsAre("reader-stopped"));
}

TEST(Verdict, OfAnIdleConnectionThatDiedDependsOnAFreshOne) {
    Exchange died{.outcome = Exchange::Outcome::NotAcknowledged,
                  .bytes_sent = 5,
                  .idle = milliseconds(4000),
                  .fresh_connection_works = true};
    EXPECT_THAT(candidates(talked(died)), ElementsAre("connection-forgotten"));
    died.fresh_connection_works = false;
    EXPECT_THAT(candidates(talked(died)), UnorderedElementsAre("gone-since", "cookie-ghost"));
    died.fresh_connection_works.reset();
    EXPECT_THAT(candidates(talked(died)),
                UnorderedElementsAre("connection-forgotten", "gone-since", "cookie-ghost"));
}

// --- what can be counted without privilege -------------------------------------------------------

TEST(Verdict, OfOwnResetsAddsATimeWaitToTheSilentCauses) {
    TargetProbe probe = without_privilege(one_port_silent());
    probe.counter_increases.set("TcpOutRsts", 4);
    EXPECT_THAT(candidates(probe), Contains("time-wait-kept"));
    EXPECT_THAT(candidates(probe), IsSupersetOf(kS1));
    probe.counter_increases.set("TcpOutRsts", 1);  // by something else on this host
    EXPECT_THAT(candidates(probe), Not(Contains("time-wait-kept")));
}

// --- is it alive? --------------------------------------------------------------------------------

using ServerUp = Verdict::ServerUp;

TEST(ServerUp, IsProvenByWhateverOnlyItsTcpCanAnswer) {
    EXPECT_EQ(verdict_of(one_port_silent()).server_up, ServerUp::Yes);
    EXPECT_EQ(verdict_of(probe_of(connected(8080))).server_up, ServerUp::Yes);
    EXPECT_EQ(verdict_of(reset_with_ttl(63, 63)).server_up, ServerUp::Yes);
    EXPECT_EQ(verdict_of(icmp_refusal(ECONNREFUSED, icmp(3, 3, "10.2.0.1"))).server_up,
              ServerUp::Yes);
}

TEST(ServerUp, IsNotKnownWhenSomethingElseAnswersOrNothing) {
    EXPECT_EQ(verdict_of(host_silent()).server_up, ServerUp::Unknown);
    EXPECT_EQ(verdict_of(probe_of(refused(8080))).server_up, ServerUp::Unknown);
    EXPECT_EQ(verdict_of(icmp_refusal(EHOSTUNREACH, icmp(3, 13, "10.1.0.254"))).server_up,
              ServerUp::Unknown);
    EXPECT_EQ(verdict_of(not_sent(ENETUNREACH)).server_up, ServerUp::Unknown);
}

TEST(ServerUp, IsDeniedByTheLastRouterOnlyAfterItAsked) {
    const auto says = [](milliseconds after) {
        return verdict_of(icmp_refusal(EHOSTUNREACH, icmp(3, 1, "10.1.0.254", after))).server_up;
    };
    EXPECT_EQ(says(milliseconds(3100)), ServerUp::No);
    EXPECT_EQ(says(milliseconds(11)), ServerUp::Unknown);
}

TEST(Verdict, NamesAnExcludedCauseOnceHoweverManyRowsItHas) {
    std::set<std::string_view> ids;
    for (const ExcludedCause& each : verdict_of(one_port_silent()).excluded) {
        EXPECT_TRUE(ids.insert(each.cause->id).second) << each.cause->id;
    }
}

TEST(Causes, SayWhatDecidesWheneverTheyCanBeOneOfSeveral) {
    for (const TargetProbe& probe :
         {one_port_silent(), host_silent(), without_privilege(one_port_silent()),
          without_privilege(reset_with_ttl(64, 63)), connected_and({}, 2),
          connected_and({.error = ECONNRESET}), probe_of(silent(8080))}) {
        for (const PossibleCause& each : verdict_of(probe).candidates) {
            EXPECT_FALSE(each.decided_by.empty()) << each.cause->id;
        }
    }
}

TEST(Causes, FillPortAndAddressesIntoCommands) {
    for (const PossibleCause& each : verdict_of(one_port_silent()).candidates) {
        EXPECT_EQ(each.command.find('{'), std::string::npos) << each.command;
        if (each.cause->id == "path-drop") {
            EXPECT_EQ(each.command, "tcpdump -ni any 'host 10.1.0.1 and tcp port 8080'");
        }
    }
}

}  // namespace
}  // namespace tcpdx::diagnosis::reach
