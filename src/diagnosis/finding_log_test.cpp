#include "diagnosis/finding_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx::diagnosis {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using What = FindingLog::What;

class FindingLogTest : public ::testing::Test {
protected:
    static std::vector<SeenFinding> leak(Severity severity = Severity::Warning) {
        return {{.identity = "leak", .rule = "close-wait-leak", .severity = severity}};
    }
    std::vector<FindingLog::Alert> look(std::chrono::seconds second,
                                        const std::vector<SeenFinding>& seen) {
        return log.update(second, seen);
    }
    FindingLog log{7, 30s};
};

TEST_F(FindingLogTest, AlertsOnceAFindingHasLasted) {
    EXPECT_THAT(look(100s, leak()), IsEmpty());
    EXPECT_THAT(look(120s, leak()), IsEmpty());
    const auto alerts = look(130s, leak());
    ASSERT_THAT(alerts, SizeIs(1));
    EXPECT_EQ(alerts[0].what, What::Started);
    EXPECT_EQ(alerts[0].entry.id, 7);
    EXPECT_EQ(alerts[0].entry.first_seen, 100s);
    EXPECT_THAT(look(140s, leak()), IsEmpty()) << "once";
}

TEST_F(FindingLogTest, AlertsAtOnceWithoutAHold) {
    log.set_hold(0s);
    EXPECT_THAT(look(100s, leak()), SizeIs(1));
}

TEST_F(FindingLogTest, SaysNothingOfOneThatWasOverBefore) {
    EXPECT_THAT(look(100s, leak()), IsEmpty());
    EXPECT_THAT(look(110s, {}), IsEmpty());
    EXPECT_THAT(look(140s, {}), IsEmpty());
    EXPECT_THAT(log.dropped(), SizeIs(1));
    EXPECT_THAT(log.entries(), IsEmpty());
}

TEST_F(FindingLogTest, TakesOneThatComesAndGoesForTheSame) {
    look(100s, leak());
    look(130s, leak());
    EXPECT_THAT(look(140s, {}), IsEmpty());
    EXPECT_FALSE(log.entries().begin()->second.active);
    EXPECT_THAT(look(150s, leak()), IsEmpty());
    EXPECT_EQ(log.entries().begin()->second.id, 7);
    EXPECT_EQ(log.entries().begin()->second.first_seen, 100s);
}

TEST_F(FindingLogTest, AlertsOfTheEndOnceItIsGoneForLong) {
    look(100s, leak());
    look(130s, leak());
    EXPECT_THAT(look(150s, {}), IsEmpty());
    const auto alerts = look(160s, {});
    ASSERT_THAT(alerts, SizeIs(1));
    EXPECT_EQ(alerts[0].what, What::Ended);
    EXPECT_EQ(alerts[0].entry.last_seen, 130s);
}

TEST_F(FindingLogTest, AlertsAgainWhenItGetsWorse) {
    look(100s, leak());
    look(130s, leak());
    const auto alerts = look(140s, leak(Severity::Problem));
    ASSERT_THAT(alerts, SizeIs(1));
    EXPECT_EQ(alerts[0].what, What::Worse);
    EXPECT_THAT(look(150s, leak(Severity::Problem)), IsEmpty());
}

TEST_F(FindingLogTest, CountsTwoOfOneLookAsOne) {
    auto twice = leak();
    twice.push_back(leak(Severity::Problem)[0]);
    look(100s, twice);
    ASSERT_THAT(log.entries(), SizeIs(1));
    EXPECT_EQ(log.entries().begin()->second.severity, Severity::Problem);
}

}  // namespace
}  // namespace tcpdx::diagnosis
