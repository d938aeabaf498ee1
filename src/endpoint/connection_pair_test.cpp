// Two connections back to back, through a bad network, at every place where sequence numbers wrap.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "endpoint/simulated_network.h"
#include "wire/sequence.h"

namespace tcpdx::endpoint {
namespace {

std::vector<std::byte> pattern(std::size_t size, unsigned salt) {
    std::vector<std::byte> bytes(size);
    std::uint32_t value = salt;
    for (std::byte& byte : bytes) {
        value = value * 1664525U + 1013904223U;
        byte = static_cast<std::byte>(value >> 24);
    }
    return bytes;
}

// A program at each end: sends its bytes, reads what comes, closes when it has sent all.
struct Program {
    std::vector<std::byte> to_send;
    std::size_t sent = 0;
    std::vector<std::byte> received;
    bool shut_down = false;
    bool closed = false;

    void run(Connection& connection, Time now) {
        if (connection.can_send() && sent < to_send.size()) {
            const auto taken = connection.send(std::span(to_send).subspan(sent), now);
            sent += taken ? *taken : 0;
        }
        std::array<std::byte, 4096> room{};
        for (auto count = connection.read(room, now); count && *count > 0;
             count = connection.read(room, now)) {
            received.insert(received.end(), room.begin(),
                            room.begin() + static_cast<std::ptrdiff_t>(*count));
        }
        if (sent == to_send.size() && connection.can_send() && !shut_down) {
            shut_down = true;
            ASSERT_TRUE(connection.shutdown_send(now));
        }
        if (shut_down && !closed && connection.at_end_of_stream()) {
            closed = true;
            ASSERT_TRUE(connection.close(now));
        }
    }
};

// What must hold of every segment, whatever the network does.
class Invariants {
public:
    void check(bool from_client, const wire::TcpSegment& segment, SimulatedNetwork& network) {
        Connection& sender = from_client ? network.client() : network.server();
        Side& side = sides_[from_client ? 0 : 1];
        const std::uint32_t end = segment.sequence +
                                  static_cast<std::uint32_t>(segment.payload.size()) +
                                  (segment.flags.fin ? 1 : 0);
        if (segment.flags.rst) {
            return;
        }
        if (segment.flags.ack) {
            const std::uint32_t shift = segment.flags.syn ? 0 : sender.receive_shift();
            const std::uint32_t edge =
                segment.acknowledgment + (std::uint32_t{segment.window} << shift);
            const std::uint32_t rounding = (1U << sender.receive_shift()) - 1;
            if (side.has_edge) {
                // SHLD-14: the right edge never moves left, but for what scaling rounds off.
                EXPECT_FALSE(wire::before(edge + rounding, side.edge));
            }
            side.edge = !side.has_edge || wire::after(edge, side.edge) ? edge : side.edge;
            side.has_edge = true;
        }
        EXPECT_EQ(segment.flags.syn, segment.options.max_segment_size.has_value());  // MUST-65
        if (!segment.payload.empty() && sender.sender().window() > 1) {
            EXPECT_FALSE(wire::after(end - (segment.flags.fin ? 1 : 0),
                                     sender.sender().una() + sender.sender().max_window()));
        }
        EXPECT_TRUE(sender.is_consistent());
    }

private:
    struct Side {
        bool has_edge = false;
        std::uint32_t edge = 0;
    };
    std::array<Side, 2> sides_;
};

struct Trace {
    bool finished = false;
    std::uint64_t digest = 0;
    int steps = 0;
};

Trace transfer(const Settings& settings, const NetworkFaults& faults, std::uint32_t seed,
               std::uint32_t iss, std::size_t up, std::size_t down) {
    SimulatedNetwork network(settings, faults, seed, iss, iss + 0x1234);
    Invariants invariants;
    Trace trace;
    network.on_sent = [&](bool from_client, const wire::TcpSegment& segment) {
        invariants.check(from_client, segment, network);
        const std::uint32_t offset = segment.sequence - (from_client ? iss : iss + 0x1234);
        trace.digest =
            trace.digest * 31 + offset + segment.payload.size() * 7 + (segment.flags.ack ? 3 : 0);
    };
    Program client{.to_send = pattern(up, 1)};
    Program server{.to_send = pattern(down, 2)};
    for (; trace.steps < 200000; ++trace.steps) {
        client.run(network.client(), network.now());
        server.run(network.server(), network.now());
        network.flush();
        if (!network.step()) {
            break;
        }
    }
    EXPECT_EQ(client.received.size(), down);
    EXPECT_EQ(server.received.size(), up);
    EXPECT_TRUE(client.received == server.to_send);
    EXPECT_TRUE(server.received == client.to_send);
    EXPECT_EQ(network.client().state(), TcpState::Closed);
    EXPECT_EQ(network.server().state(), TcpState::Closed);
    trace.finished = client.received == server.to_send && server.received == client.to_send &&
                     network.client().failure() == Failure::None &&
                     network.server().failure() == Failure::None;
    return trace;
}

constexpr std::uint32_t kStarts[] = {0, 1, 0x7fffff00, 0x80000000, 0xfffffe00, 0xffffffff};

TEST(ConnectionPair, MovesBytesBothWaysAndClosesAtEveryWrap) {
    for (const std::uint32_t iss : kStarts) {
        SCOPED_TRACE(iss);
        EXPECT_TRUE(transfer(rfc_settings(), {}, 1, iss, 200000, 50000).finished);
        EXPECT_TRUE(transfer(linux_settings(), {}, 1, iss, 200000, 50000).finished);
    }
}

// Proves: MUST-65, SHLD-14
TEST(ConnectionPair, SurvivesLossDuplicationReorderingAndDelay) {
    Settings all = rfc_settings();
    Settings plain = rfc_settings();
    plain.sack = plain.timestamps = plain.window_scaling = plain.delayed_ack = false;
    Settings cubic = linux_settings();
    for (const Settings& settings : {all, plain, cubic}) {
        for (std::uint32_t seed = 0; seed < 25; ++seed) {
            SCOPED_TRACE(seed);
            const NetworkFaults faults{.loss = 0.02 * (seed % 6),
                                       .duplication = 0.05 * (seed % 3),
                                       .delay = std::chrono::milliseconds(5),
                                       .jitter = std::chrono::milliseconds(10 * (seed % 4))};
            EXPECT_TRUE(transfer(settings, faults, seed, kStarts[seed % 6], 60000, 20000).finished);
        }
    }
}

TEST(ConnectionPair, RepeatsItselfForTheSameSeed) {
    const NetworkFaults faults{
        .loss = 0.1, .duplication = 0.1, .jitter = std::chrono::milliseconds(20)};
    const Trace first = transfer(rfc_settings(), faults, 7, 5, 30000, 30000);
    const Trace second = transfer(rfc_settings(), faults, 7, 5, 30000, 30000);
    EXPECT_EQ(first.digest, second.digest);
    EXPECT_EQ(first.steps, second.steps);
}

// RFC 9293, 3.4: only differences of sequence numbers mean anything.
// Proves: wrap
TEST(ConnectionPair, LeavesTheSameTraceWhereverSequenceNumbersBegin) {
    const NetworkFaults faults{
        .loss = 0.1, .duplication = 0.1, .jitter = std::chrono::milliseconds(20)};
    const Trace first = transfer(rfc_settings(), faults, 7, 5, 30000, 30000);
    for (const std::uint32_t iss : kStarts) {
        EXPECT_EQ(transfer(rfc_settings(), faults, 7, iss, 30000, 30000).digest, first.digest);
    }
}

}  // namespace
}  // namespace tcpdx::endpoint
