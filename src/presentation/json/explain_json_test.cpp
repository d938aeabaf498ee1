#include "presentation/json/explain_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "diagnosis/engine.h"
#include "diagnosis/rules/situation_builder.h"
#include "model/transitions.h"

namespace tcpdx {
namespace {

using nlohmann::json;

class ExplainJson : public ::testing::Test {
protected:
    diagnosis::testing::SituationBuilder builder;
    json state(TcpState which) const {
        return json::parse(explain_state_json(which, builder.now, builder.limits));
    }
};

TEST_F(ExplainJson, GivesTheLimitAsANumberToo) {
    builder.limits.close_wait = std::chrono::seconds(30);
    const json object = state(TcpState::CloseWait);
    EXPECT_EQ(object["schema"], "tcpdx.explain/1");
    EXPECT_EQ(object["worry_after_ms"], 30000);
    EXPECT_FALSE(state(TcpState::TimeWait).contains("worry_after_ms"));
}

TEST_F(ExplainJson, LeavesOutWhatIsNotKnown) {
    builder.now.options.set("net.ipv4.tcp_fin_timeout", "60");
    builder.now.coverage.connections = false;
    const json object = state(TcpState::FinWait2);
    EXPECT_EQ(object["options"][0]["value"], "60");
    EXPECT_FALSE(object["now"].contains("sockets"));
    EXPECT_FALSE(state(TcpState::LastAck)["options"][0].contains("value"));
}

TEST_F(ExplainJson, SurvivesAProcessNameThatIsNotUtf8) {
    const std::uint32_t process = builder.process("bad\xff");
    builder.add(diagnosis::testing::connection_in(TcpState::Established, process));
    EXPECT_EQ(state(TcpState::Established)["now"]["owners"][0]["process"], "bad\uFFFD");
}

TEST_F(ExplainJson, HoldsTheWholeTable) {
    const json object = json::parse(explain_overview_json(builder.now));
    EXPECT_EQ(object["states"].size(), kAllTcpStates.size());
    EXPECT_EQ(object["transitions"].size(), transitions().size());
}

TEST(ListRulesJson, NamesEveryRule) {
    EXPECT_EQ(json::parse(list_rules_json())["rules"].size(), diagnosis::all_rules().size());
}

TEST(ExplainRuleJson, LeavesAMissingPageOut) {
    constexpr diagnosis::Rule kRule{.id = "a-rule", .title = "A title."};
    EXPECT_FALSE(json::parse(explain_rule_json(kRule, "")).contains("page_markdown"));
    EXPECT_EQ(json::parse(explain_rule_json(kRule, "# a"))["page_markdown"], "# a");
}

}  // namespace
}  // namespace tcpdx
