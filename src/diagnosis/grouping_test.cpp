#include "diagnosis/grouping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

class Grouping : public ::testing::Test {
protected:
    testing::SituationBuilder builder;
    std::uint32_t api = builder.process("api", 1);
    std::uint32_t web = builder.process("web", 2);

    std::uint32_t add(std::uint32_t process, seconds age, std::uint16_t port = 8080) {
        Connection& added = builder.add(testing::connection_in(TcpState::CloseWait, process));
        added.age = testing::exactly(age);
        added.local.port = port;
        return static_cast<std::uint32_t>(builder.now.connections.size() - 1);
    }
    Situation situation() const {
        return {.now = builder.now,
                .earlier = builder.has_earlier ? &builder.earlier : nullptr,
                .asked = builder.asked};
    }
    std::vector<ConnectionGroup> groups() const {
        return group_by_owner(situation(), {TcpState::CloseWait},
                              [](const Connection&) { return true; });
    }
};

TEST_F(Grouping, PutsTheLargestGroupFirstAndItsOldestMemberFirst) {
    add(api, seconds(1));
    add(web, seconds(1));
    add(web, seconds(3));
    ASSERT_THAT(groups(), SizeIs(2));
    EXPECT_EQ(groups()[0].process, web);
    EXPECT_THAT(groups()[0].members, ElementsAre(2, 1));
    EXPECT_EQ(groups()[0].oldest.lower, seconds(3));
}

TEST_F(Grouping, KeepsPortsApartWhenTheOwnerIsNotKnown) {
    add(kNoProcess, seconds(1), 80);
    add(kNoProcess, seconds(1), 81);
    ASSERT_THAT(groups(), SizeIs(2));
    EXPECT_EQ(name_of(situation(), groups()[0]), Value(PortName{80}));
}

TEST_F(Grouping, LooksOnlyAtTheStatesAskedFor) {
    builder.add(testing::connection_in(TcpState::Established, api));
    EXPECT_THAT(groups(), SizeIs(0));
}

TEST_F(Grouping, LeavesOutWhatWasNotAskedAbout) {
    add(api, seconds(1));
    add(web, seconds(1));
    builder.asked.pid = 2;
    ASSERT_THAT(groups(), SizeIs(1));
    EXPECT_EQ(groups()[0].process, web);
}

TEST_F(Grouping, CountsPeersTheMostFrequentFirst) {
    for (const char* peer : {"10.0.0.3", "10.0.0.2", "10.0.0.2", "10.0.0.1"}) {
        builder.now.connections[add(api, seconds(1))].remote.address = *parse_ip_address(peer);
    }
    EXPECT_THAT(frequent_peers(builder.now, groups()[0].members, 2),
                ElementsAre(Pair(*parse_ip_address("10.0.0.2"), 2U),
                            Pair(*parse_ip_address("10.0.0.1"), 1U)));
}

TEST_F(Grouping, KnowsAnAgeFromTwoLooksThatSawTheSameState) {
    Connection& seen = builder.now.connections[add(api, seconds(1))];
    seen.age = {};
    builder.second_look(seconds(10));
    builder.earlier.connections = builder.now.connections;
    EXPECT_EQ(known_age(situation(), seen), Age::at_least(seconds(10), AgeMethod::FirstSample));
}

TEST_F(Grouping, KnowsNoAgeWhenTheStateWasAnotherInTheEarlierLook) {
    Connection& seen = builder.now.connections[add(api, seconds(1))];
    seen.age = {};
    builder.second_look(seconds(10));
    builder.earlier.connections = builder.now.connections;
    builder.earlier.connections[0].state = TcpState::Established;
    EXPECT_FALSE(known_age(situation(), seen).known());
}

TEST(NameOfAProcess, IsItsIdWhereTheListingShowsNoMore) {
    EXPECT_EQ(name_of(Process{.pid = 42, .name = "api"}), "api (pid 42)");
    EXPECT_EQ(name_of(Process{.pid = 42}), "pid 42");
}

}  // namespace
}  // namespace tcpdx::diagnosis
