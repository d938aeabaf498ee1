#include "presentation/text/probe_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "diagnosis/reach/client_facts.h"

namespace tcpdx {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ConnectAttempt attempt(const char* server, ConnectAttempt::Outcome outcome, milliseconds took,
                       int error = 0) {
    return {.target = {*parse_ip_address(server), 8080},
            .outcome = outcome,
            .error = error,
            .source = SocketAddress{*parse_ip_address("10.1.0.1"), 40000},
            .took = took};
}

ConnectAttempt connected(milliseconds took = milliseconds(11)) {
    return attempt("10.2.0.1", ConnectAttempt::Outcome::Connected, took);
}

ConnectAttempt silent() {
    return attempt("10.2.0.1", ConnectAttempt::Outcome::NoAnswer, milliseconds(3500));
}

TargetProbe probe_of(const ConnectAttempt& made) {
    return {.target = made.target, .attempt = made};
}

std::string text_of(const std::vector<TargetProbe>& targets) {
    ProbeReport report{.host = "db.example", .port = 8080, .targets = targets};
    std::vector<diagnosis::reach::Verdict> verdicts;
    for (const TargetProbe& target : targets) {
        verdicts.push_back(
            diagnosis::reach::judge(diagnosis::reach::client_facts(target),
                                    {.port = 8080, .server = target.target.address, .client = {}}));
    }
    return probe_text(report, verdicts, Screen{});
}

TEST(ProbeText, SaysFirstWhetherItConnectsAndThenWhetherTheHostIsUp) {
    TargetProbe probe = probe_of(silent());
    probe.ping = PingResult{.sent = 1, .answered = 1};
    EXPECT_THAT(text_of({probe}), StartsWith("10.2.0.1:8080 does not connect.\n"
                                             "    = 10.2.0.1 is up: it answers pings.\n"));
}

TEST(ProbeText, SaysThatItIsNotKnownWhetherTheHostIsUp) {
    EXPECT_THAT(text_of({probe_of(silent())}),
                HasSubstr("Whether 10.2.0.1 is up cannot be told from here"));
}

TEST(ProbeText, GroupsManyCausesByWhereOneWouldLook) {
    const std::string text = text_of({probe_of(silent())});
    EXPECT_THAT(text, HasSubstr("\n    on the way\n"));
    const std::string one = text_of({probe_of(
        attempt("10.2.0.1", ConnectAttempt::Outcome::NotSent, milliseconds(0), ENETUNREACH))});
    EXPECT_THAT(one, Not(HasSubstr("\n    on the way\n")));
}

TEST(ProbeText, DrawsWhenTheAttemptsConnected) {
    TargetProbe probe = probe_of(connected());
    probe.repeated = RepeatedAttempts{
        .interval = milliseconds(200),
        .attempts = {connected(), connected(), connected(milliseconds(1012)), silent()}};
    const std::string text = text_of({probe});
    EXPECT_THAT(text, HasSubstr("at once         2  ##\n"));
    EXPECT_THAT(text, HasSubstr("after 1.0 s     1  #\n"));
    EXPECT_THAT(text, HasSubstr("no answer       1  #\n"));
}

TEST(ProbeText, KeepsBarsWithinTheScreenAndNeverDropsAFewToNothing) {
    TargetProbe probe = probe_of(connected());
    probe.repeated = RepeatedAttempts{.attempts = std::vector<ConnectAttempt>(500, connected())};
    probe.repeated->attempts.push_back(silent());
    const std::string text = text_of({probe});
    EXPECT_THAT(text, HasSubstr("  500  " + std::string(40, '#') + "\n"));
    EXPECT_THAT(text, HasSubstr("    1  #\n"));
}

TEST(ProbeText, SaysWhichAddressOfANameFails) {
    const std::string text = text_of(
        {probe_of(connected()), probe_of(attempt("10.2.0.9", ConnectAttempt::Outcome::Refused,
                                                 milliseconds(11), ECONNREFUSED))});
    EXPECT_THAT(text, StartsWith("db.example, port 8080: 1 of its 2 addresses can be connected "
                                 "to.\n    - 10.2.0.1:8080 connects.\n"
                                 "    - 10.2.0.9:8080 does not connect.\n"));
}

}  // namespace
}  // namespace tcpdx
