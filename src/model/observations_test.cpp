#include "model/observations.h"

#include <gtest/gtest.h>

namespace tcpdx {
namespace {

TEST(Observations, CountTimeWaitsThatHaveNoRows) {
    Observations seen;
    seen.connections.push_back({.state = TcpState::TimeWait});
    seen.server_time_waits = 2;
    seen.client_time_waits = {{.count = 4}, {.count = 5}};
    EXPECT_EQ(seen.count(TcpState::TimeWait), 12U);
    EXPECT_EQ(seen.count(TcpState::Established), 0U);
}

}  // namespace
}  // namespace tcpdx
