#include "diagnosis/reach/repeated_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "diagnosis/reach/client_facts.h"
#include "diagnosis/reach/probe_builder.h"
#include "diagnosis/reach/verdict.h"

namespace tcpdx::diagnosis::reach {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

ConnectAttempt from_port(ConnectAttempt made, std::uint16_t port) {
    made.source->port = port;
    return made;
}

ConnectAttempt connected_after(milliseconds took) {
    ConnectAttempt made = connected(8080);
    made.took = took;
    return made;
}

ConnectAttempt talked(Exchange::Outcome outcome) {
    ConnectAttempt made = connected(8080);
    made.talk = outcome;
    return made;
}

// Ten attempts of which every other one is `failed`.
RepeatedAttempts every_other(const ConnectAttempt& failed) {
    RepeatedAttempts repeated{.interval = milliseconds(200)};
    for (std::uint16_t i = 0; i < 10; ++i) {
        repeated.attempts.push_back(from_port(i % 2 == 0 ? connected(8080) : failed,
                                              static_cast<std::uint16_t>(40000 + i)));
    }
    return repeated;
}

std::vector<std::string> causes(const RepeatedAttempts& repeated) {
    TargetProbe probe = probe_of(connected(8080));
    probe.repeated = repeated;
    const Verdict verdict =
        judge(client_facts(probe), {.port = 8080, .server = probe.target.address, .client = {}});
    std::vector<std::string> ids;
    for (const PossibleCause& each : verdict.candidates) {
        ids.emplace_back(each.cause->id);
    }
    return ids;
}

TEST(ConnectLatencies, FallIntoTheStepsAtWhichASynIsSentAgain) {
    const auto buckets = connect_latencies(
        {connected_after(milliseconds(11)), connected_after(milliseconds(999)),
         connected_after(milliseconds(1012)), connected_after(milliseconds(3050))});
    ASSERT_EQ(buckets.size(), 4U);
    EXPECT_EQ(buckets[0].count, 2U);
    EXPECT_EQ(buckets[1].count, 1U);
    EXPECT_EQ(buckets[2].count, 0U);
    EXPECT_EQ(buckets[3].count, 1U);
    EXPECT_EQ(buckets[3].from, milliseconds(3000));
}

TEST(ConnectLatencies, OfMoreThanAMinuteHaveNoUpperBound) {
    const auto buckets = connect_latencies({connected_after(seconds(100))});
    EXPECT_EQ(buckets.back().from, seconds(63));
    EXPECT_FALSE(buckets.back().to);
}

TEST(ConnectLatencies, LeaveOutWhatDidNotConnect) {
    EXPECT_THAT(connect_latencies({silent(8080), refused(8080)}), IsEmpty());
    EXPECT_FALSE(summarize_latencies({silent(8080)}));
}

TEST(LatencySummary, HasTheFastestTheMiddleAndTheSlowest) {
    const auto summary =
        summarize_latencies({connected_after(milliseconds(30)), connected_after(milliseconds(10)),
                             connected_after(milliseconds(20)), silent(8080)});
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->least, milliseconds(10));
    EXPECT_EQ(summary->median, milliseconds(20));
    EXPECT_EQ(summary->most, milliseconds(30));
}

TEST(FailedPorts, AreToldByWhatBecameOfThem) {
    const FailedPorts ports =
        failed_ports({from_port(connected(8080), 1), from_port(refused(8080), 2),
                      from_port(silent(8080), 3), from_port(talked(Exchange::Outcome::Silence), 4),
                      from_port(talked(Exchange::Outcome::Answered), 5)});
    EXPECT_THAT(ports.refused, ElementsAre(2));
    EXPECT_THAT(ports.silent, ElementsAre(3));
    EXPECT_THAT(ports.unanswered, ElementsAre(4));
}

TEST(TriedAgain, SaysNothingWhenThePortsDisagree) {
    RepeatedAttempts repeated = every_other(refused(8080));
    EXPECT_FALSE(tried_again(repeated));
    repeated.same_port = {refused(8080)};
    EXPECT_EQ(tried_again(repeated), SamePort::FailsAgain);
    // From some moment on nobody connects: that is not about ports.
    auto since_a_moment = repeated;
    std::stable_partition(since_a_moment.attempts.begin(), since_a_moment.attempts.end(),
                          [](const ConnectAttempt& each) {
                              return each.outcome == ConnectAttempt::Outcome::Connected;
                          });
    EXPECT_FALSE(tried_again(since_a_moment));
    repeated.same_port = {refused(8080), connected(8080)};
    EXPECT_FALSE(tried_again(repeated));
    repeated.same_port = {connected(8080)};
    EXPECT_EQ(tried_again(repeated), SamePort::Recovers);
}

TEST(Sometimes, RefusedIsABackendWithoutAListener) {
    EXPECT_THAT(causes(every_other(refused(8080))), ElementsAre("backend-refuses"));
}

TEST(Sometimes, SilentIsABackendThatDoesNotAnswer) {
    EXPECT_THAT(causes(every_other(silent(8080))),
                UnorderedElementsAre("backend-silent", "sibling-stuck"));
}

TEST(Sometimes, SilentFromSomeMomentOnCanBeAFullQueueOrALimitToo) {
    RepeatedAttempts repeated{.interval = milliseconds(200)};
    repeated.attempts = {connected(8080), silent(8080), silent(8080)};
    EXPECT_THAT(causes(repeated), UnorderedElementsAre("backend-silent", "sibling-stuck",
                                                       "accept-queue-overflows", "syn-rate-limit"));
}

TEST(Sometimes, ABareAckIsAPortThatTheServerStillHasInTimeWait) {
    ConnectAttempt failed = silent(8080);
    failed.captured = CapturedSegments{.syns_sent = 4, .bare_acks = 4};
    EXPECT_THAT(causes(every_other(failed)), ElementsAre("time-wait-kept"));
}

TEST(Sometimes, AConnectionWithoutAnAnswerIsASiblingOrTheProgram) {
    RepeatedAttempts repeated = every_other(talked(Exchange::Outcome::Silence));
    for (std::size_t i = 0; i < repeated.attempts.size(); i += 2) {
        repeated.attempts[i].talk = Exchange::Outcome::Answered;
    }
    EXPECT_THAT(causes(repeated),
                UnorderedElementsAre("sibling-stuck", "program-silent-sometimes"));
}

TEST(Sometimes, NoLocalPortIsThisHostsOwnShortage) {
    EXPECT_THAT(causes(every_other(attempt(8080, ConnectAttempt::Outcome::NotSent, EADDRNOTAVAIL,
                                           milliseconds(0)))),
                ElementsAre("local-ports-used-up"));
}

TEST(Sometimes, NothingIsWrongWhenAllConnect) {
    EXPECT_THAT(causes(every_other(connected(8080))), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis::reach
