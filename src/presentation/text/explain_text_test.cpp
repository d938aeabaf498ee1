#include "presentation/text/explain_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/engine.h"
#include "diagnosis/rules/situation_builder.h"
#include "model/transitions.h"
#include "presentation/text/display_width.h"

namespace tcpdx {
namespace {

using diagnosis::testing::connection_in;
using diagnosis::testing::SituationBuilder;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

class ExplainState : public ::testing::Test {
protected:
    SituationBuilder builder;
    std::string text(TcpState state) const {
        return explain_state_text(state, builder.now, builder.limits, {});
    }
};

TEST_F(ExplainState, SaysWhatItMeansAndHowToGetInAndOut) {
    const std::string page = text(TcpState::FinWait2);
    EXPECT_THAT(page, HasSubstr("FIN-WAIT-2  (netstat: FIN_WAIT2)\n"));
    EXPECT_THAT(page, HasSubstr("FIN-WAIT-1    ACK of our FIN received"));
    EXPECT_THAT(page, HasSubstr("TIME-WAIT     FIN received; sends ACK [RFC 9293, 3.10.7.4]"));
    EXPECT_THAT(page, HasSubstr("mini-socket"));
}

TEST_F(ExplainState, ShowsThisKernelsValuesAndSaysWhichOptionItDoesNotHave) {
    builder.now.options.set("net.ipv4.ip_local_port_range", "1024\t2047");
    const std::string page = text(TcpState::TimeWait);
    EXPECT_THAT(page, HasSubstr("net.ipv4.ip_local_port_range = 1024 2047\n"));
    EXPECT_THAT(page, HasSubstr("net.ipv4.tcp_tw_reuse = (not in this kernel)\n"));
}

TEST_F(ExplainState, CountsTheSocketsHereByOwner) {
    const std::uint32_t shop = builder.process("shop-api", 42);
    builder.add(connection_in(TcpState::CloseWait, shop)).age =
        diagnosis::testing::exactly(seconds(90));
    Connection waiting = connection_in(TcpState::CloseWait);
    waiting.owner = {.kind = OwnerKind::NeverAccepted, .process = shop};
    builder.add(waiting);
    const std::string page = text(TcpState::CloseWait);
    EXPECT_THAT(page, HasSubstr("2 sockets, the longest for 90 s\n"));
    EXPECT_THAT(page, HasSubstr("1  shop-api (pid 42)\n"));
    EXPECT_THAT(page, HasSubstr("1  not accepted yet by shop-api (pid 42)\n"));
}

TEST_F(ExplainState, DoesNotTakeWhatWasNotListedForNone) {
    EXPECT_THAT(text(TcpState::Listen), HasSubstr("0 sockets\n"));
    builder.now.coverage.listeners = false;
    EXPECT_THAT(text(TcpState::Listen), Not(HasSubstr("0 sockets")));
}

TEST_F(ExplainState, WorriesAtTheLimitOfTheRules) {
    builder.limits.close_wait = seconds(30);
    EXPECT_THAT(text(TcpState::CloseWait), HasSubstr("Older than 30 s with nothing left to send."));
}

TEST_F(ExplainState, FitsTheScreenExceptForCommands) {
    for (const TcpState state : kAllTcpStates) {
        const std::string page = text(state);
        for (std::string_view rest = page; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
            const std::string_view line = rest.substr(0, rest.find('\n'));
            EXPECT_LE(display_width(line), 80U) << line;
        }
    }
}

TEST_F(ExplainState, NamesEveryWayOfTheTableOnce) {
    for (const TcpState state : kAllTcpStates) {
        const std::string page = text(state);
        for (const Transition* row : transitions_from(state)) {
            if (row->changes_state()) {
                EXPECT_THAT(page, HasSubstr(rfc_name(row->to))) << rfc_name(state);
            }
        }
    }
    const std::string page = text(TcpState::FinWait2);
    const std::string way = "FIN received; sends ACK";
    const std::size_t first = page.find(way);
    EXPECT_EQ(page.find(way, first + 1), std::string::npos);
}

TEST(ExplainOverview, ShowsTheDiagramAndBothHandshakes) {
    const std::string page = explain_overview_text({}, {});
    EXPECT_THAT(page, HasSubstr("connect() / SYN"));
    EXPECT_THAT(page, HasSubstr("Three-way open"));
    EXPECT_THAT(page, HasSubstr("Four-way close"));
}

TEST(ExplainRule, ShowsItsPageOrElseItsTitle) {
    constexpr diagnosis::Rule kWithPage{.id = "port-ready", .title = "A title."};
    EXPECT_THAT(explain_rule_text(kWithPage, {}), HasSubstr("Check by hand"));
    constexpr diagnosis::Rule kWithout{.id = "no-such-page", .title = "A title."};
    EXPECT_EQ(explain_rule_text(kWithout, {}), "no-such-page\n\nA title.\n");
}

TEST(ListRules, NamesEveryRule) {
    const std::string list = list_rules_text({});
    for (const diagnosis::Rule* rule : diagnosis::all_rules()) {
        EXPECT_THAT(list, HasSubstr(rule->id));
    }
}

}  // namespace
}  // namespace tcpdx
