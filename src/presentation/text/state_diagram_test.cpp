#include "presentation/text/state_diagram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string_view>
#include <vector>

#include "model/transitions.h"
#include "presentation/text/display_width.h"

namespace tcpdx {
namespace {

using ::testing::HasSubstr;

StateCounts seven_everywhere() {
    StateCounts counts;
    counts.fill(7);
    return counts;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

std::size_t occurrences(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + part.size())) {
        ++count;
    }
    return count;
}

TEST(StateDiagram, DrawsOnlyArrowsThatTheTableHas) {
    const auto arrows = drawn_arrows();
    // An arrow head for each: one that found no row of its kind in the table would be missing here.
    EXPECT_EQ(occurrences(state_diagram({}, {}, true), "▶") +
                  occurrences(state_diagram({}, {}, true), "◀") +
                  occurrences(state_diagram({}, {}, true), "▲") +
                  occurrences(state_diagram({}, {}, true), "▼"),
              arrows.size());
    for (const DrawnArrow& arrow : arrows) {
        EXPECT_TRUE(is_legal(arrow.from, arrow.to)) << rfc_name(arrow.from);
    }
}

TEST(StateDiagram, DrawsOrListsEveryTransition) {
    std::set<std::pair<TcpState, TcpState>> drawn;
    for (const DrawnArrow& arrow : drawn_arrows()) {
        drawn.insert({arrow.from, arrow.to});
    }
    const std::string listed = transitions_not_drawn({}, false);
    for (const Transition& row : transitions()) {
        if (!row.changes_state() || drawn.contains({row.from, row.to})) {
            continue;
        }
        const std::string from(rfc_name(row.from));
        EXPECT_THAT(listed, HasSubstr(row.to == TcpState::Closed
                                          ? from
                                          : from + " -> " + std::string(rfc_name(row.to))));
    }
}

TEST(StateDiagram, ShowsEveryStateAndItsCount) {
    const std::string diagram = state_diagram(seven_everywhere(), {}, true);
    for (const TcpState state : kAllTcpStates) {
        EXPECT_THAT(diagram, HasSubstr(rfc_name(state)));
    }
    EXPECT_EQ(occurrences(diagram, " 7 "), kAllTcpStates.size());
}

TEST(StateDiagram, ShowsAStateThatWasNotCountedAsUnknownAndNotAsZero) {
    StateCounts counts = seven_everywhere();
    counts.at(static_cast<std::size_t>(TcpState::Listen)).reset();
    const std::string diagram = state_diagram(counts, {}, false);
    EXPECT_EQ(occurrences(diagram, " 7 "), kAllTcpStates.size() - 1);
    EXPECT_EQ(occurrences(diagram, " 0 "), 0U);
}

TEST(StateDiagram, FitsEightyColumnsAndItsCountsFitTheirBoxes) {
    StateCounts counts;
    counts.fill(123'456'789);
    for (const std::string& line : lines_of(state_diagram(counts, {}, true))) {
        EXPECT_LE(display_width(line), 80U) << line;
    }
    EXPECT_EQ(occurrences(state_diagram(counts, {}, true), "│  123456789"), counts.size());
    for (const std::string& line : lines_of(transitions_not_drawn({}, true))) {
        EXPECT_LE(display_width(line), 80U) << line;
    }
}

TEST(StateDiagram, IsAsciiWhereTheScreenShowsNothingElse) {
    const std::string all =
        state_diagram(seven_everywhere(), {}, false) + transitions_not_drawn({}, false);
    for (const char c : all) {
        EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
    }
}

TEST(StateDiagram, SaysOnEachArrowWhatCausesItAndWhatIsSent) {
    const std::string diagram = state_diagram({}, {}, false);
    for (const char* label : {"listen()", "connect() / SYN", "SYN / SYN+ACK", "SYN+ACK / ACK",
                              "close() / FIN", "FIN / ACK", "FIN+ACK / ACK", "2MSL: 60 s"}) {
        EXPECT_THAT(diagram, HasSubstr(label));
    }
}

TEST(CountStates, KnowsNothingOfWhatWasNotListed) {
    Observations seen;
    seen.coverage.connections = true;
    seen.connections.emplace_back().state = TcpState::TimeWait;
    const StateCounts counts = count_states(seen);
    EXPECT_EQ(counts.at(static_cast<std::size_t>(TcpState::TimeWait)), 1U);
    EXPECT_EQ(counts.at(static_cast<std::size_t>(TcpState::Closing)), 0U);
    EXPECT_EQ(counts.at(static_cast<std::size_t>(TcpState::Listen)), std::nullopt);
}

}  // namespace
}  // namespace tcpdx
