#include "diagnosis/rules/capture_window_closed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/captured_builder.h"

namespace tcpdx::diagnosis {
namespace {

using testing::CapturedBuilder;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(CaptureWindowClosed, IsSilentWithoutACaptureAndAboutConnectionsInOrder) {
    EXPECT_THAT(testing::without_capture(kCaptureWindowClosed), IsEmpty());
    CapturedBuilder builder;
    builder.add();
    EXPECT_THAT(builder.run(kCaptureWindowClosed), IsEmpty());
}

TEST(CaptureWindowClosed, TellsOfAWindowThatWasClosedNoticeably) {
    CapturedBuilder builder;
    CapturedFlow& server = builder.add().ends[1].sent;
    server.zero_windows = 1;
    server.zero_window_time = std::chrono::milliseconds(1500);
    auto findings = builder.run(kCaptureWindowClosed);
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_EQ(findings[0].severity, Severity::Warning);
    builder.captured.connections[0].ends[1].sent.zero_window_time = std::chrono::milliseconds(50);
    EXPECT_THAT(builder.run(kCaptureWindowClosed), IsEmpty());
}

TEST(CaptureWindowClosed, IsAProblemWhenItStaysClosed) {
    CapturedBuilder builder;
    CapturedConnection& connection = builder.add();
    connection.ends[1].sent.zero_windows = 1;
    connection.ends[1].sent.window_closed_at_end = true;
    connection.ends[1].sent.zero_window_time = std::chrono::seconds(25);
    const auto findings = builder.run(kCaptureWindowClosed);
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_EQ(findings[0].severity, Severity::Problem);
}

}  // namespace
}  // namespace tcpdx::diagnosis
