#include "diagnosis/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using testing::SituationBuilder;
using ::testing::SizeIs;

class Engine : public ::testing::Test {
protected:
    SituationBuilder builder;

    std::vector<Finding> findings() const {
        return diagnose(Situation{.now = builder.now, .asked = builder.asked});
    }
    std::vector<Finding> of(std::string_view rule) const {
        std::vector<Finding> all = findings();
        std::erase_if(all, [&](const Finding& finding) { return finding.rule_id != rule; });
        return all;
    }
};

TEST_F(Engine, ShowsWhatIsNearlyAlwaysHarmlessAfterTheRest) {
    builder.now.paste = Paste{.system = HostSystem::Linux};
    Connection listener = testing::connection_in(TcpState::Listen, builder.process("nginx"));
    listener.local.address = IpAddress::any(IpFamily::V4);
    builder.add(listener);
    builder.add(testing::connection_in(TcpState::SynSent));
    const std::vector<Finding> all = findings();
    ASSERT_THAT(all, SizeIs(2));
    EXPECT_EQ(all[0].rule_id, "syn-sent-stuck");
    EXPECT_EQ(all[1].rule_id, "listener-all-addresses");
    EXPECT_TRUE(all[1].ordinary);
}

TEST_F(Engine, SaysThatAllOfAPasteComesFromItsText) {
    builder.now.paste = Paste{.system = HostSystem::Linux};
    builder.add(testing::connection_in(TcpState::SynSent));
    for (const Finding& finding : findings()) {
        for (const Observation& fact : finding.evidence) {
            EXPECT_EQ(fact.origin, Origin::PastedText);
        }
    }
}

TEST_F(Engine, NamesNoCommandOfLinuxForAnotherSystem) {
    builder.now.paste = Paste{.system = HostSystem::Windows};
    builder.add(testing::connection_in(TcpState::CloseWait));
    ASSERT_THAT(of("close-wait-leak"), SizeIs(1));
    for (const Finding& finding : findings()) {
        for (const Observation& fact : finding.evidence) {
            EXPECT_FALSE(fact.check.starts_with("ss ")) << fact.check;
        }
    }
}

TEST_F(Engine, LeavesOutWhatNobodyReadsAndSaysSo) {
    builder.now.paste = Paste{.system = HostSystem::Linux};
    for (std::uint16_t port = 1; port <= 30; ++port) {
        builder.add(testing::connection_in(TcpState::CloseWait)).local.port = port;
    }
    const std::vector<Finding> leaks = of("close-wait-leak");
    ASSERT_THAT(leaks, SizeIs(20));
    const auto said = std::count_if(leaks.begin(), leaks.end(), [](const Finding& finding) {
        return !finding.unknown.empty() &&
               finding.unknown.back().values == std::vector<Value>{std::int64_t{10}};
    });
    EXPECT_EQ(said, 1);
}

}  // namespace
}  // namespace tcpdx::diagnosis
