#include "export/prometheus/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx::prometheus {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class Metrics : public ::testing::Test {
protected:
    [[nodiscard]] std::string text() const { return metrics_text(now, &look, findings, "0.1"); }
    static Connection connection(TcpState state, std::uint16_t local, const char* remote,
                                 std::uint16_t remote_port) {
        Connection made;
        made.state = state;
        made.opener = Opener::Active;
        made.local = {*parse_ip_address("192.0.2.1"), local};
        made.remote = {*parse_ip_address(remote), remote_port};
        return made;
    }
    HostNow now;
    LookGauges look;
    std::vector<FindingGauge> findings;
};

TEST_F(Metrics, HaveEveryStateAlsoWithoutConnections) {
    const std::string shown = text();
    for (const char* state :
         {"closed", "listen", "syn_sent", "syn_received", "established", "fin_wait_1", "fin_wait_2",
          "close_wait", "closing", "last_ack", "time_wait"}) {
        EXPECT_THAT(shown,
                    HasSubstr(std::string("tcpdx_connections{state=\"") + state + "\"} 0\n"));
    }
}

TEST_F(Metrics, LeaveOutWhatIsNotKnownWithoutEvents) {
    EXPECT_THAT(text(), HasSubstr("tcpdx_retransmissions_total 0\n"));
    now.sampled = true;
    EXPECT_THAT(text(), AllOf(Not(HasSubstr("tcpdx_retransmissions_total")),
                              HasSubstr("tcpdx_events_available 0\n")));
}

TEST_F(Metrics, AddTheClassesOfAHistogramUp) {
    const auto close_wait = static_cast<std::size_t>(TcpState::CloseWait);
    now.totals.dwells.at(close_wait).at(0) = 1;
    now.totals.dwells.at(close_wait).back() = 2;
    EXPECT_THAT(
        text(),
        AllOf(HasSubstr(R"(tcpdx_state_dwell_seconds_bucket{state="close_wait",le="3600"} 1)"),
              HasSubstr(R"(tcpdx_state_dwell_seconds_bucket{state="close_wait",le="+Inf"} 3)"),
              HasSubstr(R"(tcpdx_state_dwell_seconds_count{state="close_wait"} 3)")));
}

TEST_F(Metrics, CountFindingsBySeverity) {
    findings = {
        {.rule = "close-wait-leak", .severity = diagnosis::Severity::Problem, .connections = 8}};
    EXPECT_THAT(text(), AllOf(HasSubstr("tcpdx_findings{severity=\"problem\"} 1\n"),
                              HasSubstr("tcpdx_findings{severity=\"warning\"} 0\n"),
                              HasSubstr("tcpdx_finding_connections{rule=\"close-wait-leak\","
                                        "severity=\"problem\"} 8\n")));
}

TEST_F(Metrics, SumUpAllButTheBusiestDestinations) {
    Observations seen;
    for (std::uint16_t i = 0; i < 30; ++i) {
        seen.connections.push_back(connection(
            TcpState::TimeWait, static_cast<std::uint16_t>(40000 + i), "198.51.100.1", 443));
        seen.connections.push_back(connection(TcpState::Established,
                                              static_cast<std::uint16_t>(50000 + i), "198.51.100.2",
                                              static_cast<std::uint16_t>(1000 + i)));
    }
    look = gauges_of(seen, 10);
    ASSERT_THAT(look.destinations, SizeIs(10));
    EXPECT_THAT(text(), AllOf(HasSubstr("tcpdx_source_ports_used{dst=\"198.51.100.1:443\"} 30\n"),
                              HasSubstr("tcpdx_source_ports_used{dst=\"other\"} 21\n"),
                              HasSubstr("tcpdx_metric_series_left_out 21\n")));
}

TEST_F(Metrics, CountSourcePortsOfTimeWaitsWithoutRows) {
    Observations seen;
    seen.connections.push_back(connection(TcpState::Established, 50000, "198.51.100.1", 443));
    seen.client_time_waits = {
        {seen.connections[0].local.address, seen.connections[0].remote, 1000}};
    look = gauges_of(seen, 10);
    EXPECT_THAT(text(), HasSubstr("tcpdx_source_ports_used{dst=\"198.51.100.1:443\"} 1001\n"));
}

TEST_F(Metrics, TakeListenersOfOnePortTogether) {
    Observations seen;
    for (int i = 0; i < 2; ++i) {
        Connection listener;
        listener.state = TcpState::Listen;
        listener.local.port = 8080;
        listener.accept_queue = 3;
        listener.backlog_limit = 128;
        seen.connections.push_back(listener);
    }
    look = gauges_of(seen);
    EXPECT_THAT(text(), AllOf(HasSubstr("tcpdx_listen_queue_length{port=\"8080\"} 6\n"),
                              HasSubstr("tcpdx_listen_queue_limit{port=\"8080\"} 256\n"),
                              Not(HasSubstr("tcpdx_listen_drops_total{"))));
}

TEST_F(Metrics, HaveAHelpAndATypeForEachFamilyOnce) {
    const std::string shown = text();
    std::size_t helps = 0;
    std::size_t types = 0;
    for (std::size_t at = 0; (at = shown.find("# HELP ", at)) != std::string::npos; ++at) {
        ++helps;
    }
    for (std::size_t at = 0; (at = shown.find("# TYPE ", at)) != std::string::npos; ++at) {
        ++types;
    }
    EXPECT_EQ(helps, types);
    EXPECT_GT(helps, 15);
}

}  // namespace
}  // namespace tcpdx::prometheus
