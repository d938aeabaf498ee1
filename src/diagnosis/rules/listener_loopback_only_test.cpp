#include "diagnosis/rules/listener_loopback_only.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class ListenerLoopbackOnly : public ::testing::Test {
protected:
    SituationBuilder builder;

    ListenerLoopbackOnly() {
        add("127.0.0.1", 9200);
        builder.asked.port = 9200;
    }
    Connection& add(const char* address, std::uint16_t port) {
        Connection listener = testing::connection_in(TcpState::Listen, builder.process("koha"));
        listener.local = {*parse_ip_address(address), port};
        return builder.add(listener);
    }
    std::vector<Finding> findings() const { return builder.run(kListenerLoopbackOnly); }
};

TEST_F(ListenerLoopbackOnly, IsTheProblemOfAPortThatWasAskedAbout) {
    add("::1", 9200);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_THAT(findings()[0].evidence, SizeIs(2));
}

TEST_F(ListenerLoopbackOnly, IsSilentWhenTheProgramListensElsewhereToo) {
    add("192.0.2.1", 9200);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ListenerLoopbackOnly, IsSilentOnAWildcard) {
    builder.now.connections[0].local.address = IpAddress::any(IpFamily::V4);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ListenerLoopbackOnly, KnowsAMappedLoopbackAddress) {
    builder.now.connections[0].local.address = *parse_ip_address("::ffff:127.0.0.1");
    EXPECT_THAT(findings(), SizeIs(1));
}

TEST_F(ListenerLoopbackOnly, IsRightWhenLoopbackIsWhatWasAskedAbout) {
    builder.asked.address = parse_ip_prefix("127.0.0.1");
    add("0.0.0.0", 22);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ListenerLoopbackOnly, SaysNothingOfAHostWithOtherListenersUnlessHarmlessThingsAreWanted) {
    add("0.0.0.0", 22);
    builder.asked.port.reset();
    EXPECT_THAT(findings(), IsEmpty());
    builder.asked.explain_harmless = true;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].connections, SizeIs(1));
}

TEST_F(ListenerLoopbackOnly, InformsThatNoListenerOfTheHostCanBeReached) {
    add("::1", 6379);
    builder.asked.port.reset();
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("All listeners"));
}

TEST_F(ListenerLoopbackOnly, IgnoresOtherStates) {
    builder.now.connections[0].state = TcpState::Established;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ListenerLoopbackOnly, IsLessSureWhereRowsOfAPasteAreMissing) {
    builder.now.paste = Paste{.selected = true};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    builder.asked.port.reset();
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("that are shown"));
}

TEST_F(ListenerLoopbackOnly, IsRightForClientsOfLoopback) {
    builder.asked.local_address = *parse_ip_address("127.0.0.1");
    EXPECT_THAT(findings(), IsEmpty());
    builder.asked.local_address = *parse_ip_address("192.0.2.1");
    EXPECT_THAT(findings(), SizeIs(1));
}

}  // namespace
}  // namespace tcpdx::diagnosis
