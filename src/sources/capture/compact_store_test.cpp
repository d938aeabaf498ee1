#include "sources/capture/compact_store.h"

#include <gtest/gtest.h>

#include <cstring>

namespace tcpdx::capture {
namespace {

LiveConnection connection(std::uint32_t number) {
    LiveConnection made;
    made.key.first = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
    made.key.second = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 2};
    made.key.first_port = static_cast<std::uint16_t>(number);
    made.key.second_port = 443;
    made.number = number;
    made.first_packet = number * 14;
    made.first_ns = 1'700'000'000'000'000'000 + number;
    made.last_ns = made.first_ns + 60'000'000;
    made.used = true;
    for (LiveFlow& flow : made.flows) {
        flow.initial = 0x12345678;
        flow.next = flow.acked = 0x12345700;
        flow.fin_sequence = flow.next - 1;
        flow.payload_bytes = 120;
        flow.packets = 7;
        flow.data_segments = 2;
        flow.max_segment_size = 1460;
        flow.syn_seen = flow.acked_fin = flow.fin_seen = true;
        flow.window_shift = 7;
        flow.hop_limit = 64;
        flow.recent_prints = {1, 2};
    }
    return made;
}

void append(LiveConnection& to, SegmentLog& log, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        log.append(to.log, to.first_ns,
                   {.time_ns = to.first_ns + static_cast<std::int64_t>(i) * 10'000'000,
                    .packet = to.first_packet + static_cast<std::uint32_t>(i) * 1000,
                    .mark = SegmentMark::AckOfFin,
                    .from = static_cast<std::uint8_t>(i % 2),
                    .extra = static_cast<std::uint8_t>(i)});
    }
}

TEST(CompactStore, GivesBackEverythingButWhatOnlyMattersForAMoment) {
    CompactStore store;
    SegmentLog log;
    LiveConnection kept = connection(5);
    append(kept, log, 9);
    kept.previous = 77;
    const std::uint32_t id = store.add(kept, log);
    EXPECT_TRUE(store.has_key(id, kept.key));
    LiveConnection back;
    std::vector<LogEntry> entries;
    store.read(id, back, entries);
    std::vector<LogEntry> expected;
    log.read(kept.log, kept.first_ns, expected);
    ASSERT_EQ(entries.size(), expected.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        EXPECT_EQ(entries[i].time_ns, expected[i].time_ns);
        EXPECT_EQ(entries[i].packet, expected[i].packet);
        EXPECT_EQ(entries[i].mark, expected[i].mark);
        EXPECT_EQ(entries[i].from, expected[i].from);
        EXPECT_EQ(entries[i].extra, expected[i].extra);
    }
    EXPECT_EQ(back.previous, kNone);
    EXPECT_EQ(back.flows[0].recent_prints[0], 0U);
    // Apart from these it is the same to the last bit.
    back.previous = kept.previous;
    back.log = kept.log;
    for (std::size_t side = 0; side < 2; ++side) {
        back.flows[side].recent_prints = kept.flows[side].recent_prints;
    }
    EXPECT_EQ(std::memcmp(&back.flows, &kept.flows, sizeof(kept.flows)), 0);
    EXPECT_EQ(back.key, kept.key);
    EXPECT_EQ(back.last_ns, kept.last_ns);
    EXPECT_EQ(back.first_packet, kept.first_packet);
}

TEST(CompactStore, KeepsAddressesOfIpv6AndTimesThatGoBackwards) {
    CompactStore store;
    SegmentLog log;
    LiveConnection kept = connection(6);
    kept.key.first = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    kept.key.network = 1U << 31U | 42U;
    log.append(kept.log, kept.first_ns, {.time_ns = kept.first_ns - 5'000'000'000, .packet = 9});
    log.append(kept.log, kept.first_ns, {.time_ns = kept.first_ns + 7, .packet = 3});
    LiveConnection back;
    std::vector<LogEntry> entries;
    store.read(store.add(kept, log), back, entries);
    EXPECT_EQ(back.key, kept.key);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].time_ns, kept.first_ns - 5'000'000'000);
    EXPECT_EQ(entries[1].time_ns, kept.first_ns + 7);
    EXPECT_EQ(entries[1].packet, 3U);
}

TEST(CompactStore, TakesLessThan260BytesForAWholeConnection) {
    CompactStore store;
    SegmentLog log;
    constexpr std::uint32_t kConnections = 20'000;
    for (std::uint32_t i = 1; i <= kConnections; ++i) {
        LiveConnection kept = connection(i);
        append(kept, log, 9);
        static_cast<void>(store.add(kept, log));
        log.free(kept.log);
    }
    EXPECT_LT(store.bytes() / kConnections, 260U);
}

TEST(CompactStore, UsesTheRoomOfWhatLeft) {
    CompactStore store;
    SegmentLog log;
    std::size_t bytes = 0;
    for (std::uint32_t i = 1; i <= 50'000; ++i) {
        static_cast<void>(store.add(connection(i), log));
        if (store.size() > 1000) {
            store.remove(store.oldest());
        }
        bytes = std::max(bytes, store.bytes());
    }
    EXPECT_EQ(store.size(), 1000U);
    EXPECT_LT(bytes, 1000U * 1000U);
}

TEST(CompactStore, DoesNotGrowByOneThatComesBackAgainAndAgain) {
    CompactStore store;
    SegmentLog log;
    static_cast<void>(store.add(connection(1), log));
    for (std::uint32_t i = 0; i < 100'000; ++i) {
        store.remove(store.add(connection(2), log));
    }
    EXPECT_EQ(store.size(), 1U);
    EXPECT_LT(store.bytes(), 300'000U);
}

TEST(CompactStore, TakesALogThatIsLongerThanItsBlocks) {
    CompactStore store;
    SegmentLog log;
    LiveConnection kept = connection(1);
    append(kept, log, 50'000);
    const std::uint32_t id = store.add(kept, log);
    static_cast<void>(store.add(connection(2), log));
    LiveConnection back;
    std::vector<LogEntry> entries;
    store.read(id, back, entries);
    ASSERT_EQ(entries.size(), 50'000U);
    EXPECT_EQ(entries.back().packet, kept.first_packet + 49'999U * 1000);
}

}  // namespace
}  // namespace tcpdx::capture
