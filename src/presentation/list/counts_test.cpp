#include "presentation/list/counts.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "presentation/list/list_fixture.h"

namespace tcpdx {
namespace {

using nlohmann::json;

class CountsTest : public testing::ListTest {
protected:
    [[nodiscard]] std::string counts(std::string_view by, Counter::Form form = {}) const {
        return written_by([&](OutputStream& out) {
            Counter counter(out, *choose_grouping(by), context, form);
            for (const Connection& connection :
                 {listener(), established(), established(), time_wait()}) {
                counter.add(connection);
            }
            counter.finish(false);
        });
    }
};

TEST_F(CountsTest, TheLargestComesFirst) {
    EXPECT_EQ(counts("state"),
              "Count  State\n"
              "    2  ESTABLISHED\n"
              "    1  LISTEN\n"
              "    1  TIME-WAIT\n");
}

TEST_F(CountsTest, ProcessesAreCountedByOwnerAndMayBeCombined) {
    EXPECT_EQ(counts("process,state"),
              "Count  Owner      State\n"
              "    2  nginx(42)  ESTABLISHED\n"
              "    1  kernel     TIME-WAIT\n"
              "    1  nginx(42)  LISTEN\n");
}

// Of the socket in TIME-WAIT nobody knows which end connected, so neither port can be named.
TEST_F(CountsTest, PortIsTheServicesPortAtEitherEnd) {
    EXPECT_EQ(counts("port", {.look = {.header = false}}),
              "3  8080\n"
              "1     -\n");
}

TEST_F(CountsTest, RemoteIsTheHostWithoutThePort) {
    const json document =
        json::parse(counts("remote", {.format = RecordFormat::Json, .look = {}, .limit = {}}));
    EXPECT_EQ(document.at("schema"), "tcpdx.counts/1");
    EXPECT_EQ(document.at("total"), 4);
    EXPECT_EQ(document.at("counts").at(0),
              (json{{"count", 2}, {"remote_address", "198.51.100.7"}}));
}

TEST_F(CountsTest, ComesAsCsvAndJsonLinesToo) {
    EXPECT_EQ(counts("state", {.format = RecordFormat::Csv, .look = {}, .limit = 1}),
              "count,state\r\n2,ESTABLISHED\r\n");
    EXPECT_EQ(counts("state", {.format = RecordFormat::JsonLines, .look = {}, .limit = 1}),
              "{\"count\":2,\"state\":\"ESTABLISHED\"}\n");
}

TEST(ChooseGrouping, RefusesUnknownColumns) {
    EXPECT_FALSE(choose_grouping("colour"));
    EXPECT_TRUE(choose_grouping("state"));
}

}  // namespace
}  // namespace tcpdx
