#include "diagnosis/rules/closing_stuck.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class ClosingStuck : public ::testing::Test {
protected:
    SituationBuilder builder;

    ClosingStuck() {
        builder.add(testing::connection_in(TcpState::LastAck));
        stuck().owner.kind = OwnerKind::Kernel;
        stuck().send_queue = 1;
        stuck().age = testing::exactly(seconds(6));
    }
    Connection& stuck() { return builder.now.connections.front(); }
    // Data before the FIN: when the state began is not known.
    void has_data_left(TimerKind timer, std::uint8_t backoff, std::uint32_t rto_ms) {
        stuck().age = {};
        stuck().send_queue = 5000;
        stuck().timer =
            Timer{.kind = timer, .expires = milliseconds(rto_ms), .retransmits = backoff};
        stuck().tcp = TcpDetails{.backoff = backoff, .rto_us = rto_ms * 1000};
    }
    std::vector<Finding> findings() const { return builder.run(kClosingStuck); }
};

TEST_F(ClosingStuck, InformsOfOnePeerThatIsGone) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].candidates, SizeIs(2));
}

TEST_F(ClosingStuck, WarnsWhenTheyAreMany) {
    for (std::size_t i = 1; i < builder.limits.many_closing; ++i) {
        builder.add(Connection(stuck()));
    }
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(ClosingStuck, WarnsOfOneWhenItsPortWasAskedAbout) {
    builder.asked.port = 8080;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    builder.asked.port = 22;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ClosingStuck, StaysSilentUntilTheLimitOrWhenTheAgeIsUnknown) {
    stuck().age = testing::exactly(seconds(4));
    EXPECT_THAT(findings(), IsEmpty());
    stuck().age = {};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ClosingStuck, SumsTheRetrySchedule) {
    has_data_left(TimerKind::Retransmit, 4, 3200);  // 0.2 + 0.4 + 0.8 + 1.6 s
    EXPECT_THAT(findings(), IsEmpty());
    has_data_left(TimerKind::Retransmit, 5, 6400);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].since.lower, milliseconds(6200));
}

TEST_F(ClosingStuck, DoesNotTakeEarlierLossesForTimeSpentClosing) {
    has_data_left(TimerKind::Retransmit, 1, 400);
    stuck().tcp->total_rto_time_ms = 60000;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ClosingStuck, TellsAPeerThatDoesNotReadFromOneThatIsGone) {
    has_data_left(TimerKind::ZeroWindow, 5, 200);  // probes after 0.2, 0.4, 0.8, 1.6, 3.2 s
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("does not read"));
    EXPECT_THAT(findings()[0].candidates, IsEmpty());
}

TEST_F(ClosingStuck, NamesAReaderOnThisHostThatDoesNotRead) {
    has_data_left(TimerKind::ZeroWindow, 5, 200);
    Connection reader = testing::connection_in(TcpState::Established, builder.process("reader", 7));
    std::swap(reader.local, reader.remote);
    builder.add(reader);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].evidence[1].fact.values[1], Value(std::string("reader (pid 7)")));
}

TEST_F(ClosingStuck, StaysSilentWhileAClosedWindowIsRecent) {
    has_data_left(TimerKind::ZeroWindow, 4, 200);  // 3 s of probes, the next in 3.2 s
    stuck().timer->expires = milliseconds(3200);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ClosingStuck, CountsTheWaitForTheNextProbeToo) {
    has_data_left(TimerKind::ZeroWindow, 4, 200);
    stuck().timer->expires = milliseconds(1000);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].since.lower, milliseconds(5200));
}

TEST_F(ClosingStuck, KnowsTheAgeFromTwoLooks) {
    stuck().age = {};
    builder.second_look(seconds(10));
    builder.earlier.connections = builder.now.connections;
    EXPECT_THAT(findings(), SizeIs(1));
}

TEST_F(ClosingStuck, KnowsThatZeroOrphanRetriesMeanEight) {
    builder.now.options.set("net.ipv4.tcp_orphan_retries", "0");
    const std::vector<Finding> found = findings();
    ASSERT_THAT(found, SizeIs(1));
    bool said = false;
    for (const Observation& fact : found[0].evidence) {
        said |= std::string_view(fact.fact.text).find("which means 8") != std::string_view::npos;
    }
    EXPECT_TRUE(said);
}

TEST_F(ClosingStuck, MakesOneFindingOfAllStatesAndPorts) {
    for (const TcpState state : {TcpState::FinWait1, TcpState::Closing}) {
        Connection other = stuck();
        other.state = state;
        other.local.port = 9;
        builder.add(other);
    }
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].connections, SizeIs(3));
}

TEST_F(ClosingStuck, IgnoresOtherStates) {
    stuck().state = TcpState::FinWait2;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ClosingStuck, MentionsOneOfAPasteThatHasNoAge) {
    stuck().age = {};
    builder.now.paste = Paste{.system = HostSystem::Linux};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].evidence[1].fact.text, HasSubstr("only the FIN"));
}

TEST_F(ClosingStuck, WarnsOfManyOfAPaste) {
    stuck().age = {};
    builder.now.paste = Paste{.system = HostSystem::Linux};
    const Connection copy = stuck();
    for (std::size_t i = 1; i < builder.limits.many_closing; ++i) {
        builder.add(copy);
    }
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(ClosingStuck, LeavesOneOfAPasteThatIsOnTime) {
    stuck().age = {};
    builder.now.paste = Paste{.system = HostSystem::Linux};
    stuck().timer = Timer{.kind = TimerKind::Retransmit, .expires = milliseconds(198)};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ClosingStuck, KnowsAPeerOfAPasteThatDoesNotReadByTheTimerAlone) {
    stuck().age = {};
    builder.now.paste = Paste{.system = HostSystem::Linux};
    stuck().send_queue = 814'465;
    stuck().timer = Timer{.kind = TimerKind::ZeroWindow, .expires = seconds(23)};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("does not read"));
}

TEST_F(ClosingStuck, JudgesCountsWithoutRows) {
    stuck().state = TcpState::Established;
    builder.now.paste = Paste{};
    builder.now.paste->state_counts[static_cast<std::size_t>(TcpState::FinWait1)] = 9;
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste->state_counts[static_cast<std::size_t>(TcpState::LastAck)] = 1;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

}  // namespace
}  // namespace tcpdx::diagnosis
