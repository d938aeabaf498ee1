#include "sources/saved/read_report.h"

#include <gtest/gtest.h>

#include <string>

namespace tcpdx::saved {
namespace {

const std::string kProbe = R"({"schema": "tcpdx.probe/1", "host": "db", "port": 8080,
 "started_us": 1000000, "quick": false, "raw_allowed": true, "later_key": [1],
 "targets": [{"target": "10.2.0.1:8080", "interrupted": false, "observed": {
  "attempt": {"target": "10.2.0.1:8080", "outcome": "refused", "started_us": 1000000,
   "took_ms": 11.5, "errno": 113, "source": "10.1.0.1:40000",
   "icmp": [{"version": 4, "type": 3, "code": 13, "sender": "10.1.0.254", "after_ms": 11.5}],
   "captured": {"syns_sent": 1, "syn_acks": 0, "resets": 0, "bare_acks": 0, "reply_ttl": 63}},
  "route": {"kind": "unicast", "gateway": "10.1.0.254"},
  "next_hop": {"address": "10.1.0.254", "state": "reachable"},
  "open_references": [], "raw": [{"segment": "fin", "port": 8080, "answer": "nothing",
   "tries": 2}],
  "path": [{"distance": 1, "answer": "silent"}], "ping": {"sent": 2, "answered": 0},
  "counter_increases": {"TcpActiveOpens": 1}}}]})";

const std::string kWatch = R"({"schema": "tcpdx.port-watch/1", "port": 8080, "peer": "fd01::1",
 "started_us": 1, "ended_us": 2, "observed": {"addresses": ["fd02::1"],
  "packets": {"syns": 3, "syn_acks_sent": 0, "resets_sent": 0, "other_ports": 1, "lost": 0,
   "first_syns": [{"port": 8080, "source_port": 40000, "time_us": 5}],
   "icmp_errors_sent": [{"type": 1, "code": 4, "count": 2}]},
  "listeners": [{"local": "[::]:8080", "deepest_queue": 3, "accept_queue_limit": 2}],
  "connections": [{"remote": "[fd01::1]:40000", "state": "SYN-RECEIVED", "retransmits": 2}],
  "counter_increases": {}}})";

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
}

TEST(ReadReport, ReadsAProbeAndPassesOverKeysItDoesNotKnow) {
    const auto report = read_report(kProbe);
    ASSERT_TRUE(report);
    const auto& probe = std::get<ProbeReport>(*report);
    ASSERT_EQ(probe.targets.size(), 1U);
    const ConnectAttempt& attempt = probe.targets.front().attempt;
    EXPECT_EQ(attempt.outcome, ConnectAttempt::Outcome::Refused);
    EXPECT_EQ(attempt.took, std::chrono::microseconds(11500));
    ASSERT_EQ(attempt.icmp.size(), 1U);
    EXPECT_EQ(attempt.icmp.front().meaning(), IcmpMeaning::Prohibited);
    EXPECT_EQ(attempt.captured->reply_ttl, 63);
    EXPECT_EQ(attempt.source->port, 40000);
    EXPECT_EQ(probe.targets.front().raw.front().segment, RawProbe::Segment::Fin);
    EXPECT_FALSE(probe.targets.front().closed_reference);
}

TEST(ReadReport, ReadsSeveralAttemptsAndWhatWasSaid) {
    const auto report = read_report(replaced(kProbe, R"("open_references")", R"(
  "repeated": {"interval_ms": 200, "counts": {}, "attempts": [
    {"target": "10.2.0.1:8080", "outcome": "connected", "started_us": 1, "talk": "silence"}],
   "same_port": [{"target": "10.2.0.1:8080", "outcome": "no-answer", "started_us": 1}]},
  "exchange": {"outcome": "window-closed", "tls_problem": "none", "idle_ms": 4000,
   "fresh_connection_works": true, "chain": [{"subject": "CN=root", "expired": true}]},
  "interfaces_down": ["wire"], "open_references")"));
    ASSERT_TRUE(report);
    const TargetProbe& target = std::get<ProbeReport>(*report).targets.front();
    EXPECT_EQ(target.repeated->attempts.front().talk, Exchange::Outcome::Silence);
    EXPECT_EQ(target.repeated->same_port.size(), 1U);
    EXPECT_EQ(target.exchange->outcome, Exchange::Outcome::WindowClosed);
    EXPECT_EQ(target.exchange->idle, std::chrono::milliseconds(4000));
    EXPECT_EQ(target.exchange->fresh_connection_works, true);
    EXPECT_TRUE(target.exchange->chain.front().expired);
    EXPECT_EQ(target.interfaces_down.front(), "wire");
}

TEST(ReadReport, ReadsAWatch) {
    const auto report = read_report(kWatch);
    ASSERT_TRUE(report);
    const auto& watch = std::get<PortWatch>(*report);
    EXPECT_EQ(watch.packets->first_syns.front().source_port, 40000);
    ASSERT_EQ(watch.packets->icmp_errors.size(), 1U);
    EXPECT_EQ(watch.packets->icmp_errors.front().code, 4);
    EXPECT_EQ(watch.listeners.front().deepest_queue, 3U);
    EXPECT_FALSE(watch.listeners.front().new_drops);
    EXPECT_EQ(watch.connections.front().state, TcpState::SynReceived);
}

TEST(ReadReport, RejectsEveryTruncation) {
    for (const std::string& whole : {kProbe, kWatch}) {
        for (std::size_t size = 0; size < whole.size(); ++size) {
            ASSERT_FALSE(read_report(std::string_view(whole).substr(0, size))) << size;
        }
    }
}

TEST(ReadReport, NamesTheValueThatDoesNotFit) {
    const auto wrong = read_report(replaced(kProbe, "\"refused\"", "\"perhaps\""));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::Malformed);
    EXPECT_EQ(wrong.error().about, "outcome");
    EXPECT_EQ(read_report(replaced(kProbe, "\"port\": 8080", "\"port\": 80800")).error().about,
              "port");
    EXPECT_EQ(read_report(replaced(kProbe, "\"took_ms\": 11.5", "\"took_ms\": -1")).error().about,
              "took_ms");
    EXPECT_EQ(read_report(replaced(kWatch, "\"fd01::1\"", "\"nowhere\"")).error().about, "peer");
}

TEST(ReadReport, TellsAnotherDocumentFromADamagedOne) {
    const auto other = read_report(R"({"schema": "tcpdx.diagnosis/1"})");
    EXPECT_EQ(other.error().code, ErrorCode::Unsupported);
    EXPECT_EQ(other.error().about, "tcpdx.diagnosis/1");
    EXPECT_EQ(read_report("not json").error().code, ErrorCode::Malformed);
    EXPECT_EQ(read_report("[]").error().code, ErrorCode::Malformed);
}

}  // namespace
}  // namespace tcpdx::saved
