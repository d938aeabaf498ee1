#include "sources/capture/fragments.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sources/capture/packets_for_tests.h"

namespace tcpdx::capture {
namespace {

using namespace testing;

// Pieces of `size` bytes, each as decode() gives it.
std::vector<Fragment> pieces(const Bytes& whole, std::size_t size, std::uint32_t id = 1) {
    std::vector<Fragment> all;
    for (std::size_t at = 0; at < whole.size(); at += size) {
        const std::size_t length = std::min(size, whole.size() - at);
        all.push_back({.source = IpAddress::v4(1),
                       .destination = IpAddress::v4(2),
                       .id = id,
                       .offset = static_cast<std::uint32_t>(at),
                       .length = static_cast<std::uint32_t>(length),
                       .more = at + length < whole.size(),
                       .bytes = std::span(whole).subspan(at, length)});
    }
    return all;
}

TEST(Fragments, GiveTheSegmentWhenTheLastPieceHasCome) {
    const Bytes whole = tcp({.flags = kAck | kFin, .payload = 100});
    for (const std::size_t size : {std::size_t{8}, std::size_t{16}, std::size_t{64}}) {
        Fragments fragments;
        Segment segment;
        auto all = pieces(whole, size);
        for (std::size_t i = 0; i + 1 < all.size(); ++i) {
            EXPECT_FALSE(fragments.add(all[i], segment)) << "a FIN acts before its data is there";
        }
        ASSERT_TRUE(fragments.add(all.back(), segment));
        EXPECT_EQ(segment.flags, kAck | kFin);
        EXPECT_EQ(segment.payload_bytes, 100U);
        EXPECT_EQ(fragments.waiting(), 0U);
    }
}

TEST(Fragments, TakeThePiecesInAnyOrderAndTwice) {
    const Bytes whole = tcp({.payload = 50});
    auto all = pieces(whole, 8);
    std::reverse(all.begin(), all.end());
    Fragments fragments;
    Segment segment;
    int done = 0;
    for (const Fragment& piece : all) {
        done += fragments.add(piece, segment) ? 1 : 0;
        if (&piece != &all.back()) {
            EXPECT_FALSE(fragments.add(piece, segment));
        }
    }
    EXPECT_EQ(done, 1);
    EXPECT_EQ(segment.sequence, 1000U);
    EXPECT_EQ(segment.payload_bytes, 50U);
}

TEST(Fragments, GiveUpTheOldestWhenThereAreTooMany) {
    const Bytes whole = tcp({.payload = 50});
    Fragments fragments;
    Segment segment;
    for (std::uint32_t id = 0; id < 100; ++id) {
        EXPECT_FALSE(fragments.add(pieces(whole, 8, id).front(), segment));
    }
    EXPECT_EQ(fragments.waiting(), 64U);
    EXPECT_EQ(fragments.given_up(), 36U);
}

TEST(Fragments, DoNotTakeAPieceBehindTheLongestPacket) {
    Fragments fragments;
    Segment segment;
    EXPECT_FALSE(fragments.add({.offset = 65528, .length = 100}, segment));
    EXPECT_EQ(fragments.waiting(), 0U);
}

}  // namespace
}  // namespace tcpdx::capture
