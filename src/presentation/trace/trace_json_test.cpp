#include "presentation/trace/trace_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "presentation/trace/lines_for_tests.h"
#include "presentation/trace/trace_summary.h"

namespace tcpdx::trace {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::vector<json> parsed(const std::string& text) {
    std::vector<json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(json::parse(line));
    }
    return lines;
}

TEST(TraceJson, WritesOneObjectPerStep) {
    Written written;
    TraceJson writer(written.out(), written.context(), {});
    LifeTracker tracker({}, writer);
    play_client(tracker);
    const auto lines = parsed(written.text());
    ASSERT_EQ(lines.size(), 7U);
    EXPECT_EQ(lines[0]["schema"], "tcpdx.trace/1");
    EXPECT_EQ(lines[1]["type"], "step");
    EXPECT_EQ(lines[1]["from"], "CLOSED");
    EXPECT_EQ(lines[1]["to"], "SYN-SENT");
    EXPECT_EQ(lines[1]["time_us"], 1000);
    EXPECT_EQ(lines[1]["pid"], 42);
    EXPECT_EQ(lines[1]["sends"], "SYN");
    EXPECT_FALSE(lines[1].contains("lasted_at_least_us"));
    EXPECT_EQ(lines[2]["lasted_at_least_us"], 87);
    EXPECT_EQ(lines[2]["lasted_at_most_us"], 87);
    EXPECT_EQ(lines[6]["ending"], "closed");
}

TEST(TraceJson, WritesOneObjectPerLife) {
    Written written;
    TraceJson writer(written.out(), written.context(), {.steps = false, .lives = true});
    LifeTracker tracker({}, writer);
    play_client(tracker);
    const auto lines = parsed(written.text());
    ASSERT_EQ(lines.size(), 2U);
    const json& life = lines[1];
    EXPECT_EQ(life["ending"], "closed");
    EXPECT_EQ(life["first_fin"], "local");
    EXPECT_EQ(life["bytes_sent"], 100);
    EXPECT_EQ(life["states"].size(), 6U);
    EXPECT_EQ(life["states"][4]["state"], "TIME-WAIT");
    EXPECT_EQ(life["states"][4]["kind"], "time-wait");
    EXPECT_FALSE(life.contains("incomplete"));
}

TEST(TraceJson, LeavesOutWhatIsNotKnown) {
    Written written;
    TraceJson writer(written.out(), written.context(), {});
    LifeTracker tracker({}, writer);
    tracker.apply(
        End(1, kClientEnd, kServerEnd).change(5ms, TcpState::Established, TcpState::CloseWait));
    tracker.finish();
    const auto lines = parsed(written.text());
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_FALSE(lines[1].contains("opener"));
    EXPECT_FALSE(lines[1].contains("owner"));
    EXPECT_FALSE(lines[1].contains("lasted_at_most_us"));  // began before the trace
}

TEST(TraceJson, SurvivesAnyNameOfAProgram) {
    Written written;
    TraceJson writer(written.out(), written.context(), {});
    LifeTracker tracker({}, writer);
    tracker.apply(
        by(End(1, kClientEnd, kServerEnd).change(1ms, TcpState::Closed, TcpState::SynSent), 42,
           "a\"\\\n\xff"));
    tracker.finish();
    EXPECT_EQ(parsed(written.text()).size(), 2U);
}

TEST(TraceSummary, IsOneObjectWithEveryCount) {
    Summary summary;
    summary.totals.ended[static_cast<std::size_t>(Ending::Refused)] = 3;
    summary.totals.resets_sent["NO_SOCKET"] = 3;
    summary.lost_changes = 5;
    summary.lost_per_cpu = {0, 5};
    summary.unseen.push_back({{"a \"quoted\" thing"}, {"remedy"}});
    const json object = json::parse(summary_json(summary));
    EXPECT_EQ(object["type"], "end");
    EXPECT_EQ(object["ended"]["refused"], 3);
    EXPECT_EQ(object["resets_sent"]["NO_SOCKET"], 3);
    EXPECT_EQ(object["lost_changes"], 5);
    EXPECT_EQ(object["lost_per_cpu"][1], 5);
    EXPECT_EQ(object["unseen"][0], "a \"quoted\" thing");
}

TEST(TraceSummary, SaysWhichCpuLostWhat) {
    Summary summary;
    summary.lost_changes = 5;
    summary.lost_per_cpu = {0, 5};
    EXPECT_NE(summary_text(summary).find("CPU 1: 5"), std::string::npos);
    EXPECT_EQ(summary_text(summary).find("CPU 0"), std::string::npos);
}

}  // namespace
}  // namespace tcpdx::trace
