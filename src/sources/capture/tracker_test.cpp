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

// Opened, used for one exchange and closed by the client.
void whole_connection(Scene& scene, double at) {
    scene.handshake(at)
        .client(at + 20, {.sequence = 101, .acknowledgment = 501, .payload = 10})
        .server(at + 30, {.sequence = 501, .acknowledgment = 111, .payload = 10})
        .client(at + 50, {.flags = kFin | kAck, .sequence = 111, .acknowledgment = 511})
        .server(at + 60, {.flags = kFin | kAck, .sequence = 511, .acknowledgment = 112})
        .client(at + 60.1, {.sequence = 112, .acknowledgment = 512});
}

TEST(Tracker, TakesLessThan500BytesForALiveConnection) {
    constexpr std::uint32_t kConnections = 20'000;
    Scene scene;
    for (std::uint32_t i = 0; i < kConnections; ++i) {
        scene.client_address = 0xc6120000 + i;
        whole_connection(scene, i);
    }
    EXPECT_LT(scene.memory() / kConnections, 500U);
    EXPECT_EQ(scene.all().connection_count(), kConnections);
}

TEST(Tracker, WakesAConnectionAtRestForALateSegment) {
    Scene scene(16);
    whole_connection(scene, 0);
    const std::uint32_t first_client = scene.client_address;
    for (std::uint32_t i = 1; i <= 16; ++i) {
        scene.client_address = first_client + i;
        scene.handshake(100 + i);
    }
    scene.client_address = first_client;
    scene.server(300, {.flags = kFin | kAck, .sequence = 511, .acknowledgment = 112});
    const auto connections = scene.connections();
    ASSERT_EQ(connections.front().number, 1U);
    EXPECT_EQ(connections.front().ends[1].sent.fin_retransmissions, 1U);
    EXPECT_EQ(states(connections.front().ends[0]),
              "SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT");
}

TEST(Tracker, GivesANewConnectionToAKeyAtRest) {
    Scene scene(16);
    whole_connection(scene, 0);
    const std::uint32_t first_client = scene.client_address;
    for (std::uint32_t i = 1; i <= 15; ++i) {
        scene.client_address = first_client + i;
        scene.handshake(100 + i);
    }
    scene.client_address = first_client;
    scene.client(5000, {.flags = kSyn, .sequence = 70'000});
    const auto connections = scene.connections();
    ASSERT_EQ(connections.size(), 17U);
    EXPECT_EQ(connections.back().previous, 1U);
    EXPECT_EQ(states(connections.front().ends[0]),
              "SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSED");
}

TEST(Tracker, CountsWhatItForgetsOfThoseAtRest) {
    Scene scene(16);
    for (std::uint32_t i = 0; i < 100; ++i) {
        scene.client_address = 0xc6120000 + i;
        whole_connection(scene, i * 100);
    }
    const Captured captured = scene.all();
    EXPECT_EQ(captured.connection_count() + captured.forgotten.finished, 100U);
    EXPECT_GE(captured.connection_count(), 16U);
    ASSERT_EQ(captured.ports.size(), 1U);
    EXPECT_EQ(captured.ports[0].established, 100U);
}

TEST(Tracker, CountsAnOpenerThatGoesOnAsAnsweredThoughTheAnswersWereNotCaptured) {
    Scene scene;
    scene.client(0, {.flags = kSyn, .sequence = 100})
        .client(10, {.sequence = 101, .acknowledgment = 501})
        .client(20, {.sequence = 101, .acknowledgment = 501, .payload = 10});
    const Captured captured = scene.all();
    ASSERT_EQ(captured.ports.size(), 1U);
    EXPECT_EQ(captured.ports[0].established, 1U);
    EXPECT_EQ(captured.ports[0].unanswered, 0U);
}

TEST(Gather, RebuildsWhatARuleMayJudgeAndOnlySumsUpTheRest) {
    Scene scene;
    whole_connection(scene, 0);
    scene.client_address += 1;
    whole_connection(scene, 100);
    scene.client_address += 1;
    scene.client(200, {.flags = kSyn, .sequence = 7});
    const Captured captured = scene.all();
    ASSERT_EQ(captured.connections.size(), 1U);
    EXPECT_EQ(captured.connections[0].outcome, CapturedOutcome::Unanswered);
    EXPECT_EQ(captured.numbers(), (std::vector<std::uint32_t>{1, 2, 3}));
    EXPECT_EQ(captured.compact_sums.outcomes.at(CapturedOutcome::Closed), 2U);
    EXPECT_EQ(captured.compact_sums.data_segments, 4U);
    const auto routine = captured.find(2);
    ASSERT_TRUE(routine);
    EXPECT_EQ(states(routine->ends[1]), "SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED");
    EXPECT_FALSE(captured.find(4));
}

TEST(Gather, JudgesACloseThatTookLong) {
    Scene scene;
    scene.handshake()
        .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
        .server(60, {.sequence = 501, .acknowledgment = 102})
        .server(9000, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 102})
        .client(9000.1, {.sequence = 102, .acknowledgment = 502});
    EXPECT_EQ(scene.all().connections.size(), 1U);
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
