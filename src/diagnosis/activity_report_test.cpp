#include "diagnosis/activity_report.h"

#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using namespace std::chrono_literals;

const IpAddress kHere = IpAddress::v4(0x0a000001);
const SocketAddress kDatabase{IpAddress::v4(0x0a000005), 5432};

Observations with_connections(std::size_t count) {
    Observations seen;
    seen.taken = std::chrono::system_clock::time_point(100s);
    seen.options.set("net.ipv4.ip_local_port_range", "40000 40999");
    for (std::size_t i = 0; i < count; ++i) {
        Connection connection{.local = {kHere, static_cast<std::uint16_t>(40000 + i)},
                              .remote = kDatabase,
                              .state = TcpState::Established,
                              .opener = Opener::Active};
        connection.opener_basis = OpenerBasis::Watched;
        seen.connections.push_back(connection);
    }
    return seen;
}

trace::Activity activity() {
    trace::Activity activity{.lasted = 10s};
    activity.connects[{kHere, kDatabase}] = 500;
    return activity;
}

TEST(ActivityReport, TellsHowLongSourcePortsWillLast) {
    const Observations now = with_connections(300);
    Observations earlier = with_connections(100);
    earlier.taken -= 10s;
    const auto report = report_on_activity({.now = now, .earlier = &earlier}, activity());
    ASSERT_EQ(report.source_ports.size(), 1U);
    const SourcePortOutlook& outlook = report.source_ports.front();
    EXPECT_DOUBLE_EQ(outlook.connects_per_second, 50);
    EXPECT_EQ(outlook.used, 300U);
    EXPECT_EQ(outlook.usable, 1000U);
    EXPECT_DOUBLE_EQ(outlook.growth_per_second.value_or(0), 20);
    EXPECT_EQ(outlook.time_left, 35s);
}

TEST(ActivityReport, PredictsNothingWhenTheNumberDoesNotGrow) {
    const Observations now = with_connections(100);
    Observations earlier = with_connections(100);
    earlier.taken -= 10s;
    const auto report = report_on_activity({.now = now, .earlier = &earlier}, activity());
    EXPECT_FALSE(report.source_ports.front().time_left);
}

TEST(ActivityReport, PredictsNothingFromAFewPortsMore) {
    const Observations now = with_connections(119);
    Observations earlier = with_connections(100);
    earlier.taken -= 10s;
    const auto report = report_on_activity({.now = now, .earlier = &earlier}, activity());
    EXPECT_FALSE(report.source_ports.front().time_left);
}

TEST(ActivityReport, PredictsNothingFromOneLook) {
    const Observations now = with_connections(100);
    const auto report = report_on_activity({.now = now}, activity());
    EXPECT_EQ(report.source_ports.front().used, 100U);
    EXPECT_FALSE(report.source_ports.front().growth_per_second);
    EXPECT_FALSE(report.source_ports.front().time_left);
}

TEST(ActivityReport, SaysOnlyTheRateWhereTheRangeIsNotKnown) {
    Observations now = with_connections(100);
    now.options = {};
    const auto report = report_on_activity({.now = now}, activity());
    EXPECT_DOUBLE_EQ(report.source_ports.front().connects_per_second, 50);
    EXPECT_FALSE(report.source_ports.front().usable);
}

}  // namespace
}  // namespace tcpdx::diagnosis
