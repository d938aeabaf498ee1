#include "presentation/render.h"

#include <gtest/gtest.h>

#include "base/i18n.h"

namespace tcpdx {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RenderDuration, ShowsTheTwoLargestUnits) {
    EXPECT_EQ(render(milliseconds(250)), "250 ms");
    EXPECT_EQ(render(milliseconds(3450)), "3.4 s");
    EXPECT_EQ(render(milliseconds(61000)), "61 s");
    EXPECT_EQ(render(milliseconds(192000)), "3 m 12 s");
    EXPECT_EQ(render(milliseconds(seconds(3 * 3600 + 12 * 60))), "3 h 12 m");
    EXPECT_EQ(render(milliseconds(seconds(76 * 3600))), "3 d 4 h");
}

TEST(RenderAge, TellsExactFromEstimatedFromLowerBound) {
    EXPECT_EQ(render(Age{}), "-");
    EXPECT_EQ(render(Age::exact(seconds(61), AgeMethod::KernelTimestamp)), "61 s");
    EXPECT_EQ(render(Age::between(seconds(61), milliseconds(61200), AgeMethod::LastAckReceived)),
              "~ 61 s");
    EXPECT_EQ(render(Age::between(seconds(61), seconds(90), AgeMethod::LastAckReceived)),
              "61 s .. 90 s");
    EXPECT_EQ(render(Age::at_least(seconds(61), AgeMethod::LastAckReceived)), ">= 61 s");
}

TEST(RenderMessage, FillsNumberedFields) {
    const Message message{N_("{1} before {0}"), {std::int64_t{7}, TcpState::TimeWait}};
    EXPECT_EQ(render(message), "TIME-WAIT before 7");
}

TEST(RenderMessage, ChoosesThePluralByTheFirstValue) {
    Message message{.text = "{0} socket", .values = {std::int64_t{1}}, .plural = "{0} sockets"};
    EXPECT_EQ(render(message), "1 socket");
    message.values = {std::int64_t{2}};
    EXPECT_EQ(render(message), "2 sockets");
}

TEST(RenderMessage, NamesAnUnknownOwnerByItsPort) {
    EXPECT_EQ(render(Message{N_("{0} waits"), {PortName{8080}}}), "port 8080 waits");
    EXPECT_EQ(render(Message{N_("{0} waits"), {ProgramOnPort{"", 80}}}), "port 80 waits");
    EXPECT_EQ(render(Message{N_("{0} waits"), {ProgramOnPort{"nginx", 80}}}),
              "nginx on port 80 waits");
}

TEST(RenderBytes, UsesBinaryUnits) {
    EXPECT_EQ(render(Bytes{1023}), "1023 B");
    EXPECT_EQ(render(Bytes{1536}), "1.5 KiB");
    EXPECT_EQ(render(Bytes{3ULL << 30U}), "3.0 GiB");
}

}  // namespace
}  // namespace tcpdx
