#include "presentation/json/tune_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tcpdx {
namespace {

using diagnosis::TuneEntry;
using diagnosis::Verdict;
using nlohmann::json;

TuneEntry entry() {
    return {.option = "net.ipv4.tcp_sack",
            .value = "0",
            .verdict = Verdict::Harmful,
            .reason = {"It hurts."},
            .evidence = {{{"{0} lost", {std::int64_t{7}}}, Origin::Counter, "nstat"}},
            .claimed = {"It helps."},
            .change = "sysctl -w 'net.ipv4.tcp_sack=1'"};
}

json written(const TuneEntry& one) {
    return json::parse(tune_json(std::vector{one}, {})).at("options").at(0);
}

TEST(TuneJson, WritesAnOptionWithAllThatIsSaidOfIt) {
    const json expected{
        {"option", "net.ipv4.tcp_sack"},
        {"value", "0"},
        {"verdict", "harmful"},
        {"reason", "It hurts."},
        {"evidence", {{{"fact", "7 lost"}, {"origin", "counter"}, {"check", "nstat"}}}},
        {"often_said", "It helps."},
        {"change", "sysctl -w 'net.ipv4.tcp_sack=1'"}};
    EXPECT_EQ(written(entry()), expected);
}

TEST(TuneJson, LeavesOutWhatIsNotSaid) {
    TuneEntry quiet = entry();
    quiet.claimed = {};
    quiet.change = "";
    EXPECT_FALSE(written(quiet).contains("often_said"));
    EXPECT_FALSE(written(quiet).contains("change"));
}

TEST(TuneJson, SurvivesNamesThatAreNotUtf8) {
    TuneEntry odd = entry();
    odd.evidence[0].fact = {"{0}", {std::string("\xff")}};
    EXPECT_EQ(written(odd)["evidence"][0]["fact"], "\uFFFD");
}

TEST(TuneJson, ListsWrongAdviceWithWhatIsRight) {
    const std::vector<diagnosis::Folklore> folklore{{{"Do it."}, {"Do not."}}};
    const json document = json::parse(tune_json({}, folklore));
    EXPECT_EQ(document.at("schema"), "tcpdx.tune/1");
    EXPECT_EQ(document.at("wrong_advice").at(0).at("truth"), "Do not.");
}

}  // namespace
}  // namespace tcpdx
