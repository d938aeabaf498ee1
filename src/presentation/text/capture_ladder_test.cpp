#include "presentation/text/capture_ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CaptureLadderTest : public ::testing::Test {
protected:
    CaptureLadderTest() {
        connection.number = 1;
        connection.ends[0].address = {IpAddress::v4(0xc0000201), 40000};
        connection.ends[1].address = {IpAddress::v4(0xc6336402), 80};
        connection.segments = {{.packet = 1, .mark = SegmentMark::SynAck, .from = 1}};
    }

    CapturedState& add(std::size_t end, const StateSet& possible) {
        CapturedState state;
        state.possible = possible;
        connection.ends.at(end).states.push_back(state);
        return connection.ends.at(end).states.back();
    }
    [[nodiscard]] std::string ladder() const {
        return capture_ladder(connection, {}, screen, false);
    }

    Screen screen;
    CapturedConnection connection;
};

TEST_F(CaptureLadderTest, KeepsTheOrderOfAnEndsStatesWhateverTheirTimes) {
    const CaptureTime before = connection.first - std::chrono::nanoseconds(1);
    CapturedState& sent = add(0, StateSet().add(TcpState::SynSent));
    sent.packet = 1;
    sent.since = before;
    add(0, StateSet().add(TcpState::Established)).since = before;
    EXPECT_LT(ladder().find("SYN-SENT"), ladder().find("ESTABLISHED"));
}

TEST_F(CaptureLadderTest, NamesNoMoreThanFourPossibleStates) {
    add(0, StateSet::all()).packet = 1;
    EXPECT_THAT(ladder(), HasSubstr("many possible"));
    EXPECT_THAT(ladder(), Not(HasSubstr("CLOSE-WAIT")));
}

TEST_F(CaptureLadderTest, SaysWhoWasHitByAResetThoughItHadClosedFirst) {
    connection.closed_first = 0;
    connection.reset_from = 1;
    connection.reset_hit = CapturedState{.possible = StateSet().add(TcpState::FinWait1)};
    EXPECT_THAT(ladder(), HasSubstr("The reset hit 192.0.2.1:40000 in FIN-WAIT-1"));
}

}  // namespace
}  // namespace tcpdx
