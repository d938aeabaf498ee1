#include "app/serve/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::StartsWith;

Result<Configuration, std::string> parsed(const std::string& text) {
    return parse_configuration(text, "tcpdx.conf");
}

std::string complaint(const std::string& text) {
    const auto configuration = parsed(text);
    return configuration ? std::string("nothing is wrong") : configuration.error();
}

TEST(Configuration, HasWhatIsWrittenAndNothingElse) {
    const auto read = parsed(R"(
listen = "192.0.2.1:9669"
hosts = ["a.example", "b.example"]
behind_proxy = true
[history]
keep = "12h"
[alerts]
least = "problem"
)");
    ASSERT_TRUE(read) << read.error();
    EXPECT_THAT(read->listen, Optional(std::string("192.0.2.1:9669")));
    EXPECT_THAT(read->hosts, ElementsAre("a.example", "b.example"));
    EXPECT_THAT(read->behind_proxy, Optional(true));
    EXPECT_THAT(read->keep, Optional(std::string("12h")));
    EXPECT_THAT(read->alert_least, Optional(std::string("problem")));
    EXPECT_FALSE(read->key || read->most || read->alert_hold || read->all_netns);
}

TEST(Configuration, NamesTheLineOfAnUnknownSettingOrSection) {
    EXPECT_THAT(complaint("listen = \"127.0.0.1:1\"\nlisten_on = 3\n"),
                StartsWith("tcpdx.conf:2: there is no setting 'listen_on'"));
    EXPECT_THAT(complaint("\n\n[histroy]\n"), StartsWith("tcpdx.conf:3: "));
    EXPECT_THAT(complaint("[alerts]\n\nhold_time = \"1s\"\n"),
                StartsWith("tcpdx.conf:3: there is no setting 'alerts.hold_time'"));
}

TEST(Configuration, NamesTheLineOfAValueOfAnotherKind) {
    EXPECT_THAT(complaint("listen = 9669\n"), StartsWith("tcpdx.conf:1: 'listen' is text"));
    EXPECT_THAT(complaint("behind_proxy = \"yes\"\n"), HasSubstr("true or false"));
    EXPECT_THAT(complaint("hosts = \"one\"\n"), HasSubstr("a list"));
    EXPECT_THAT(complaint("hosts = [\"one\", 2]\n"), HasSubstr("a list"));
}

TEST(Configuration, NamesTheLineOfAValueThatMeansNothing) {
    EXPECT_THAT(complaint("listen = \"somewhere\"\n"), StartsWith("tcpdx.conf:1: listen: "));
    EXPECT_THAT(complaint("[history]\nkeep = \"0s\"\n"), StartsWith("tcpdx.conf:2: history.keep"));
    EXPECT_THAT(complaint("[history]\nmost = \"100k\"\n"), StartsWith("tcpdx.conf:2: "));
    EXPECT_THAT(complaint("[alerts]\nhold = \"soon\"\n"), StartsWith("tcpdx.conf:2: "));
    EXPECT_THAT(complaint("[alerts]\nleast = \"bad\"\n"), StartsWith("tcpdx.conf:2: "));
    EXPECT_THAT(complaint("[alerts]\ncommand = \"page\"\n"), StartsWith("tcpdx.conf:2: "));
}

TEST(Configuration, DoesNotShowAWebhook) {
    EXPECT_THAT(complaint("[alerts]\nwebhook = \"ftp://secret\"\n"), Not(HasSubstr("secret")));
}

TEST(Configuration, NamesTheLineWhereTheTextIsNoToml) {
    EXPECT_THAT(complaint("listen = \"127.0.0.1:1\"\n\nhosts = [\n"), HasSubstr("tcpdx.conf:"));
    EXPECT_THAT(complaint("listen =\n"), StartsWith("tcpdx.conf:1: "));
    EXPECT_THAT(complaint("\n[#alerts]\n"), StartsWith("tcpdx.conf:2: "));
    EXPECT_THAT(complaint("\n\xc3\xbc = 1\n"), StartsWith("tcpdx.conf:2: "));
    EXPECT_THAT(complaint("key = \"a\"\nkey = \"b\"\n"), StartsWith("tcpdx.conf:2: "));
}

TEST(Configuration, SurvivesEveryTruncation) {
    const std::string whole =
        "listen = \"127.0.0.1:1\"\nhosts = [\"a\"]\n[alerts]\nhold = \"5m\"\n";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        static_cast<void>(parsed(whole.substr(0, size)));
    }
}

TEST(Configuration, AFileThatIsNotThereSaysNothingUnlessItWasAskedFor) {
    EXPECT_TRUE(read_configuration("/nonexistent/tcpdx.conf", false));
    const auto asked_for = read_configuration("/nonexistent/tcpdx.conf", true);
    ASSERT_FALSE(asked_for);
    EXPECT_THAT(asked_for.error(), HasSubstr("No such file"));
}

}  // namespace
}  // namespace tcpdx::app
