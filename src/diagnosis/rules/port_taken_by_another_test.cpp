#include "diagnosis/rules/port_taken_by_another.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class PortTakenByAnother : public ::testing::Test {
protected:
    SituationBuilder builder;
    std::uint32_t curl = builder.process("curl");

    PortTakenByAnother() {
        builder.asked.port = 8080;
        Connection client = testing::connection_in(TcpState::Established, curl);
        client.opener = Opener::Active;
        builder.add(client);
    }
    Connection& client() { return builder.now.connections[0]; }
    void add_listener(const char* address, std::uint32_t process) {
        Connection listener = testing::connection_in(TcpState::Listen, process);
        listener.local.address = *parse_ip_address(address);
        builder.add(listener);
    }
    void ports_for_clients(const char* range, const char* reserved) {
        builder.now.options.set("net.ipv4.ip_local_port_range", range);
        builder.now.options.set("net.ipv4.ip_local_reserved_ports", reserved);
    }
    std::vector<Finding> findings() const { return builder.run(kPortTakenByAnother); }
};

TEST_F(PortTakenByAnother, NamesTheClientThatHasTheNumberAsItsSourcePort) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_EQ(findings()[0].claim.values[1], Value(std::string("curl (pid 42)")));
}

TEST_F(PortTakenByAnother, IsSilentAboutSuchAClientWhereAServerHasThePortAlready) {
    add_listener("0.0.0.0", builder.process("nginx", 1));
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(PortTakenByAnother, IsSilentUnlessAPortIsAskedAbout) {
    builder.asked.port.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(PortTakenByAnother, IsSilentWhenTheListingIsNotWhole) {
    builder.now.coverage.listeners = false;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(PortTakenByAnother, OnlyInformsOfTimeWait) {
    client().state = TcpState::TimeWait;
    client().opener = Opener::Unknown;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("Old connections"));
}

TEST_F(PortTakenByAnother, OnlyInformsOfConnectionsThatAServerLeft) {
    client().opener = Opener::Passive;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(PortTakenByAnother, SaysWhoHasThePortOfTheProcessThatWasAskedAbout) {
    add_listener("0.0.0.0", builder.process("nginx", 1));
    builder.asked.pid = 99;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_EQ(findings()[0].claim.values[1], Value(std::string("nginx (pid 1)")));
}

TEST_F(PortTakenByAnother, IsSilentWhenThatProcessMayBeAnotherHolderOfTheListener) {
    add_listener("0.0.0.0", builder.process("nginx", 1));
    builder.asked.pid = 1;
    EXPECT_THAT(findings(), IsEmpty());
    builder.asked.pid = 2;
    builder.now.connections.back().owner.more_holders = 4;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(PortTakenByAnother, InformsThatTheAddressDecidesWhichProgramAnswers) {
    add_listener("192.0.2.1", builder.process("nginx", 1));
    add_listener("127.0.0.1", builder.process("jenkins", 2));
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].evidence, SizeIs(2));
}

TEST_F(PortTakenByAnother, TakesWorkersOfOneProgramForOne) {
    add_listener("0.0.0.0", builder.process("nginx", 1));
    add_listener("0.0.0.0", builder.process("nginx", 2));
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(PortTakenByAnother, WarnsOfAServersPortAmongThoseForClients) {
    add_listener("0.0.0.0", builder.process("nginx", 1));
    ports_for_clients("8000\t9000", "");
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].advice[0].text, HasSubstr("ip_local_reserved_ports"));
}

TEST_F(PortTakenByAnother, IsSilentWhenThePortIsReservedOrOutsideTheRange) {
    add_listener("0.0.0.0", builder.process("nginx", 1));
    ports_for_clients("8000\t9000", "22,8070-8080");
    EXPECT_THAT(findings(), IsEmpty());
    ports_for_clients("32768\t60999", "");
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.options = {};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(PortTakenByAnother, SaysInAPasteWhoHasThePort) {
    builder.now.connections.clear();
    add_listener("0.0.0.0", builder.process("jsvc", 1833));
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste = Paste{};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_EQ(findings()[0].claim.values[1], Value(std::string("jsvc (pid 1833)")));
}

}  // namespace
}  // namespace tcpdx::diagnosis
