#include "diagnosis/reach/own_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/reach/probe_builder.h"

namespace tcpdx::diagnosis::reach {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const std::chrono::system_clock::time_point kNoon{std::chrono::hours(24 * 20000)};

// Of a probe of 10.2.0.1 on 10.2.0.1.
TargetProbe on_own_host(TargetProbe probe) {
    probe.route = LocalRoute{.kind = LocalRoute::Kind::Local, .interface = "lo"};
    probe.next_hop.reset();
    probe.attempt.source = SocketAddress{address("10.2.0.1"), 40000};
    probe.path.clear();
    return probe;
}

WatchedListener listener() {
    return {.local = {address("0.0.0.0"), 8080},
            .deepest_queue = 0,
            .backlog_limit = 2,
            .new_drops = 0};
}

// As it looks to root: four SYNs of the attempt arrived. Nothing was counted.
PortWatch seen_by_root() {
    PortWatch watch{
        .port = 8080,
        .peer = address("10.2.0.1"),
        .addresses = {address("10.2.0.1")},
        .packets = PeerPackets{.syns = 4, .other_ports = 2, .first_syns = {{8080, 40000, kNoon}}},
        .listeners = {listener()}};
    let_no_counter_rise(watch);
    return watch;
}

PortWatch seen_by_nobody() {
    PortWatch watch = seen_by_root();
    watch.packets.reset();
    return watch;
}

PortWatch with_full_queue(PortWatch watch) {
    watch.listeners.front().deepest_queue = 3;
    watch.listeners.front().new_drops = 4;
    watch.counter_increases.set("TcpExtListenDrops", 4);
    watch.counter_increases.set("TcpExtListenOverflows", 4);
    return watch;
}

std::vector<std::string> causes(const Verdict& verdict) {
    std::vector<std::string> ids;
    for (const PossibleCause& each : verdict.candidates) {
        ids.emplace_back(each.cause->id);
    }
    return ids;
}

TargetProbe silent_port() {
    return on_own_host(without_privilege(one_port_silent()));
}

TargetProbe refused_port() {
    TargetProbe probe = on_own_host(probe_of(refused(8080)));
    probe.closed_reference = refused(1);
    return probe;
}

TEST(JudgeOwnHost, SeesTheFullQueueItself) {
    const Verdict verdict = judge_own_host(silent_port(), with_full_queue(seen_by_root()));
    EXPECT_THAT(causes(verdict), ElementsAre("accept-queue-full"));
    EXPECT_THAT(verdict.server_command, IsEmpty());
}

TEST(JudgeOwnHost, SeesAFilterThatDropsWhatArrived) {
    EXPECT_THAT(causes(judge_own_host(on_own_host(one_port_silent()), seen_by_root())),
                ElementsAre("input-drop"));
}

TEST(JudgeOwnHost, NeedsNoPrivilegeWhenTheListenerDroppedAsManySyns) {
    EXPECT_THAT(causes(judge_own_host(silent_port(), with_full_queue(seen_by_nobody()))),
                ElementsAre("accept-queue-full"));
}

TEST(JudgeOwnHost, NeedsNoPrivilegeWhenTheConnectionIsThere) {
    PortWatch watch = seen_by_nobody();
    watch.connections = {{.remote = {address("::ffff:10.2.0.1"), 40000},
                          .state = TcpState::Established,
                          .never_accepted = true,
                          .unchanged = milliseconds(2000)}};
    TargetProbe probe = on_own_host(probe_of(connected(8080)));
    probe.attempt.source = SocketAddress{address("10.2.0.1"), 40000};
    probe.exchange = Exchange{.outcome = Exchange::Outcome::Silence, .small_segments_work = false};
    EXPECT_THAT(causes(judge_own_host(probe, watch)), ElementsAre("never-accepted"));
}

TEST(JudgeOwnHost, NeedsNoPrivilegeWhenItsTcpSentAllTheResets) {
    PortWatch watch = seen_by_nobody();
    watch.listeners.clear();
    watch.counter_increases.set("TcpOutRsts", 2);
    const Verdict verdict = judge_own_host(refused_port(), watch);
    EXPECT_THAT(causes(verdict), ElementsAre("port-closed"));
    EXPECT_EQ(verdict.server_up, Verdict::ServerUp::Yes);
    EXPECT_THAT(verdict.proven, SizeIs(1));  // that both ends were looked at
}

TEST(JudgeOwnHost, DoesNotTakeAContainersResetsForItsOwn) {
    // One of the two RSTs, that of port 1, was sent here.
    PortWatch watch = seen_by_nobody();
    watch.listeners.clear();
    watch.counter_increases.set("TcpOutRsts", 1);
    const Verdict verdict = judge_own_host(refused_port(), watch);
    EXPECT_THAT(causes(verdict), Contains("other-address-only"));
    EXPECT_THAT(verdict.server_command, IsEmpty());
    EXPECT_THAT(verdict.narrowing, SizeIs(2));  // the TTL, and the server's side
}

TEST(JudgeOwnHost, KnowsNothingOfAnotherNamespaceThatTheAddressLeadsTo) {
    PortWatch watch = with_full_queue(seen_by_root());  // of another program's port
    watch.packets->syns = 0;
    watch.packets->first_syns.clear();
    const Verdict verdict = judge_own_host(silent_port(), watch);
    EXPECT_THAT(causes(verdict), Contains("input-drop"));
    EXPECT_THAT(causes(verdict), Contains("accept-queue-full"));
    EXPECT_THAT(verdict.server_command, IsEmpty());
    EXPECT_THAT(verdict.narrowing, SizeIs(2));  // ACK and FIN, and where to look
}

TEST(JudgeOwnHost, OfACaptureThatLostPacketsClaimsNoArrival) {
    PortWatch watch = seen_by_root();
    watch.packets->first_syns.clear();
    watch.packets->syns = 0;
    watch.packets->lost = 2;
    EXPECT_THAT(causes(judge_own_host(silent_port(), watch)), Contains("path-drop"));
}

TEST(JudgeOwnHost, OfAnIcmpErrorKnowsWhetherItCameFromTheWayInOrOut) {
    TargetProbe probe = on_own_host(probe_of(refused(8080)));
    probe.attempt.icmp = {icmp(3, 3, "10.2.0.1")};
    PortWatch watch = seen_by_root();
    watch.packets->syns = 1;
    watch.packets->icmp_errors = {{.type = 3, .code = 3, .count = 1}};
    EXPECT_THAT(causes(judge_own_host(probe, watch)), ElementsAre("server-reject"));
    EXPECT_THAT(causes(judge_own_host(probe, seen_by_nobody())),
                UnorderedElementsAre("server-reject", "middle-reject", "own-reject"));
}

TEST(JudgeOwnHost, LeavesAHealthyPortInPeace) {
    PortWatch watch = seen_by_nobody();
    TargetProbe probe = on_own_host(probe_of(connected(8080)));
    const Verdict verdict = judge_own_host(probe, watch);
    EXPECT_EQ(verdict.outcome, Verdict::Outcome::Connects);
    EXPECT_THAT(verdict.narrowing, IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis::reach
