#include "model/time_wait_count.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const IpAddress kHere = IpAddress::v4(0x0a000001);

SocketAddress server(std::uint16_t port) {
    return {IpAddress::v4(0x0a000002), port};
}

TEST(TimeWaitCount, AddsUpThoseOfOneDestination) {
    TimeWaitCount count;
    for (const SocketAddress& remote : {server(443), server(80), server(443), server(443)}) {
        count.add(kHere, remote);
    }
    count.add(IpAddress::v4(0x0a000009), server(443), 5);
    EXPECT_THAT(
        count.take(),
        ElementsAre(TimeWaitsTowards{kHere, server(80), 1}, TimeWaitsTowards{kHere, server(443), 3},
                    TimeWaitsTowards{IpAddress::v4(0x0a000009), server(443), 5}));
    EXPECT_THAT(count.take(), IsEmpty());
}

TEST(TimeWaitCount, CountsMoreDestinationsThanItMergesAtATime) {
    TimeWaitCount count;
    for (int round = 0; round < 3; ++round) {
        for (std::uint16_t port = 1; port <= 5000; ++port) {
            count.add(kHere, server(port));
        }
    }
    const auto towards = count.take();
    ASSERT_THAT(towards, SizeIs(5000));
    for (const TimeWaitsTowards& each : towards) {
        EXPECT_EQ(each.count, 3U);
    }
}

}  // namespace
}  // namespace tcpdx
