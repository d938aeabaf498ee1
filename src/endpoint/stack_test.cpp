#include "endpoint/stack.h"

#include <gtest/gtest.h>

#include "wire/checksum.h"

namespace tcpdx::endpoint {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const IpAddress kHost = IpAddress::v4(0xc0000201);
const IpAddress kPeer = IpAddress::v4(0xc6336402);
const SocketAddress kService{.address = kHost, .port = 80};
const SocketAddress kClient{.address = kPeer, .port = 40000};

// A stack with the test as everybody it talks to.
class World {
public:
    explicit World(const Settings& settings = rfc_settings()) : stack(settings) {}

    void receives(wire::TcpSegment segment, const SocketAddress& from = kClient,
                  const SocketAddress& to = kService) {
        segment.source_port = from.port;
        segment.destination_port = to.port;
        std::vector<std::byte> bytes(3000);
        const std::size_t header = wire::ip_header_bytes(to.address.family);
        const std::size_t size = wire::write_tcp(segment, std::span(bytes).subspan(header));
        const auto tcp = std::span(bytes).subspan(header, size);
        const std::uint16_t sum = wire::tcp_checksum(from.address, to.address, tcp);
        tcp[16] = static_cast<std::byte>(sum >> 8);
        tcp[17] = static_cast<std::byte>(sum);
        wire::write_ip_header({.source = from.address, .destination = to.address}, size, bytes);
        stack.receive(std::span(bytes).first(header + size), now);
        EXPECT_TRUE(stack.is_consistent());
    }
    // An ICMP error that quotes a segment of this host's.
    void receives_icmp(int type, int code, const FourTuple& about, std::uint32_t sequence,
                       std::uint16_t mtu = 0) {
        std::vector<std::byte> bytes(20 + 8 + 28);
        const auto icmp = std::span(bytes).subspan(20);
        icmp[0] = static_cast<std::byte>(type);
        icmp[1] = static_cast<std::byte>(code);
        icmp[6] = static_cast<std::byte>(mtu >> 8);
        icmp[7] = static_cast<std::byte>(mtu);
        wire::write_ip_header({.source = about.local.address, .destination = about.remote.address},
                              20, icmp.subspan(8));
        const auto quoted = icmp.subspan(28);
        for (int i = 0; i < 2; ++i) {
            quoted[static_cast<std::size_t>(i)] =
                static_cast<std::byte>(about.local.port >> (8 - 8 * i));
            quoted[static_cast<std::size_t>(2 + i)] =
                static_cast<std::byte>(about.remote.port >> (8 - 8 * i));
        }
        for (int i = 0; i < 4; ++i) {
            quoted[static_cast<std::size_t>(4 + i)] =
                static_cast<std::byte>(sequence >> (24 - 8 * i));
        }
        const std::uint16_t sum = wire::internet_checksum(icmp);
        icmp[2] = static_cast<std::byte>(sum >> 8);
        icmp[3] = static_cast<std::byte>(sum);
        wire::write_ip_header({.source = IpAddress::v4(0x0a000001),
                               .destination = about.local.address,
                               .protocol = wire::kProtocolIcmp},
                              icmp.size(), bytes);
        stack.receive(bytes, now);
    }
    std::optional<wire::TcpSegment> hears() {
        std::vector<std::byte> out(70000);
        const std::size_t size = stack.poll_output(now, out);
        if (size == 0) {
            return std::nullopt;
        }
        const auto datagram = wire::parse_ip_datagram(std::span(out).first(size));
        auto segment = wire::parse_tcp(datagram->payload);
        heard_bytes = segment->payload.size();
        segment->payload = {};
        return *segment;
    }
    // A connection from kClient, accepted; its peer's next number is 101.
    Handle accepted(Handle listener) {
        receives({.sequence = 100, .window = 65535, .flags = {.syn = true}});
        const auto answer = hears();
        iss = answer->sequence;
        receives(
            {.sequence = 101, .acknowledgment = iss + 1, .window = 65535, .flags = {.ack = true}});
        const auto id = stack.accept(listener);
        EXPECT_TRUE(id);
        return *id;
    }
    // ... and closed, by this end first, into TIME-WAIT.
    void closed_into_time_wait(Handle listener) {
        const Handle id = accepted(listener);
        stack.close(id, now);
        EXPECT_TRUE(hears()->flags.fin);
        receives({.sequence = 101,
                  .acknowledgment = iss + 2,
                  .window = 65535,
                  .flags = {.fin = true, .ack = true}});
        EXPECT_EQ(hears()->acknowledgment, 102U);
        EXPECT_FALSE(hears());
        EXPECT_EQ(stack.time_waits(), 1U);
        EXPECT_EQ(stack.connections(), 0U);
    }

    TcpStack stack;
    Time now{seconds(1000)};
    std::uint32_t iss = 0;
    std::size_t heard_bytes = 0;
};

TEST(Stack, AnswersWhatNobodyWantsWithAReset) {
    World world;
    world.receives({.sequence = 100, .flags = {.syn = true}});
    const auto to_syn = world.hears();
    EXPECT_TRUE(to_syn->flags.rst && to_syn->flags.ack);
    EXPECT_EQ(to_syn->sequence, 0U);
    EXPECT_EQ(to_syn->acknowledgment, 101U);
    world.receives({.sequence = 100, .acknowledgment = 555, .flags = {.ack = true}});
    const auto to_ack = world.hears();
    EXPECT_TRUE(to_ack->flags.rst && !to_ack->flags.ack);
    EXPECT_EQ(to_ack->sequence, 555U);
    world.receives({.sequence = 100, .flags = {.rst = true}});
    EXPECT_FALSE(world.hears());
}

// RFC 9293, 3.10.7.2.
TEST(Stack, HasListenersThatOnlyASynOpens) {
    World world;
    ASSERT_TRUE(world.stack.listen(kService, 5));
    world.receives({.sequence = 1, .flags = {.rst = true}});
    world.receives({.sequence = 1, .flags = {.fin = true}});
    world.receives({.sequence = 1});
    EXPECT_FALSE(world.hears());
    world.receives({.sequence = 1, .acknowledgment = 7, .flags = {.syn = true, .ack = true}});
    EXPECT_EQ(world.hears()->sequence, 7U);
    EXPECT_EQ(world.stack.connections(), 0U);
}

// Proves: MUST-41
TEST(Stack, ListensWithoutDisturbingConnections) {
    World world;
    const auto first = world.stack.listen(kService, 5);
    const Handle id = world.accepted(*first);
    world.stack.close_listener(*first, world.now);
    ASSERT_TRUE(world.stack.listen(kService, 5));
    EXPECT_EQ(world.stack.find(id)->state(), TcpState::Established);
    EXPECT_FALSE(world.hears());
}

// Proves: MUST-42, MUST-43
TEST(Stack, ListensOnAPortFromWhichItConnects) {
    World world;
    const auto opened = world.stack.connect(kService, {.address = kPeer, .port = 99}, world.now);
    ASSERT_TRUE(opened);
    const auto syn = world.hears();
    EXPECT_EQ(syn->source_port, 80);
    ASSERT_TRUE(world.stack.listen(kService, 5));
    world.receives({.sequence = 100, .flags = {.syn = true}});
    EXPECT_EQ(world.hears()->destination_port, 40000);
    world.receives(
        {.sequence = 5, .acknowledgment = syn->sequence + 1, .flags = {.syn = true, .ack = true}},
        {.address = kPeer, .port = 99});
    EXPECT_EQ(world.stack.find(*opened)->state(), TcpState::Established);
}

// Proves: MUST-46, MUST-57, MUST-63
TEST(Stack, HasNothingToDoWithAddressesThatAreNoHosts) {
    World world;
    ASSERT_TRUE(world.stack.listen({.address = IpAddress::any(IpFamily::V4), .port = 80}, 5));
    ASSERT_TRUE(world.stack.listen({.address = IpAddress::any(IpFamily::V6), .port = 81}, 5));
    for (const char* text : {"0.0.0.0", "255.255.255.255", "224.0.0.1", "239.1.2.3"}) {
        const IpAddress address = *parse_ip_address(text);
        EXPECT_FALSE(
            world.stack.connect({.address = kHost}, {.address = address, .port = 1}, world.now));
        world.receives({.flags = {.syn = true}}, {.address = address, .port = 1});
        world.receives({.flags = {.syn = true}}, kClient, {.address = address, .port = 80});
    }
    world.receives({.flags = {.syn = true}}, {.address = *parse_ip_address("ff02::1"), .port = 1},
                   {.address = *parse_ip_address("fd00::1"), .port = 81});
    EXPECT_FALSE(world.hears());
    EXPECT_EQ(world.stack.connections(), 0U);
}

TEST(Stack, OverIpV6SendsSegmentsOfItsOwnDefaultSize) {
    World world;
    const SocketAddress here{.address = *parse_ip_address("fd00::1"), .port = 81};
    const SocketAddress there{.address = *parse_ip_address("fd00::2"), .port = 4000};
    const auto listener =
        world.stack.listen({.address = IpAddress::any(IpFamily::V6), .port = 81}, 5);
    world.receives({.sequence = 1, .window = 65535, .flags = {.syn = true}}, there, here);
    const auto answer = world.hears();
    EXPECT_EQ(answer->options.max_segment_size, 1440);
    world.receives({.sequence = 2,
                    .acknowledgment = answer->sequence + 1,
                    .window = 65535,
                    .flags = {.ack = true}},
                   there, here);
    const auto id = world.stack.accept(*listener);
    ASSERT_TRUE(id);
    const std::vector<std::byte> data(5000);
    EXPECT_TRUE(world.stack.send(*id, data, world.now));
    world.hears();
    EXPECT_EQ(world.heard_bytes, 1220U);  // RFC 9293, MUST-15
}

TEST(Stack, HoldsBackTheLastStepOfAHandshakeWhileItsQueueIsFull) {
    World world;
    const auto listener = world.stack.listen(kService, 0);
    std::vector<std::uint32_t> numbers;
    for (std::uint16_t i = 0; i < 3; ++i) {
        const SocketAddress from{.address = kPeer, .port = static_cast<std::uint16_t>(1000 + i)};
        world.receives({.sequence = 1, .window = 100, .flags = {.syn = true}}, from);
        if (const auto answer = world.hears()) {
            world.receives({.sequence = 2,
                            .acknowledgment = answer->sequence + 1,
                            .window = 100,
                            .flags = {.ack = true}},
                           from);
        }
    }
    EXPECT_EQ(world.stack.acceptable(*listener), 1U);
    EXPECT_GE(world.stack.counters().listen_overflows, 1U);
}

TEST(Stack, ResetsWhatNobodyHasAcceptedWhenItsListenerCloses) {
    World world;
    const auto listener = world.stack.listen(kService, 5);
    world.receives({.sequence = 100, .window = 65535, .flags = {.syn = true}});
    const auto answer = world.hears();
    world.receives({.sequence = 101,
                    .acknowledgment = answer->sequence + 1,
                    .window = 1,
                    .flags = {.ack = true}});
    world.stack.close_listener(*listener, world.now);
    EXPECT_TRUE(world.hears()->flags.rst);
    EXPECT_FALSE(world.hears());
    EXPECT_EQ(world.stack.connections(), 0U);
}

TEST(Stack, KeepsTimeWaitsInLittleRoomForAsLongAsItShould) {
    World world;
    const auto listener = world.stack.listen(kService, 5);
    world.closed_into_time_wait(*listener);
    EXPECT_LE(sizeof(TimeWaitTable::Entry), 128U);
    world.now += seconds(239);
    world.stack.advance_time(world.now);
    EXPECT_EQ(world.stack.time_waits(), 1U);
    EXPECT_EQ(world.stack.next_deadline(), world.now + seconds(1));
    world.receives(
        {.sequence = 101, .acknowledgment = world.iss + 2, .flags = {.fin = true, .ack = true}});
    EXPECT_EQ(world.hears()->acknowledgment, 102U);
    world.now += seconds(239);
    world.stack.advance_time(world.now);
    EXPECT_EQ(world.stack.time_waits(), 1U);
    world.now += seconds(1);
    world.stack.advance_time(world.now);
    EXPECT_EQ(world.stack.time_waits(), 0U);
}

// Proves: MAY-2
TEST(Stack, OpensAnewFromTimeWaitWhereTheSynIsNew) {
    World old;
    old.closed_into_time_wait(*old.stack.listen(kService, 5));
    old.receives({.sequence = 102, .flags = {.syn = true}});
    const auto refused = old.hears();
    EXPECT_FALSE(refused->flags.syn);
    EXPECT_EQ(refused->sequence, old.iss + 2);
    EXPECT_EQ(refused->acknowledgment, 102U);
    EXPECT_EQ(old.stack.time_waits(), 1U);
    old.receives({.sequence = 103, .flags = {.syn = true}});
    const auto opened = old.hears();
    EXPECT_TRUE(opened->flags.syn);
    EXPECT_GT(opened->sequence - old.iss, 65536U);
    EXPECT_LT(opened->sequence - old.iss, 0x80000000U);
    EXPECT_EQ(old.stack.time_waits(), 0U);
}

// Proves: SHLD-4
TEST(Stack, TrustsTimestampsMoreThanSequenceNumbersInTimeWait) {
    const auto syn = [](std::uint32_t sequence, std::uint32_t value) {
        return wire::TcpSegment{.sequence = sequence,
                                .flags = {.syn = true},
                                .options = {.timestamps = wire::TcpTimestamps{.value = value}}};
    };
    for (const auto& [sequence, value, opens] :
         {std::tuple{90U, 1001U, true}, {500U, 999U, false}, {90U, 1000U, false}}) {
        TimeWait block{.rcv_nxt = 100,
                       .rcv_wnd = 1000,
                       .timestamps = RecentTimestamp{.value = 1000, .seen_at = Time{}}};
        EXPECT_EQ(segment_in_time_wait(block, syn(sequence, value), rfc_settings(), Time{}) ==
                      TimeWaitVerdict::Reopen,
                  opens);
    }
}

TEST(Stack, ChoosesSourcePortsThatDoNotFollowEachOther) {
    World world;
    std::vector<std::uint16_t> ports;
    for (std::uint16_t i = 0; i < 50; ++i) {
        const auto opened = world.stack.connect(
            {.address = kHost}, {.address = kPeer, .port = static_cast<std::uint16_t>(1 + i)},
            world.now);
        ports.push_back(world.stack.find(*opened)->tuple().local.port);
    }
    int neighbours = 0;
    for (std::size_t i = 1; i < ports.size(); ++i) {
        neighbours += ports[i] == ports[i - 1] + 1 ? 1 : 0;
    }
    EXPECT_LT(neighbours, 3);
}

struct IcmpWorld : World {
    explicit IcmpWorld(const Settings& settings = rfc_settings()) : World(settings) {
        id = *stack.connect({.address = kHost, .port = 5000}, {.address = kPeer, .port = 80}, now);
        iss = hears()->sequence;
    }
    void establish() {
        receives({.sequence = 1,
                  .acknowledgment = iss + 1,
                  .window = 65535,
                  .flags = {.syn = true, .ack = true},
                  .options = {.max_segment_size = 1460}},
                 {.address = kPeer, .port = 80}, {.address = kHost, .port = 5000});
        EXPECT_TRUE(hears());
        const std::vector<std::byte> data(1460);
        EXPECT_TRUE(stack.send(id, data, now));
        EXPECT_TRUE(hears());
    }
    const FourTuple tuple{.local = {.address = kHost, .port = 5000},
                          .remote = {.address = kPeer, .port = 80}};
    Handle id;
};

// Proves: SHLD-26
TEST(Icmp, ThatIsHardEndsAnAttemptButNoConnection) {
    IcmpWorld opening;
    opening.receives_icmp(3, 3, opening.tuple, opening.iss);
    EXPECT_EQ(opening.stack.find(opening.id)->failure(), Failure::Unreachable);
    IcmpWorld open;
    open.establish();
    open.receives_icmp(3, 3, open.tuple, open.iss + 1);
    EXPECT_EQ(open.stack.find(open.id)->failure(), Failure::None);
    EXPECT_EQ(open.stack.find(open.id)->last_icmp(), (IcmpError{.type = 3, .code = 3}));
}

// Proves: MUST-47, MUST-56, SHLD-25
TEST(Icmp, ThatIsSoftIsOnlyReported) {
    for (const int code : {0, 1, 5}) {
        IcmpWorld world;
        world.receives_icmp(3, code, world.tuple, world.iss);
        EXPECT_EQ(world.stack.find(world.id)->state(), TcpState::SynSent);
        bool reported = false;
        while (const auto event = world.stack.poll_event()) {
            reported = reported || event->event.kind == EventKind::SoftError;
        }
        EXPECT_TRUE(reported);
    }
}

// Proves: MUST-54
TEST(Icmp, IsForTheConnectionThatItQuotesAndOnlyAboutWhatIsInFlight) {
    IcmpWorld world;
    FourTuple other = world.tuple;
    other.local.port = 5001;
    world.receives_icmp(3, 3, other, world.iss);
    world.receives_icmp(3, 3, world.tuple, world.iss + 5);
    world.receives_icmp(3, 3, world.tuple, world.iss - 1);
    EXPECT_EQ(world.stack.find(world.id)->failure(), Failure::None);
}

// Proves: MUST-55
TEST(Icmp, OfASourceQuenchIsDiscarded) {
    IcmpWorld world;
    world.establish();
    const std::uint32_t window = world.stack.find(world.id)->sender().congestion().window();
    world.receives_icmp(4, 0, world.tuple, world.iss + 1);
    EXPECT_EQ(world.stack.find(world.id)->sender().congestion().window(), window);
}

TEST(Icmp, OfASmallerPathMakesSmallerSegments) {
    IcmpWorld world;
    world.establish();
    world.receives_icmp(3, 4, world.tuple, world.iss + 1, 1000);
    EXPECT_TRUE(world.hears());
    EXPECT_EQ(world.heard_bytes, 960U);
}

// One thousand connections come and go, so that slots, deadlines and tables are all used again.
TEST(Stack, StaysConsistentWhileConnectionsComeAndGo) {
    World world;
    const auto listener = world.stack.listen(kService, 50);
    for (std::uint32_t i = 0; i < 1000; ++i) {
        const SocketAddress from{.address = kPeer, .port = static_cast<std::uint16_t>(1000 + i)};
        world.receives({.sequence = i, .window = 1000, .flags = {.syn = true}}, from);
        const auto answer = world.hears();
        ASSERT_TRUE(answer);
        world.receives({.sequence = i + 1,
                        .acknowledgment = answer->sequence + 1,
                        .window = 1000,
                        .flags = {.ack = true}},
                       from);
        const auto id = world.stack.accept(*listener);
        ASSERT_TRUE(id);
        if (i % 3 == 0) {
            world.receives({.sequence = i + 1, .flags = {.rst = true}}, from);
        }
        world.stack.close(*id, world.now);
        while (world.hears()) {
        }
        if (i % 3 == 1) {
            world.receives({.sequence = i + 1,
                            .acknowledgment = answer->sequence + 2,
                            .window = 1000,
                            .flags = {.fin = true, .ack = true}},
                           from);
        }
        while (world.hears()) {
        }
        world.now += milliseconds(10);
        world.stack.advance_time(world.now);
        while (world.hears()) {  // FINs that were not acknowledged, again
        }
        EXPECT_EQ(world.stack.find(*id) == nullptr, i % 3 != 2);
    }
    EXPECT_EQ(world.stack.time_waits(), 333U);
    world.now += seconds(1000);
    world.stack.advance_time(world.now);
    while (world.hears()) {
    }
    EXPECT_EQ(world.stack.connections(), 0U);
    EXPECT_EQ(world.stack.time_waits(), 0U);
    EXPECT_EQ(world.stack.next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace tcpdx::endpoint
