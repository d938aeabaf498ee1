#include "sources/capture/tracker.h"

#include <gtest/gtest.h>

#include "sources/capture/scene_for_tests.h"

namespace tcpdx::capture {
namespace {

using namespace testing;

TEST(Tracker, StaysWithinItsLimitInAFloodAndKeepsWhatIsAtWork) {
    constexpr std::size_t kLimit = 1000;
    Scene scene(kLimit);
    scene.handshake();
    std::size_t most = 0;
    for (std::uint32_t i = 0; i < 50'000; ++i) {
        scene.client_address = 0xc6120000 + i;
        scene.client(100 + i * 0.01, {.flags = kSyn, .sequence = i});
        most = std::max(most, scene.memory());
    }
    const Captured captured = scene.all();
    EXPECT_EQ(captured.connections.size(), kLimit);
    EXPECT_EQ(captured.forgotten.total, 50'001 - kLimit);
    EXPECT_EQ(captured.forgotten.half_open, captured.forgotten.total);
    EXPECT_EQ(captured.connections.front().number, 1U) << "the one that is established";
    ASSERT_EQ(captured.ports.size(), 1U);
    EXPECT_EQ(captured.ports[0].attempts, 50'001U);
    EXPECT_EQ(captured.ports[0].unanswered, 50'000U);
    EXPECT_LT(most, kLimit * 1000) << "blocks and tables for the limit, and no more";
}

TEST(Tracker, TakesLessThan500BytesForAWholeConnection) {
    constexpr std::uint32_t kConnections = 20'000;
    Scene scene;
    for (std::uint32_t i = 0; i < kConnections; ++i) {
        scene.client_address = 0xc6120000 + i;
        const double at = i;
        scene.handshake(at)
            .client(at + 20, {.sequence = 101, .acknowledgment = 501, .payload = 10})
            .server(at + 30, {.sequence = 501, .acknowledgment = 111, .payload = 10})
            .client(at + 50, {.flags = kFin | kAck, .sequence = 111, .acknowledgment = 511})
            .server(at + 60, {.flags = kFin | kAck, .sequence = 511, .acknowledgment = 112})
            .client(at + 60.1, {.sequence = 112, .acknowledgment = 512});
    }
    EXPECT_LT(scene.memory() / kConnections, 500U);
    EXPECT_EQ(scene.all().connections.size(), kConnections);
}

TEST(Tracker, GivesBothDirectionsOneKey) {
    Segment there{.source = {IpAddress::v4(1), 10}, .destination = {IpAddress::v4(2), 20}};
    Segment back{.source = there.destination, .destination = there.source};
    std::uint8_t side_there = 0;
    std::uint8_t side_back = 0;
    const FlowKey key = key_of(there, side_there);
    EXPECT_EQ(key, key_of(back, side_back));
    EXPECT_NE(side_there, side_back);
    EXPECT_EQ(address_of(key, side_there), there.source);
    back.network = 5;
    EXPECT_NE(key, key_of(back, side_back));
}

TEST(FlowTable, FindsWhatRemainsAfterManyRemovals) {
    FlowTable table(100'000);
    const auto key = [](std::uint32_t i) {
        FlowKey made;
        made.first_port = static_cast<std::uint16_t>(i);
        made.network = i >> 16U;
        return made;
    };
    std::vector<std::uint32_t> indexes;
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        indexes.push_back(table.add(key(i)));
    }
    for (std::uint32_t i = 0; i < 10'000; i += 2) {
        table.remove(indexes[i]);
    }
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        EXPECT_EQ(table.find(key(i)), i % 2 == 0 ? kNone : indexes[i]);
    }
    EXPECT_EQ(table.size(), 5'000U);
}

TEST(SegmentLog, GivesBackTimesNearAndFar) {
    SegmentLog log;
    LogChain chain;
    const std::vector<std::int64_t> offsets{
        0, 1, -1, 123'456'789'123, -5'000'000'000, 40LL * 24 * 3600 * 1'000'000'000, 7};
    for (const std::int64_t offset : offsets) {
        log.append(chain, 1'000, {.time_ns = 1'000 + offset, .packet = 9, .from = 1, .extra = 3});
    }
    std::vector<LogEntry> read;
    log.read(chain, 1'000, read);
    ASSERT_EQ(read.size(), offsets.size());
    for (std::size_t i = 0; i < offsets.size(); ++i) {
        EXPECT_EQ(read[i].time_ns, 1'000 + offsets[i]);
        EXPECT_EQ(read[i].from, 1);
        EXPECT_EQ(read[i].extra, 3);
    }
    const std::size_t bytes = log.bytes();
    log.free(chain);
    log.append(chain, 0, {});
    EXPECT_EQ(log.bytes(), bytes) << "freed chunks are used again";
}

}  // namespace
}  // namespace tcpdx::capture
