// What somebody may send to make a reader slow: four times as much must not take sixteen times as
// long. Nothing is measured in seconds, since a test runs anywhere.

#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "sources/capture/scene_for_tests.h"

namespace tcpdx::capture {
namespace {

using namespace testing;

double seconds_for(const std::function<void(Scene&, std::uint32_t)>& send, std::uint32_t count) {
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
        Scene scene(1000);
        const auto start = std::chrono::steady_clock::now();
        send(scene, count);
        static_cast<void>(scene.all());
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        best = std::min(best, took.count());
    }
    return best;
}

void expect_no_quadratic_time(const std::function<void(Scene&, std::uint32_t)>& send) {
    const double once = seconds_for(send, 3'000);
    const double four_times = seconds_for(send, 12'000);
    EXPECT_LT(four_times, 10 * once + 0.05);
}

TEST(Growth, OfSegmentsOutOfOrderThatOverlap) {
    expect_no_quadratic_time([](Scene& scene, std::uint32_t count) {
        scene.handshake();
        for (std::uint32_t i = 0; i < count; ++i) {
            // Each leaves a gap, and every other one reaches back into those before.
            const std::uint32_t at = i % 2 == 0 ? 101 + i * 30 : 101 + i * 30 - 500;
            scene.client(20 + i * 0.01, {.sequence = at, .acknowledgment = 501, .payload = 20});
        }
    });
}

TEST(Growth, OfFragmentsThatNeverBecomeWhole) {
    expect_no_quadratic_time([](Scene& scene, std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            Bytes piece = ip4(Bytes(8), {.source = kClient + i % 100, .id = i & 0xffffU});
            piece[6] = std::byte{0x20};
            piece[7] = static_cast<std::byte>(i * 7 % 251);
            scene.put_packet(i * 0.01, piece);
        }
    });
}

TEST(Growth, OfSynsWithAsManyOptionsAsFit) {
    expect_no_quadratic_time([](Scene& scene, std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            Bytes segment = tcp({.source_port = 1024 + i % 60'000, .sequence = i, .flags = kSyn});
            segment[12] = std::byte{0xf0};
            for (std::size_t option = 0; option < 20; ++option) {
                segment.push_back(std::byte{static_cast<std::uint8_t>(option % 2 == 0 ? 4 : 77)});
                segment.push_back(std::byte{2});
            }
            scene.put_packet(i * 0.01, ip4(segment, {}));
        }
    });
}

TEST(Growth, OfConnectionsOnTheSamePorts) {
    expect_no_quadratic_time([](Scene& scene, std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            scene.client(i, {.flags = kSyn, .sequence = i * 100'000});
            if (i % 2 == 0) {
                scene.server(i + 0.1, {.flags = kRst | kAck, .acknowledgment = i * 100'000 + 1});
            }
        }
    });
}

TEST(Growth, OfSegmentsForConnectionsThatAreOver) {
    expect_no_quadratic_time([](Scene& scene, std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            scene.client_address = kClient + i % 2000;
            scene.client(i, {.flags = kSyn, .sequence = 100})
                .server(i + 0.1, {.flags = kRst | kAck, .acknowledgment = 101});
        }
    });
}

TEST(Growth, OfWindowsThatOpenAndClose) {
    expect_no_quadratic_time([](Scene& scene, std::uint32_t count) {
        scene.handshake();
        for (std::uint32_t i = 0; i < count; ++i) {
            scene.server(
                20 + i * 0.01,
                {.sequence = 501, .acknowledgment = 101, .window = i % 2 == 0 ? 0U : 8192U});
        }
    });
}

TEST(Growth, OfPacketsInPacketsIsLimited) {
    Bytes packet = ip4(tcp({}), {});
    for (int layer = 0; layer < 60; ++layer) {
        packet = ip4(packet, {.protocol = 4});
    }
    Packet found;
    EXPECT_EQ(decode(record_of(packet, 101), found), Decoded::TooDeep);
}

}  // namespace
}  // namespace tcpdx::capture
