#include "endpoint/identity.h"

#include <gtest/gtest.h>

namespace tcpdx::endpoint {
namespace {

FourTuple tuple(std::uint16_t port) {
    return {.local = {.address = IpAddress::v4(0x0a000001), .port = port},
            .remote = {.address = IpAddress::v4(0x0a000002), .port = 80}};
}

constexpr Secret kKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

// The vectors of the SipHash paper's reference implementation: 00 01 02 ... of each length.
// Proves: SHLD-1
TEST(Identity, HashesAsTheReferenceDoes) {
    std::array<std::byte, 15> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::byte>(i);
    }
    EXPECT_EQ(siphash(kKey, {}), 0x726fdb47dd0e0e31U);
    EXPECT_EQ(siphash(kKey, bytes), 0xa129ca6149be45e5U);
}

// Proves: MUST-8
TEST(Identity, AdvancesSequenceNumbersEveryFourMicroseconds) {
    const Time start{std::chrono::seconds(7)};
    const auto first = initial_sequence(kKey, tuple(1000), start);
    EXPECT_EQ(initial_sequence(kKey, tuple(1000), start + std::chrono::seconds(1)) - first,
              250000U);
}

// Proves: SHLD-1, MUST-9
TEST(Identity, GivesEachConnectionItsOwnPlaceThatOnlyTheSecretTells) {
    const Time now{};
    const Secret other{1, 2};
    const auto distance = [&](const Secret& key) {
        return initial_sequence(key, tuple(1000), now) - initial_sequence(key, tuple(1001), now);
    };
    EXPECT_NE(distance(kKey), 0U);
    EXPECT_NE(distance(kKey), distance(other));
}

// Proves: 7323-TS6
TEST(Identity, StartsTheClocksOfTimestampsApart) {
    EXPECT_NE(timestamp_offset(kKey, tuple(1000)), timestamp_offset(kKey, tuple(1001)));
}

}  // namespace
}  // namespace tcpdx::endpoint
