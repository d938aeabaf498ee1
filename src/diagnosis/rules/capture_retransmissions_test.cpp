#include "diagnosis/rules/capture_retransmissions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/captured_builder.h"

namespace tcpdx::diagnosis {
namespace {

using testing::CapturedBuilder;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(CaptureRetransmissions, IsSilentWithoutACaptureAndAboutConnectionsInOrder) {
    EXPECT_THAT(testing::without_capture(kCaptureRetransmissions), IsEmpty());
    CapturedBuilder builder;
    builder.add();
    EXPECT_THAT(builder.run(kCaptureRetransmissions), IsEmpty());
}

TEST(CaptureRetransmissions, TellsOfLossOnceItIsEnoughToMatter) {
    CapturedBuilder builder;
    CapturedFlow& client = builder.add().ends[0].sent;
    client.data_segments = 1000;
    client.retransmissions = 30;
    ASSERT_THAT(builder.run(kCaptureRetransmissions), SizeIs(1));
    builder.captured.connections[0].ends[0].sent.retransmissions = 9;
    EXPECT_THAT(builder.run(kCaptureRetransmissions), IsEmpty());
}

TEST(CaptureRetransmissions, TellsOfAPathThatDied) {
    CapturedBuilder builder;
    CapturedFlow& client = builder.add().ends[0].sent;
    client.unacknowledged_data = true;
    client.unanswered_repeats = 3;
    const auto findings = builder.run(kCaptureRetransmissions);
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_EQ(findings[0].severity, Severity::Problem);
    builder.captured.connections[0].ends[0].sent.unanswered_repeats = 1;
    EXPECT_THAT(builder.run(kCaptureRetransmissions), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
