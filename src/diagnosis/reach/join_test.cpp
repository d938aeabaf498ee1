#include "diagnosis/reach/join.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/reach/probe_builder.h"
#include "diagnosis/reach/server_facts.h"

namespace tcpdx::diagnosis::reach {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

const std::chrono::system_clock::time_point kNoon{std::chrono::hours(24 * 20000)};

ProbeReport client_report(TargetProbe probe) {
    probe.attempt.started = kNoon;
    if (probe.closed_reference) {
        probe.closed_reference->started = kNoon + seconds(4);
        probe.closed_reference->source = SocketAddress{address("10.1.0.1"), 40001};
    }
    return {.host = "server", .port = 8080, .started = kNoon, .targets = {std::move(probe)}};
}

// The server watched from before until after the attempt; the client's SYNs arrived, and a listener
// is there. Nothing was counted.
PortWatch server_watch() {
    PortWatch watch{.port = 8080,
                    .peer = address("10.1.0.1"),
                    .started = kNoon - seconds(5),
                    .ended = kNoon + seconds(20),
                    .addresses = {address("10.2.0.1")},
                    .packets = PeerPackets{.syns = 4,
                                           .other_ports = 2,
                                           .first_syns = {{8080, 40000, kNoon + milliseconds(5)}}},
                    .listeners = {{.local = {address("0.0.0.0"), 8080},
                                   .deepest_queue = 0,
                                   .backlog_limit = 128,
                                   .new_drops = 0}}};
    let_no_counter_rise(watch);
    return watch;
}

PortWatch without_syns() {
    PortWatch watch = server_watch();
    watch.packets->syns = 0;
    watch.packets->first_syns.clear();
    return watch;
}

PeerConnection half_open(std::uint8_t retransmits) {
    return {.remote = {address("10.1.0.1"), 40000},
            .state = TcpState::SynReceived,
            .retransmits = retransmits};
}

std::vector<std::string> causes(const TargetProbe& probe, const PortWatch& watch) {
    const auto joined = join(client_report(probe), watch);
    std::vector<std::string> ids;
    if (joined) {
        for (const PossibleCause& each : joined->verdict.candidates) {
            ids.emplace_back(each.cause->id);
        }
    }
    return ids;
}

TEST(Join, OfSynsThatTcpNeverCountedIsAFilterOfTheServer) {
    EXPECT_THAT(causes(one_port_silent(), server_watch()), ElementsAre("input-drop"));
}

TEST(Join, OfSynsThatNeverCameWhileOthersDidIsAFilterOnTheWay) {
    EXPECT_THAT(causes(one_port_silent(), without_syns()), ElementsAre("path-drop"));
}

TEST(Join, OfAClientOfWhichNothingArrivedKeepsTheTranslators) {
    PortWatch watch = without_syns();
    watch.packets->other_ports = 0;
    EXPECT_THAT(
        causes(one_port_silent(), watch),
        UnorderedElementsAre("path-drop", "address-translation-full", "connection-table-full"));
}

TEST(Join, OfAnotherProcessesSynsDoesNotTakeThemForTheProbes) {
    PortWatch watch = server_watch();
    watch.packets->first_syns.front().source_port = 55555;
    EXPECT_THAT(causes(one_port_silent(), watch), ElementsAre("path-drop"));
}

TEST(Join, OfACaptureThatLostPacketsConcludesNothingFromThem) {
    PortWatch watch = without_syns();
    watch.packets->lost = 3;
    EXPECT_THAT(causes(one_port_silent(), watch).size(), testing::Gt(1U));
}

TEST(Join, OfHalfOpenConnectionsDependsOnWhatLeft) {
    PortWatch watch = server_watch();
    watch.connections = {half_open(0)};
    EXPECT_THAT(causes(one_port_silent(), watch), ElementsAre("output-drop"));
    watch.connections = {half_open(2)};
    watch.packets->syn_acks_sent = 5;
    EXPECT_THAT(causes(one_port_silent(), watch), ElementsAre("return-path-drop"));
}

TEST(Join, OfMissingSignaturesIsMd5) {
    PortWatch watch = server_watch();
    watch.counter_increases.set("TcpExtTCPMD5NotFound", 4);
    EXPECT_THAT(causes(one_port_silent(), watch), ElementsAre("md5-required"));
}

TEST(Join, OfACounterThatRoseLessThanTheSynsBlamesNobody) {
    PortWatch watch = server_watch();
    watch.counter_increases.set("TcpExtTCPMD5NotFound", 1);
    EXPECT_THAT(causes(one_port_silent(), watch),
                UnorderedElementsAre("input-drop", "md5-required"));
}

TEST(Join, OfAListenerProvenByAFinDependsOnItsDrops) {
    TargetProbe probe = one_port_silent();
    probe.raw = {raw(RawProbe::Segment::Ack, RawProbe::Answer::Reset),
                 raw(RawProbe::Segment::Fin, RawProbe::Answer::Nothing)};
    PortWatch watch = server_watch();
    EXPECT_THAT(causes(probe, watch), ElementsAre("syn-filter"));

    // A listener counts the probe's own FINs as drops.
    watch.packets->bare_fins = 2;
    watch.listeners.front().new_drops = 2;
    EXPECT_THAT(causes(probe, watch), ElementsAre("syn-filter"));

    watch.listeners.front().new_drops = 6;
    watch.counter_increases.set("TcpExtListenDrops", 4);
    EXPECT_THAT(causes(probe, watch), ElementsAre("syn-queue-full"));
    watch.counter_increases.set("TcpExtListenOverflows", 4);
    EXPECT_THAT(causes(probe, watch), ElementsAre("accept-queue-full"));
}

// As seen from outside of the usual filter: few ports answer, and no ACK that belongs to nothing.
TargetProbe few_ports_answer() {
    TargetProbe probe = one_port_silent();
    probe.closed_reference = silent(1, milliseconds(1300));
    probe.ping = PingResult{.sent = 2};
    return probe;
}

TEST(Join, OfAFilterThatHidesOtherPortsBelievesWhatTheServerCounted) {
    PortWatch watch = server_watch();
    EXPECT_THAT(causes(few_ports_answer(), watch), ElementsAre("default-drop"));
    watch.listeners.front().new_drops = 4;
    watch.counter_increases.set("TcpExtListenDrops", 4);
    EXPECT_THAT(causes(few_ports_answer(), watch), ElementsAre("syn-queue-full"));
    watch.counter_increases.set("TcpExtListenOverflows", 4);
    EXPECT_THAT(causes(few_ports_answer(), watch), ElementsAre("accept-queue-full"));
}

TEST(Join, OfAFilterThatHidesOtherPortsBelievesWhatTheServerSent) {
    PortWatch watch = server_watch();
    watch.connections = {half_open(0)};
    EXPECT_THAT(causes(few_ports_answer(), watch), ElementsAre("output-drop"));
    watch.connections = {half_open(2)};
    watch.packets->syn_acks_sent = 5;
    EXPECT_THAT(causes(few_ports_answer(), watch), ElementsAre("return-path-drop"));
    watch = server_watch();
    watch.counter_increases.set("TcpExtTCPMD5NotFound", 4);
    EXPECT_THAT(causes(few_ports_answer(), watch), ElementsAre("md5-required"));
}

TEST(Join, OfASilentHostThatGetsTheSynsAndCountsNothingIsAFilterOfIt) {
    EXPECT_THAT(causes(host_silent(), server_watch()), ElementsAre("input-drop"));
}

TEST(Join, OfASilentHostDependsOnTheServersRoutes) {
    PortWatch watch = server_watch();
    watch.counter_increases.set("IpOutNoRoutes", 8);
    EXPECT_THAT(causes(host_silent(), watch), ElementsAre("no-route-back"));
    watch.counter_increases.set("IpOutNoRoutes", 0);
    watch.counter_increases.set("TcpExtIPReversePathFilter", 8);
    EXPECT_THAT(causes(host_silent(), watch), ElementsAre("reverse-path-filter"));
}

TargetProbe refusal() {
    TargetProbe probe = probe_of(refused(8080));
    probe.attempt.captured = CapturedSegments{.syns_sent = 1, .resets = 1, .reply_ttl = 63};
    probe.closed_reference = refused(1);
    probe.closed_reference->captured = CapturedSegments{.reply_ttl = 63};
    return probe;
}

PortWatch that_reset(std::uint64_t counted) {
    PortWatch watch = server_watch();
    watch.packets->syns = 1;
    watch.packets->resets_sent = 1;
    watch.counter_increases.set("TcpOutRsts", counted);
    return watch;
}

TEST(Join, OfARefusalDependsOnTheListener) {
    PortWatch watch = that_reset(1);
    watch.listeners.clear();
    EXPECT_THAT(causes(refusal(), watch), ElementsAre("port-closed"));
    watch = that_reset(1);
    watch.listeners.front().local.address = address("127.0.0.1");
    EXPECT_THAT(causes(refusal(), watch), ElementsAre("other-address-only"));
    EXPECT_THAT(causes(refusal(), that_reset(0)), ElementsAre("server-reset"));
}

TEST(Join, OfARefusalThatTheServerKnowsNothingOfIsSomethingOnTheWay) {
    TargetProbe probe = without_privilege(refusal());
    EXPECT_THAT(causes(probe, without_syns()), ElementsAre("middle-reset"));
}

// --- clocks -------------------------------------------------------------------------------------

TEST(Join, ComparesTheClocksByASynThatBothSaw) {
    PortWatch watch = server_watch();
    watch.packets->first_syns.front().time = kNoon + std::chrono::hours(1) + milliseconds(5);
    watch.started += std::chrono::hours(1);
    watch.ended += std::chrono::hours(1);
    const auto joined = join(client_report(one_port_silent()), watch);
    ASSERT_TRUE(joined);
    ASSERT_TRUE(joined->clock_offset);
    // The round trip of the references was 11 ms.
    EXPECT_EQ(joined->clock_offset->most, std::chrono::hours(1) + milliseconds(5));
    EXPECT_EQ(joined->clock_offset->least, std::chrono::hours(1) - milliseconds(6));
}

TEST(Join, DoesNotKnowTheOffsetWithoutOne) {
    const auto joined = join(client_report(one_port_silent()), without_syns());
    ASSERT_TRUE(joined);
    EXPECT_FALSE(joined->clock_offset);
}

// --- what does not belong together --------------------------------------------------------------

TEST(Join, RefusesReportsThatAreNotOfTheSameAttempt) {
    const ProbeReport client = client_report(one_port_silent());
    PortWatch watch = without_syns();
    watch.port = 9090;
    EXPECT_EQ(join(client, watch).error(), WhyNotJoined::OtherPort);

    watch = without_syns();
    watch.addresses = {address("10.2.0.99")};
    EXPECT_EQ(join(client, watch).error(), WhyNotJoined::OtherServer);

    watch = without_syns();
    watch.peer = address("10.1.0.2");
    EXPECT_EQ(join(client, watch).error(), WhyNotJoined::OtherClient);

    watch = without_syns();
    watch.started -= std::chrono::hours(2);
    watch.ended -= std::chrono::hours(2);
    EXPECT_EQ(join(client, watch).error(), WhyNotJoined::OtherTime);

    EXPECT_EQ(join({.port = 8080}, without_syns()).error(), WhyNotJoined::NoAttempt);
}

TEST(Join, AcceptsAnotherAddressWhenTheSameSynProvesIt) {
    PortWatch watch = server_watch();
    watch.addresses = {address("192.168.7.7")};
    EXPECT_TRUE(join(client_report(one_port_silent()), watch));
}

// --- the server alone ---------------------------------------------------------------------------

TEST(JudgeServer, SaysNothingWhenNothingCame) {
    const Verdict verdict = judge_server(server_facts(without_syns(), std::nullopt),
                                         {.port = 8080, .client = address("10.1.0.1")});
    EXPECT_THAT(verdict.candidates, testing::IsEmpty());
    EXPECT_THAT(verdict.evidence, Not(testing::IsEmpty()));
}

TEST(JudgeServer, SeesAFullAcceptQueueByItself) {
    PortWatch watch = server_watch();
    watch.listeners.front().new_drops = 4;
    watch.counter_increases.set("TcpExtListenDrops", 4);
    watch.counter_increases.set("TcpExtListenOverflows", 4);
    const Verdict verdict = judge_server(server_facts(watch, std::nullopt),
                                         {.port = 8080, .client = address("10.1.0.1")});
    std::vector<std::string> ids;
    for (const PossibleCause& each : verdict.candidates) {
        ids.emplace_back(each.cause->id);
    }
    EXPECT_THAT(ids, testing::Contains("accept-queue-full"));
    EXPECT_THAT(ids, Not(testing::Contains("input-drop")));
}

// A server that took the connection, and nothing was counted.
PortWatch taken(PeerConnection connection) {
    PortWatch watch = server_watch();
    watch.packets->syn_acks_sent = 1;
    connection.remote = {address("10.1.0.1"), 40000};
    connection.state = TcpState::Established;
    watch.connections = {connection};
    for (const char* name :
         {"TcpExtTCPToZeroWindowAdv", "TcpExtSyncookiesSent", "TcpExtSyncookiesRecv",
          "TcpExtEmbryonicRsts", "TcpExtTCPAbortOnClose", "TcpExtTCPAbortOnData"}) {
        watch.counter_increases.set(name, 0);
    }
    return watch;
}

std::vector<std::string> seen_by_server(const PortWatch& watch) {
    const Verdict verdict =
        judge_server(server_facts(watch, std::nullopt),
                     {.port = 8080, .server = watch.peer, .client = watch.peer});
    std::vector<std::string> ids;
    for (const PossibleCause& each : verdict.candidates) {
        ids.emplace_back(each.cause->id);
    }
    return ids;
}

TEST(JudgeServer, SeesNothingWrongInAConnectionThatIsServed) {
    EXPECT_THAT(seen_by_server(taken({.bytes_received = 5, .bytes_answered = 6})), ElementsAre());
}

TEST(JudgeServer, SeesAConnectionThatNobodyAcceptsOnceItHasStood) {
    PeerConnection waiting{.never_accepted = true, .unchanged = milliseconds(1400)};
    EXPECT_THAT(seen_by_server(taken(waiting)), ElementsAre("never-accepted"));
    waiting.unchanged = milliseconds(400);  // the program may just be busy
    EXPECT_THAT(seen_by_server(taken(waiting)), ElementsAre());
}

TEST(JudgeServer, SeesARequestThatNobodyReads) {
    const PeerConnection unread{
        .unread_bytes = 5, .bytes_received = 5, .unchanged = milliseconds(3000)};
    PortWatch watch = taken(unread);
    EXPECT_THAT(seen_by_server(watch), ElementsAre("program-silent"));
    watch.counter_increases.set("TcpExtTCPToZeroWindowAdv", 1);
    EXPECT_THAT(seen_by_server(watch), ElementsAre("reader-stopped"));
}

TEST(JudgeServer, DoesNotCallAProgramSilentThatReadsAndNeedNotAnswer) {
    EXPECT_THAT(seen_by_server(taken(
                    {.bytes_received = 5, .bytes_answered = 0, .unchanged = milliseconds(3000)})),
                ElementsAre());
}

TEST(JudgeServer, SeesAnAnswerThatIsNotAcknowledgedWithoutSayingWhy) {
    EXPECT_THAT(seen_by_server(taken({.unacknowledged_bytes = 30000,
                                      .bytes_received = 5,
                                      .retransmits = 3,
                                      .unchanged = milliseconds(3000)})),
                UnorderedElementsAre("path-mtu-hole", "gone-since"));
}

TEST(JudgeServer, SeesAFloodThatTheClientDoesNotNotice) {
    PortWatch watch = taken({.bytes_received = 5, .bytes_answered = 6});
    watch.counter_increases.set("TcpExtSyncookiesSent", 200);
    EXPECT_THAT(seen_by_server(watch), ElementsAre("syn-flood"));
    watch.counter_increases.set("TcpExtSyncookiesSent", watch.packets->syns);  // the client's own
    EXPECT_THAT(seen_by_server(watch), ElementsAre());
}

TEST(JudgeServer, SeesWhichOfTwoListenersIsStuck) {
    PortWatch watch = taken({.never_accepted = true, .unchanged = milliseconds(3000)});
    WatchedListener served = watch.listeners.front();
    served.last_queue = 0;
    WatchedListener stuck = served;
    stuck.last_queue = 2;
    stuck.waiting = milliseconds(3000);
    watch.listeners = {served, stuck};
    EXPECT_THAT(seen_by_server(watch), Contains("sibling-stuck"));
    // Both full: then it is no sibling's fault.
    watch.listeners = {stuck, stuck};
    EXPECT_THAT(seen_by_server(watch), Not(Contains("sibling-stuck")));
}

TEST(JudgeServer, SeesThatItsProgramResets) {
    PortWatch watch = taken({.bytes_received = 0});
    watch.counter_increases.set("TcpExtTCPAbortOnData", 1);
    EXPECT_THAT(seen_by_server(watch), ElementsAre());  // of another connection
    watch.packets->resets_later = 1;
    EXPECT_THAT(seen_by_server(watch), ElementsAre("program-ends-it"));
    watch.packets->data_segments = 1;
    EXPECT_THAT(seen_by_server(watch), ElementsAre("ended-by-request"));
}

// TCP of the server counted nothing, and a packet filter of it answered.
PortWatch answering_with_icmp(std::uint8_t code) {
    PortWatch watch = server_watch();
    watch.counter_increases.set("IcmpOutDestUnreachs", 4);
    watch.packets->icmp_errors = {{.type = 3, .code = code, .count = 4}};
    return watch;
}

TEST(JudgeServer, KnowsWhatItsOwnIcmpErrorsSay) {
    EXPECT_THAT(seen_by_server(answering_with_icmp(3)), ElementsAre("server-reject"));
    EXPECT_THAT(seen_by_server(answering_with_icmp(13)), ElementsAre("server-prohibits"));
    EXPECT_THAT(seen_by_server(answering_with_icmp(2)), ElementsAre("protocol-unreachable"));
    EXPECT_THAT(seen_by_server(answering_with_icmp(1)), ElementsAre("server-says-unreachable"));
}

TEST(JudgeServer, KeepsAllThatSendIcmpErrorsWhenItOnlyCountedThem) {
    PortWatch watch = answering_with_icmp(3);
    watch.packets->icmp_errors.clear();
    EXPECT_THAT(seen_by_server(watch),
                UnorderedElementsAre("server-reject", "server-prohibits", "protocol-unreachable",
                                     "server-says-unreachable"));
}

TEST(JudgeServer, TakesAnIcmpErrorThatLeftForMoreThanACounterThatRoseLess) {
    PortWatch watch = answering_with_icmp(3);
    watch.counter_increases.set("IcmpOutDestUnreachs", 1);  // there is a limit on their rate
    EXPECT_THAT(seen_by_server(watch), ElementsAre("server-reject"));
}

TEST(Join, OfUnreachableFromTheServersAddressDependsOnWhoSentIt) {
    TargetProbe probe = probe_of(refused(8080, ENETUNREACH));
    probe.attempt.icmp = {icmp(3, 0, "10.2.0.1")};
    EXPECT_THAT(causes(probe, answering_with_icmp(0)), ElementsAre("server-says-unreachable"));
    EXPECT_THAT(causes(probe, without_syns()), ElementsAre("router-no-route"));
}

}  // namespace
}  // namespace tcpdx::diagnosis::reach
