#include "diagnosis/rules/capture_half_open.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/captured_builder.h"

namespace tcpdx::diagnosis {
namespace {

using testing::CapturedBuilder;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(CaptureHalfOpen, IsSilentWithoutACaptureAndAboutConnectionsInOrder) {
    EXPECT_THAT(testing::without_capture(kCaptureHalfOpen), IsEmpty());
    CapturedBuilder builder;
    builder.add();
    EXPECT_THAT(builder.run(kCaptureHalfOpen), IsEmpty());
}

TEST(CaptureHalfOpen, CallsManyDeadAttemptsAFlood) {
    CapturedBuilder builder;
    builder.captured.ports = {
        {.address = {IpAddress::v4(1), 80}, .attempts = 1000, .half_open = 990, .established = 10}};
    const auto findings = builder.run(kCaptureHalfOpen);
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_EQ(findings[0].severity, Severity::Problem);
}

TEST(CaptureHalfOpen, DoesNotCallABusyServerFlooded) {
    CapturedBuilder builder;
    builder.captured.ports = {{.address = {IpAddress::v4(1), 80},
                               .attempts = 10000,
                               .half_open = 400,
                               .established = 9600}};
    EXPECT_THAT(builder.run(kCaptureHalfOpen), IsEmpty());
}

TEST(CaptureHalfOpen, TellsOfAnswersThatAreNotTakenUp) {
    CapturedBuilder builder;
    CapturedConnection& connection = builder.add();
    connection.outcome = CapturedOutcome::HalfOpen;
    connection.ends[1].sent.syn_retransmissions = 2;
    const auto findings = builder.run(kCaptureHalfOpen);
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_THAT(findings[0].candidates, SizeIs(3));
}

TEST(CaptureHalfOpen, SeesAFullAcceptQueueOnlyFromNearby) {
    CapturedBuilder builder;
    CapturedConnection& connection = builder.add();
    connection.segments = {{.mark = SegmentMark::Syn, .from = 0},
                           {.mark = SegmentMark::SynAck, .from = 1},
                           {.mark = SegmentMark::Ack, .from = 0},
                           {.mark = SegmentMark::SynAckAgain, .from = 1}};
    EXPECT_THAT(builder.run(kCaptureHalfOpen), IsEmpty());
    builder.captured.connections[0].near = NearEnd::Second;
    EXPECT_THAT(builder.run(kCaptureHalfOpen), SizeIs(1));
}

}  // namespace
}  // namespace tcpdx::diagnosis
