#include "presentation/html/capture_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Captured captured_with(std::string file) {
    Captured captured;
    captured.files = {std::move(file)};
    CapturedConnection connection;
    connection.number = 1;
    connection.ends[0].address = {IpAddress::v4(0xc0000201), 40000};
    connection.ends[1].address = {IpAddress::v4(0xc6336402), 80};
    CapturedState state;
    state.possible.add(TcpState::SynSent);
    state.packet = 1;
    connection.ends[0].states = {state};
    connection.segments = {{.packet = 1, .mark = SegmentMark::Syn, .from = 0}};
    connection.outcome = CapturedOutcome::Unanswered;
    captured.connections.push_back(connection);
    return captured;
}

TEST(CapturePage, ShowsTheTableAndALadder) {
    const std::string page = capture_page(captured_with("a.pcap"), {}, {}, {1});
    EXPECT_THAT(page, HasSubstr("<td>192.0.2.1:40000</td>"));
    EXPECT_THAT(page, HasSubstr("id=\"c1\""));
    EXPECT_THAT(page, HasSubstr("SYN-SENT"));
    EXPECT_THAT(page, HasSubstr("class=bad"));
}

TEST(CapturePage, EscapesWhatComesFromOutsideAndNeedsNoOtherFile) {
    const std::string page = capture_page(captured_with("<script>&\".pcap"), {}, {}, {1});
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;&amp;&quot;.pcap"));
    EXPECT_THAT(page, Not(HasSubstr("<script")));
    EXPECT_THAT(page, Not(HasSubstr("http")));
}

}  // namespace
}  // namespace tcpdx
