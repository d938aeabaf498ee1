#include "diagnosis/rules/capture_incomplete.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/captured_builder.h"

namespace tcpdx::diagnosis {
namespace {

using testing::CapturedBuilder;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(CaptureIncomplete, IsSilentWithoutACaptureAndAboutConnectionsInOrder) {
    EXPECT_THAT(testing::without_capture(kCaptureIncomplete), IsEmpty());
    CapturedBuilder builder;
    builder.add();
    EXPECT_THAT(builder.run(kCaptureIncomplete), IsEmpty());
}

TEST(CaptureIncomplete, TellsWhatIsMissingOrTwiceInTheCapture) {
    CapturedBuilder builder;
    CapturedConnection& connection = builder.add();
    connection.limits = {CaptureLimit::PacketsMissing, CaptureLimit::OneDirection};
    connection.ends[0].sent.duplicates = 3;
    connection.translation = 2;
    builder.captured.counts.dropped_by_capture = 7;
    const auto findings = builder.run(kCaptureIncomplete);
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_EQ(findings[0].severity, Severity::Information);
    EXPECT_THAT(findings[0].evidence, SizeIs(5));
}

TEST(CaptureIncomplete, DoesNotMindASingleCopy) {
    CapturedBuilder builder;
    CapturedConnection& connection = builder.add();
    connection.ends[0].sent.packets = 100;
    connection.ends[0].sent.duplicates = 1;
    EXPECT_THAT(builder.run(kCaptureIncomplete), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
