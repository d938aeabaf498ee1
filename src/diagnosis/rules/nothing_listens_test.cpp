#include "diagnosis/rules/nothing_listens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class NothingListens : public ::testing::Test {
protected:
    SituationBuilder builder;

    NothingListens() {
        builder.asked.port = 8080;
        Connection sshd = testing::connection_in(TcpState::Listen, builder.process("sshd"));
        sshd.local.port = 22;
        builder.add(sshd);
    }
    Connection& add_client_of(const char* address) {
        Connection client = testing::connection_in(TcpState::Established);
        client.local.port = 40000;
        client.remote = {*parse_ip_address(address), 8080};
        client.opener = Opener::Active;
        return builder.add(client);
    }
    std::vector<Finding> findings() const { return builder.run(kNothingListens); }
};

TEST_F(NothingListens, SaysThatClientsAreRefused) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_EQ(findings()[0].evidence[0].fact.values[0], Value(std::int64_t{1}));
}

TEST_F(NothingListens, IsSilentUnlessAPortIsAskedAbout) {
    builder.asked.port.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(NothingListens, IsSilentWhenSomethingListens) {
    builder.asked.port = 22;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(NothingListens, IsSilentWhenTheListingHasNoListeners) {
    builder.now.coverage.listeners = false;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(NothingListens, SeesThatTheListenerHasGoneButItsConnectionsHaveNot) {
    builder.add(testing::connection_in(TcpState::Established)).opener = Opener::Passive;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].connections, SizeIs(1));
}

TEST_F(NothingListens, TakesThePortOfAnotherHostForWhatWasMeant) {
    add_client_of("198.51.100.7");
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(NothingListens, WarnsWhenNoneOfThoseConnectionsWorks) {
    add_client_of("198.51.100.7").state = TcpState::SynSent;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(NothingListens, KnowsThatALocalClientMeansThisHost) {
    add_client_of("127.0.0.1").state = TcpState::SynSent;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
}

TEST_F(NothingListens, CountsTheResetsSentBetweenTwoLooks) {
    builder.counter("TcpOutRsts", 5, 9);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].evidence.back().fact.values[0], Value(std::int64_t{4}));
}

TEST_F(NothingListens, IsSilentWhereRowsOfAPasteAreMissing) {
    builder.now.paste = Paste{};
    EXPECT_THAT(findings(), SizeIs(1));
    builder.now.paste->selected = true;
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste = Paste{.cut_off = true};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(NothingListens, KnowsThatAnotherAddressDoesNotHelp) {
    builder.asked.port = 22;
    builder.asked.local_address = *parse_ip_address("203.0.113.9");
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    builder.asked.local_address = *parse_ip_address("192.0.2.1");
    EXPECT_THAT(findings(), IsEmpty());
    builder.asked.local_address = *parse_ip_address("203.0.113.9");
    builder.now.connections[0].local.address = IpAddress::any(IpFamily::V4);
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
