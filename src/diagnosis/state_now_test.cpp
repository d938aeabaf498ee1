#include "diagnosis/state_now.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StateNowTest : public ::testing::Test {
protected:
    testing::SituationBuilder builder;
    StateNow now(TcpState state) const { return state_now(builder.now, state); }
};

TEST_F(StateNowTest, CountsOneStateByOwner) {
    const std::uint32_t shop = builder.process("shop-api");
    builder.add(testing::connection_in(TcpState::CloseWait));
    builder.add(testing::connection_in(TcpState::CloseWait, shop));
    builder.add(testing::connection_in(TcpState::CloseWait, shop));
    builder.add(testing::connection_in(TcpState::Established, shop));
    const StateNow close_wait = now(TcpState::CloseWait);
    EXPECT_EQ(close_wait.sockets, 3U);
    ASSERT_THAT(close_wait.owners, SizeIs(2));
    EXPECT_EQ(close_wait.owners[0].process, shop);
    EXPECT_EQ(close_wait.owners[0].sockets, 2U);
    EXPECT_EQ(close_wait.owners[1].kind, OwnerKind::Unknown);
}

TEST_F(StateNowTest, FindsTheOldestAmongThoseWhoseAgeIsKnown) {
    builder.add(testing::connection_in(TcpState::TimeWait)).age = testing::exactly(seconds(5));
    builder.add(testing::connection_in(TcpState::TimeWait)).age = testing::exactly(seconds(50));
    builder.add(testing::connection_in(TcpState::TimeWait));
    EXPECT_EQ(now(TcpState::TimeWait).oldest, testing::exactly(seconds(50)));
    EXPECT_FALSE(now(TcpState::Closing).oldest.known());
}

TEST_F(StateNowTest, TellsNoneFromNotListed) {
    EXPECT_EQ(now(TcpState::Listen).sockets, 0U);
    EXPECT_THAT(now(TcpState::Listen).owners, IsEmpty());
    builder.now.coverage.listeners = false;
    EXPECT_EQ(now(TcpState::Listen).sockets, std::nullopt);
    EXPECT_EQ(now(TcpState::Closing).sockets, 0U);
}

}  // namespace
}  // namespace tcpdx::diagnosis
