#include "diagnosis/finding_identity.h"

#include <gtest/gtest.h>

#include "base/i18n.h"
#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

class FindingIdentity : public ::testing::Test {
protected:
    Finding about(std::vector<std::uint32_t> connections) const {
        return {.rule_id = "rule",
                .claim = {N_("{0} of {1}"), {std::int64_t{8}, std::string("nginx")}},
                .connections = std::move(connections)};
    }
    std::uint32_t add(const char* process, std::uint16_t local_port) {
        Connection connection = testing::connection_in(TcpState::Listen, builder.process(process));
        connection.local.port = local_port;
        builder.add(connection);
        return static_cast<std::uint32_t>(builder.now.connections.size() - 1);
    }
    testing::SituationBuilder builder;
};

TEST_F(FindingIdentity, StaysWhileTheNumbersChange) {
    Finding finding = about({add("nginx", 80)});
    const std::string before = identity_of(builder.now, finding);
    finding.claim.values[0] = std::int64_t{9};
    finding.connections.push_back(finding.connections[0]);
    EXPECT_EQ(identity_of(builder.now, finding), before);
}

TEST_F(FindingIdentity, TellsTwoPortsApart) {
    EXPECT_NE(identity_of(builder.now, about({add("nginx", 80)})),
              identity_of(builder.now, about({add("nginx", 81)})));
}

TEST_F(FindingIdentity, TellsTwoProgramsApart) {
    EXPECT_NE(identity_of(builder.now, about({add("nginx", 80)})),
              identity_of(builder.now, about({add("haproxy", 80)})));
}

TEST_F(FindingIdentity, IsThatOfTheRuleWhereSocketsHaveNothingInCommon) {
    const auto first = add("nginx", 80);
    const auto second = add("haproxy", 81);
    EXPECT_EQ(identity_of(builder.now, about({first, second})),
              identity_of(builder.now, about({second, first})));
}

TEST_F(FindingIdentity, GoesByTheNamesInTheClaimWithoutSockets) {
    Finding other = about({});
    other.claim.values[1] = std::string("haproxy");
    EXPECT_NE(identity_of(builder.now, about({})), identity_of(builder.now, other));
}

TEST_F(FindingIdentity, IsItsSubjectWhicheverSocketsItShows) {
    Finding finding = about({add("nginx", 80)});
    finding.subject = "192.0.2.1 > 192.0.2.2:80";
    Finding without = about({});
    without.subject = finding.subject;
    EXPECT_EQ(identity_of(builder.now, finding), identity_of(builder.now, without));
    without.subject = "192.0.2.1 > 192.0.2.2:81";
    EXPECT_NE(identity_of(builder.now, finding), identity_of(builder.now, without));
}

}  // namespace
}  // namespace tcpdx::diagnosis
