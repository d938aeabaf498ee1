#include "diagnosis/rules/packets_dropped_before_tcp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class PacketsDroppedBeforeTcp : public ::testing::Test {
protected:
    SituationBuilder builder;

    PacketsDroppedBeforeTcp() {
        for (const char* name :
             {"IpForwDatagrams", "IpInHdrErrors", "IpInAddrErrors", "IpInUnknownProtos",
              "IpInDiscards", "IpReasmReqds", "IpReasmOKs"}) {
            builder.counter(name, 0, 0);
        }
        builder.counter("IpInReceives", 0, 8).counter("IpInDelivers", 0, 0);
    }
    void ask_about_a_listening_port() {
        builder.asked.port = 8080;
        Connection listener = testing::connection_in(TcpState::Listen);
        listener.cookie = 1;
        builder.add(listener);
        builder.earlier.connections = builder.now.connections;
    }
    std::vector<Finding> findings() const { return builder.run(kPacketsDroppedBeforeTcp); }
};

TEST_F(PacketsDroppedBeforeTcp, AreInformationSinceHostsDropUnwantedPacketsAllDay) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].candidates, SizeIs(3));
}

TEST_F(PacketsDroppedBeforeTcp, AreAWarningWhenAPortAskedAboutGetsNothing) {
    ask_about_a_listening_port();
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(PacketsDroppedBeforeTcp, AreInformationWhenThePortDoesGetConnections) {
    ask_about_a_listening_port();
    Connection arrived = testing::connection_in(TcpState::Established);
    arrived.cookie = 2;
    builder.add(arrived);
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(PacketsDroppedBeforeTcp, AreInformationWhenConnectionsMayHaveComeAndGone) {
    ask_about_a_listening_port();
    builder.counter("TcpPassiveOpens", 0, 3);
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(PacketsDroppedBeforeTcp, AreInformationWhenHandshakesBegin) {
    ask_about_a_listening_port();
    Connection request = testing::connection_in(TcpState::SynReceived);
    request.cookie = 2;
    builder.add(request);
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(PacketsDroppedBeforeTcp, AreInformationWhenMostPacketsPass) {
    ask_about_a_listening_port();
    builder.counter("IpInReceives", 0, 100).counter("IpInDelivers", 0, 92);
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(PacketsDroppedBeforeTcp, AreNotMentionedWhenTheyMayBeOnTheirWay) {
    builder.counter("IpInDelivers", 0, 6);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(PacketsDroppedBeforeTcp, AreNotMentionedWhenTheyAreFewAmongMany) {
    builder.counter("IpInReceives", 0, 10'000).counter("IpInDelivers", 0, 9'950);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(PacketsDroppedBeforeTcp, AreNotFragments) {
    builder.counter("IpReasmReqds", 0, 9).counter("IpReasmOKs", 0, 1);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(PacketsDroppedBeforeTcp, AreNotKnownFromOneLook) {
    builder.has_earlier = false;
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
