#include "presentation/text/paste_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string lines(std::vector<std::uint32_t> numbers) {
    Observations seen;
    diagnosis::Finding finding;
    for (const std::uint32_t number : numbers) {
        finding.connections.push_back(static_cast<std::uint32_t>(seen.connections.size()));
        seen.connections.emplace_back().source_line = number;
    }
    return lines_of(seen, finding);
}

TEST(PasteText, NamesTheLinesOfAFinding) {
    EXPECT_EQ(lines({12}), "line 12");
    EXPECT_EQ(lines({18, 12, 15}), "lines 12, 15, 18");
}

TEST(PasteText, NamesALineOnce) {
    EXPECT_EQ(lines({12, 12}), "line 12");
}

TEST(PasteText, ShortensRunsOfLines) {
    EXPECT_EQ(lines({3, 4, 5, 9, 10}), "lines 3-5, 9, 10");
}

TEST(PasteText, CountsTheLinesThatItDoesNotName) {
    EXPECT_EQ(lines({1, 3, 5, 7, 9, 11}), "lines 1, 3, 5, 7 and 2 more");
}

TEST(PasteText, HasNoLinesForSocketsOfALiveHost) {
    EXPECT_THAT(lines({0, 0}), IsEmpty());
    EXPECT_THAT(lines({}), IsEmpty());
}

TEST(PasteText, SaysWhatWasRead) {
    EXPECT_EQ(paste_summary({.system = HostSystem::Linux,
                             .tools = {"netstat"},
                             .command = "netstat -antp",
                             .lines = 114,
                             .socket_rows = 87,
                             .as_root = false}),
              "114 lines, sockets: 87; netstat -antp; Linux; not made as root.");
}

TEST(PasteText, SaysNothingThatIsNotKnown) {
    EXPECT_EQ(paste_summary({.tools = {"ss", "lsof"}, .lines = 1}),
              "1 line, sockets: 0; ss, lsof.");
}

TEST(PasteText, ShowsTheFirstLinesThatWereNotUnderstood) {
    EXPECT_THAT(unread_lines({.lines = 9}), IsEmpty());
    EXPECT_THAT(
        unread_lines({.lines = 9, .unread = {{.number = 4, .text = "?"}}, .unread_lines = 3}),
        ElementsAre("3 of 9 lines not understood:", "line 4: ?", "and 2 more"));
}

}  // namespace
}  // namespace tcpdx
