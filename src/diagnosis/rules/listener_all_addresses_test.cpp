#include "diagnosis/rules/listener_all_addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class ListenerAllAddresses : public ::testing::Test {
protected:
    SituationBuilder builder;
    std::uint32_t nginx = builder.process("nginx");

    ListenerAllAddresses() { add("0.0.0.0", 80); }
    void add(const char* address, std::uint16_t port) {
        Connection listener = testing::connection_in(TcpState::Listen, nginx);
        listener.local = {*parse_ip_address(address), port};
        builder.add(listener);
    }
    std::vector<Finding> findings() const { return builder.run(kListenerAllAddresses); }
};

TEST_F(ListenerAllAddresses, MakesOneFindingOfAllPorts) {
    add("::", 443);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_EQ(findings()[0].evidence[0].fact.values[0],
              Value(std::string("80 (nginx), 443 (nginx)")));
}

TEST_F(ListenerAllAddresses, CountsBothFamiliesOfAPortOnce) {
    add("::", 80);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].claim.values[0], Value(std::int64_t{1}));
    EXPECT_THAT(findings()[0].connections, SizeIs(2));
}

TEST_F(ListenerAllAddresses, LeavesOutListenersOnOneAddress) {
    builder.now.connections[0].local.address = *parse_ip_address("192.0.2.1");
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ListenerAllAddresses, NamesAPortWhoseProgramIsUnknown) {
    builder.now.connections[0].owner = {};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].evidence[0].fact.values[0], Value(std::string("80")));
}

TEST_F(ListenerAllAddresses, IsAboutTheWholeHostOnly) {
    builder.asked.port = 80;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ListenerAllAddresses, IgnoresOtherStates) {
    builder.now.connections[0].state = TcpState::Closed;
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
