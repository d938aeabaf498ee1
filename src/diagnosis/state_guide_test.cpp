#include "diagnosis/state_guide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "diagnosis/engine.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(StateGuide, AnswersEveryQuestionForEveryState) {
    for (const TcpState state : kAllTcpStates) {
        const StateGuide& guide = guide_to(state);
        EXPECT_EQ(guide.state, state);
        for (const char* text : {guide.meaning, guide.details, guide.normal, guide.worry}) {
            EXPECT_THAT(text, EndsWith(".")) << rfc_name(state);
        }
        for (const char* cause : guide.causes) {
            EXPECT_THAT(cause, EndsWith(".")) << rfc_name(state);
        }
    }
}

TEST(StateGuide, HasALimitExactlyWhereItsTextNamesOne) {
    for (const TcpState state : kAllTcpStates) {
        const StateGuide& guide = guide_to(state);
        const bool named = std::string_view(guide.worry).find("{0}") != std::string_view::npos;
        EXPECT_EQ(named, guide.limit != nullptr) << rfc_name(state);
    }
}

TEST(StateGuide, SendsEveryRuleToAStateAndNamesNoOther) {
    std::set<std::string_view> rules;
    for (const Rule* rule : all_rules()) {
        rules.insert(rule->id);
    }
    std::set<std::string_view> named;
    for (const TcpState state : kAllTcpStates) {
        named.insert(guide_to(state).rules.begin(), guide_to(state).rules.end());
    }
    EXPECT_EQ(named, rules);
}

TEST(StateGuide, NamesOptionsAsSysctlDoesAndEachOnce) {
    for (const TcpState state : kAllTcpStates) {
        std::set<std::string_view> seen;
        for (const OptionNote& option : guide_to(state).options) {
            EXPECT_TRUE(option.name.starts_with("net.")) << option.name;
            EXPECT_TRUE(seen.insert(option.name).second) << option.name;
        }
    }
}

// Facts that circulate wrongly; each was measured.
TEST(StateGuide, RepeatsNoFolklore) {
    const auto offers = [](TcpState state, std::string_view name) {
        const auto options = guide_to(state).options;
        return std::any_of(options.begin(), options.end(),
                           [&](const OptionNote& option) { return option.name == name; });
    };
    EXPECT_TRUE(guide_to(TcpState::CloseWait).options.empty()) << "no option ends CLOSE-WAIT";
    EXPECT_FALSE(offers(TcpState::TimeWait, "net.ipv4.tcp_tw_recycle")) << "gone since 4.12";
    EXPECT_THAT(guide_to(TcpState::SynSent).details, HasSubstr("not mean that nobody listens"));
    EXPECT_THAT(guide_to(TcpState::SynReceived).details, HasSubstr("does not measure a flood"));
    for (const OptionNote& option : guide_to(TcpState::TimeWait).options) {
        if (option.name == "net.ipv4.tcp_fin_timeout") {
            EXPECT_THAT(option.effect, HasSubstr("no effect"));
        }
    }
}

TEST(StateGuide, TellsWhatIsDifferentAboutSmallObjects) {
    EXPECT_EQ(guide_to(SocketKind::Full), nullptr);
    EXPECT_THAT(guide_to(SocketKind::RequestSocket), HasSubstr("request socket"));
    EXPECT_THAT(guide_to(SocketKind::TimeWaitSocket), HasSubstr("mini-socket"));
}

}  // namespace
}  // namespace tcpdx::diagnosis
