#include "diagnosis/rules/capture_reset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/captured_builder.h"

namespace tcpdx::diagnosis {
namespace {

using testing::CapturedBuilder;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(CaptureReset, IsSilentWithoutACaptureAndAboutConnectionsInOrder) {
    EXPECT_THAT(testing::without_capture(kCaptureReset), IsEmpty());
    CapturedBuilder builder;
    builder.add();
    EXPECT_THAT(builder.run(kCaptureReset), IsEmpty());
}

CapturedConnection& reset(CapturedBuilder& builder) {
    CapturedConnection& connection = builder.add();
    connection.outcome = CapturedOutcome::Reset;
    connection.closed_first = 1;
    connection.closed_by_reset = true;
    connection.reset_hit = testing::state(TcpState::Established, 1);
    connection.reset_from = 1;
    return connection;
}

TEST(CaptureReset, TellsWhoResetAndWhatItHit) {
    CapturedBuilder builder;
    reset(builder).reset_provoked_by = SegmentMark::Data;
    reset(builder);
    const auto findings = builder.run(kCaptureReset);
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_THAT(findings[0].candidates, SizeIs(3));
    EXPECT_THAT(findings[0].evidence, SizeIs(4));
}

TEST(CaptureReset, DoubtsASenderWhoseResetCameOverAnotherNumberOfHops) {
    CapturedBuilder builder;
    CapturedFlow& genuine = reset(builder).ends[1].sent;
    genuine.hop_limit = genuine.reset_hop_limit = 57;
    CapturedFlow& doubtful = reset(builder).ends[1].sent;
    doubtful.hop_limit = 57;
    doubtful.reset_hop_limit = 63;
    const auto findings = builder.run(kCaptureReset);
    ASSERT_THAT(findings, SizeIs(2));
    EXPECT_THAT(findings[0].candidates, SizeIs(3));
    EXPECT_THAT(findings[1].candidates, SizeIs(2));
    EXPECT_EQ(findings[1].evidence.back().fact.values[0], Value(std::int64_t{63}));
    EXPECT_EQ(findings[1].evidence.back().fact.values[2], Value(std::int64_t{57}));
}

TEST(CaptureReset, TellsOfAResetWhoseVictimsStateIsOpen) {
    CapturedBuilder builder;
    reset(builder).reset_hit->possible.add(TcpState::FinWait1);
    EXPECT_THAT(builder.run(kCaptureReset), SizeIs(1));
}

TEST(CaptureReset, NamesTheListenerWhenThereIsOne) {
    CapturedBuilder builder;
    const SocketAddress listener = reset(builder).ends[1].address;
    reset(builder);
    EXPECT_EQ(builder.run(kCaptureReset)[0].claim.values[0], Value(listener));
    reset(builder).ends[1].address.port = 81;
    EXPECT_EQ(builder.run(kCaptureReset)[0].claim.values[0], Value(listener.address));
}

TEST(CaptureReset, LeavesOutWhatHitTimeWait) {
    CapturedBuilder builder;
    reset(builder).reset_hit = testing::state(TcpState::TimeWait, 1);
    EXPECT_THAT(builder.run(kCaptureReset), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
