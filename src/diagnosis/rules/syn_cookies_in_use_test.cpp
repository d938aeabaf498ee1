#include "diagnosis/rules/syn_cookies_in_use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class SynCookiesInUse : public ::testing::Test {
protected:
    SituationBuilder builder;

    SynCookiesInUse() {
        builder.now.options.set("net.ipv4.tcp_syncookies", "1");
        builder.counter("TcpExtSyncookiesSent", 0, 50);
    }
    std::vector<Finding> findings() const { return builder.run(kSynCookiesInUse); }
};

TEST_F(SynCookiesInUse, AreAWarningWhileTheyAreSent) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(SynCookiesInUse, AreNoWarningWhenConfiguredForAll) {
    builder.now.options.set("net.ipv4.tcp_syncookies", "2");
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(SynCookiesInUse, AreAProblemTogetherWithAFullAcceptQueue) {
    builder.counter("TcpExtSyncookiesRecv", 0, 20).counter("TcpExtListenOverflows", 0, 20);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("no socket"));
}

TEST_F(SynCookiesInUse, AreNoProblemWhenTheAcceptQueueTakesThem) {
    builder.counter("TcpExtSyncookiesRecv", 0, 20).counter("TcpExtListenOverflows", 20, 20);
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(SynCookiesInUse, NamesTheListenerWhoseQueueIsFull) {
    Connection listener = testing::connection_in(TcpState::Listen, builder.process("nginx"));
    listener.backlog_limit = 2;
    builder.add(listener);
    builder.add(testing::connection_in(TcpState::SynReceived));
    EXPECT_THAT(findings()[0].connections, IsEmpty());
    builder.add(testing::connection_in(TcpState::SynReceived));
    EXPECT_THAT(findings()[0].connections, ::testing::ElementsAre(0U));
}

TEST_F(SynCookiesInUse, AdviseToRaiseSomaxconnOnlyWhereItIsTheLimit) {
    builder.now.options.set("net.core.somaxconn", "4096");
    Connection listener = testing::connection_in(TcpState::Listen);
    listener.backlog_limit = 1;
    builder.add(listener);
    builder.add(testing::connection_in(TcpState::SynReceived));
    EXPECT_THAT(findings()[0].advice[0].text, HasSubstr("allows more already"));
    builder.now.options.set("net.core.somaxconn", "1");
    EXPECT_THAT(findings()[0].advice[0].text, HasSubstr("net.core.somaxconn with it"));
}

TEST_F(SynCookiesInUse, ArePastWhenTheCounterStands) {
    builder.counter("TcpExtSyncookiesSent", 50, 50);
    EXPECT_THAT(findings(), IsEmpty());
    builder.asked.explain_harmless = true;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(SynCookiesInUse, AreNotKnownToGoOnAfterOneLook) {
    builder.has_earlier = false;
    builder.asked.port = 8080;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(SynCookiesInUse, AreNotMentionedWhenThereNeverWereAny) {
    builder.counter("TcpExtSyncookiesSent", 0, 0);
    builder.asked.explain_harmless = true;
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
