#include "model/observations.h"

#include <gtest/gtest.h>

namespace tcpdx {
namespace {

TEST(Observations, CountTimeWaitsThatHaveNoRows) {
    Observations seen;
    seen.connections.push_back({.state = TcpState::TimeWait});
    seen.server_time_waits = 2;
    EXPECT_EQ(seen.count(TcpState::TimeWait), 3U);
    EXPECT_EQ(seen.count(TcpState::Established), 0U);
}

}  // namespace
}  // namespace tcpdx
