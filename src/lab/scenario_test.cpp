#include "lab/scenario.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace tcpdx::lab {
namespace {

TEST(Scenarios, HaveNamesThatNoOtherHas) {
    std::set<std::string_view> names;
    for (const Scenario* each : all_scenarios()) {
        EXPECT_TRUE(names.insert(each->name).second) << each->name;
    }
}

TEST(Scenarios, HoldEveryStateThatASocketCanShow) {
    for (const TcpState state : kAllTcpStates) {
        // A closed socket is in no table.
        const Scenario* found = find_scenario(netstat_name(state));
        if (state == TcpState::Closed) {
            EXPECT_EQ(found, nullptr);
        } else {
            ASSERT_NE(found, nullptr) << netstat_name(state);
            EXPECT_EQ(found->holds, state);
        }
    }
}

TEST(Scenarios, SayWhatEndsAStateThatTheyHold) {
    for (const Scenario* each : all_scenarios()) {
        EXPECT_EQ(each->holds.has_value(), *each->ending != '\0') << each->name;
        EXPECT_NE(*each->title, '\0') << each->name;
        EXPECT_NE(*each->text, '\0') << each->name;
    }
}

TEST(FindScenario, TakesAStateInAnySpelling) {
    for (const std::string_view spelling : {"TIME_WAIT", "time-wait", "TimeWait"}) {
        ASSERT_NE(find_scenario(spelling), nullptr) << spelling;
        EXPECT_EQ(find_scenario(spelling)->name, "TIME_WAIT");
    }
}

TEST(FindScenario, KnowsNothingElse) {
    EXPECT_EQ(find_scenario(""), nullptr);
    EXPECT_EQ(find_scenario("three-way"), nullptr);
}

TEST(SetOption, RefusesOutsideOfThePrivateNetwork) {
    const auto set = set_option("net.ipv4.tcp_fin_timeout", "60");
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().code, ErrorCode::Usage);
}

TEST(LayRoad, RefusesOutsideOfThePrivateNetwork) {
    const auto road = lay_road();
    ASSERT_FALSE(road);
    EXPECT_EQ(road.error().code, ErrorCode::Usage);
}

}  // namespace
}  // namespace tcpdx::lab
