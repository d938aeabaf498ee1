#include "presentation/text/report_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

class ReportOfAPort : public ::testing::Test {
protected:
    Observations seen;
    diagnosis::Report report{.seen = &seen,
                             .asked = {.port = 8080},
                             .interval = seconds(2),
                             .port = diagnosis::PortView{.port = 8080, .new_connections = 7}};

    void has_a_listener() {
        seen.connections.push_back(
            {.local = {.address = {}, .port = 8080}, .state = TcpState::Listen});
        report.port->listeners = {0};
    }
    std::string text() { return report_text(report, {.width = 110}); }
};

TEST_F(ReportOfAPort, SaysHowManyAttemptsWereDropped) {
    has_a_listener();
    report.port->drops_by_listeners = 3;
    EXPECT_THAT(text(),
                HasSubstr("within 2.0 s: 7 new connections to it that are still there, 3 attempts "
                          "dropped"));
}

TEST_F(ReportOfAPort, DoesNotCallHalfOpenOnesConnections) {
    report.port->new_half_open = 28;
    EXPECT_THAT(text(), HasSubstr("28 handshakes began and are not complete"));
}

TEST_F(ReportOfAPort, SaysThatTheDropsAreNotKnown) {
    has_a_listener();
    EXPECT_THAT(text(),
                HasSubstr("7 new connections to it that are still there; how many attempts"));
    EXPECT_THAT(text(), HasSubstr("not known"));
}

TEST_F(ReportOfAPort, SaysNothingOfDropsWithoutAListener) {
    EXPECT_THAT(text(), HasSubstr("nothing listens on it"));
    EXPECT_THAT(text(), HasSubstr("7 new connections to it that are still there\n"));
    EXPECT_THAT(text(), Not(HasSubstr("dropped")));
}

TEST(ReportText, SaysWhatWasNotSeenInOneSentence) {
    Observations seen;
    seen.coverage.unseen = {{.what = {"the owners."}, .remedy = {"Run as root."}}};
    EXPECT_THAT(report_text({.seen = &seen}, {}),
                HasSubstr("\nNot seen: the owners. Run as root.\n"));
}

}  // namespace
}  // namespace tcpdx
