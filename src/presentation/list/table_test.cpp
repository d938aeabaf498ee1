#include "presentation/list/table.h"

#include <gmock/gmock.h>

#include <sstream>

#include "presentation/list/list_fixture.h"
#include "presentation/text/display_width.h"

namespace tcpdx {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class TableTest : public testing::ListTest {
protected:
    [[nodiscard]] std::string table(const std::vector<Connection>& connections,
                                    std::string_view columns, TableWriter::Look look = {}) const {
        return written_by([&](OutputStream& out) {
            TableWriter writer(out, *choose_columns(columns), context, look);
            for (const Connection& connection : connections) {
                writer.add(connection);
            }
            writer.finish(false);
        });
    }

    static std::vector<std::string> lines_of(const std::string& text) {
        std::vector<std::string> lines;
        std::istringstream stream(text);
        for (std::string line; std::getline(stream, line);) {
            lines.push_back(line);
        }
        return lines;
    }
};

TEST_F(TableTest, LinesUpItsColumns) {
    EXPECT_EQ(table({established(), listener()}, "state,recv-q,local,owner"),
              "State        Recv-Q  Local           Owner\n"
              "ESTABLISHED       0  192.0.2.1:8080  nginx(42)\n"
              "LISTEN        3/128  0.0.0.0:8080    nginx(42)\n");
}

TEST_F(TableTest, HasAHeaderEvenWithoutRows) {
    EXPECT_EQ(table({}, "state,local"), "State  Local\n");
    EXPECT_EQ(table({}, "state,local", {.header = false}), "");
}

TEST_F(TableTest, PadsByDisplayWidth) {
    processes[0].name = "서버";
    EXPECT_EQ(table({established(), listener()}, "process,state", {.header = false}),
              "서버  ESTABLISHED\n"
              "서버  LISTEN\n");
    Connection kernels = time_wait();
    EXPECT_EQ(table({established(), kernels}, "process,state", {.header = false}),
              "서버  ESTABLISHED\n"
              "-     TIME-WAIT\n");
}

TEST_F(TableTest, WritesAsManyRowsAsCameHoweverMany) {
    const std::vector<Connection> many(5000, established());
    EXPECT_EQ(lines_of(table(many, "state,local,remote")).size(), 5001U);
}

TEST_F(TableTest, WidensAColumnForWhatComesLate) {
    std::vector<Connection> connections(600, listener());
    connections.push_back(time_wait());
    connections.push_back(listener());
    const auto lines = lines_of(table(connections, "local,state"));
    EXPECT_EQ(lines[1], "0.0.0.0:8080  LISTEN");
    EXPECT_EQ(lines[601], "[2001:db8::1]:50000  TIME-WAIT");
    EXPECT_EQ(lines[602], "0.0.0.0:8080         LISTEN");
}

TEST_F(TableTest, CutsRowsToATerminal) {
    const TableWriter::Look narrow{.screen = {.terminal = true, .colour = false, .width = 20}};
    for (const std::string& line :
         lines_of(table({established(), time_wait()}, "state,local,remote", narrow))) {
        EXPECT_LE(display_width(line), 20U) << line;
    }
    const TableWriter::Look one{.screen = {.terminal = true, .colour = true, .width = 1}};
    for (const std::string& line : lines_of(table({established()}, "state,local", one))) {
        EXPECT_LE(display_width(line), 1U) << line;
    }
}

TEST_F(TableTest, CutsNothingWhereThereIsNoTerminal) {
    const TableWriter::Look pipe{.screen = {.terminal = false, .colour = false, .width = 20}};
    EXPECT_THAT(table({established()}, "state,local,remote", pipe),
                HasSubstr("198.51.100.7:40000"));
}

TEST_F(TableTest, ColoursOnlyWhenAsked) {
    const TableWriter::Look colour{.screen = {.terminal = true, .colour = true, .width = 80}};
    const std::string coloured = table({established()}, "state,local", colour);
    EXPECT_THAT(coloured, HasSubstr("\033[1;32mESTABLISHED\033[0m  192.0.2.1:8080\n"));
    EXPECT_THAT(table({established()}, "state,local"), ::testing::Not(HasSubstr("\033")));
}

TEST_F(TableTest, SurvivesTextsBeyondAllMeasure) {
    processes[0].name = std::string(100'000, 'n');
    context.processes = processes;
    context.cgroup_path = [path = std::string(100'000, 'c')](std::uint64_t) {
        return std::string_view(path);
    };
    Connection connection = established();
    connection.cgroup_id = 1;
    const std::vector<Connection> many(1000, connection);
    EXPECT_EQ(lines_of(table(many, "all")).size(), 1001U);
}

}  // namespace
}  // namespace tcpdx
