#include "diagnosis/rules/capture_refused.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/captured_builder.h"

namespace tcpdx::diagnosis {
namespace {

using testing::CapturedBuilder;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(CaptureRefused, IsSilentWithoutACaptureAndAboutConnectionsInOrder) {
    EXPECT_THAT(testing::without_capture(kCaptureRefused), IsEmpty());
    CapturedBuilder builder;
    builder.add();
    EXPECT_THAT(builder.run(kCaptureRefused), IsEmpty());
}

TEST(CaptureRefused, TellsOfResetsAndOfIcmpErrorsApart) {
    CapturedBuilder builder;
    builder.add().outcome = CapturedOutcome::Refused;
    builder.add().outcome = CapturedOutcome::RefusedIcmp;
    const auto findings = builder.run(kCaptureRefused);
    ASSERT_THAT(findings, SizeIs(2));
    EXPECT_THAT(findings[0].candidates, SizeIs(2));
    EXPECT_EQ(findings[1].severity, Severity::Problem);
}

TEST(CaptureRefused, NoticesAResetThatCameFromElsewhere) {
    CapturedBuilder builder;
    CapturedConnection& works = builder.add();
    works.ends[1].sent.payload_bytes = 100;
    works.ends[1].sent.hop_limit = 57;
    CapturedConnection& refused = builder.add();
    refused.outcome = CapturedOutcome::Refused;
    refused.ends[1].sent.hop_limit = 63;
    EXPECT_THAT(builder.run(kCaptureRefused).at(0).candidates, IsEmpty());
    builder.captured.connections[1].ends[1].sent.hop_limit = 57;
    EXPECT_THAT(builder.run(kCaptureRefused).at(0).candidates, SizeIs(2));
}

}  // namespace
}  // namespace tcpdx::diagnosis
