#include "diagnosis/rules/capture_syn_unanswered.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/captured_builder.h"

namespace tcpdx::diagnosis {
namespace {

using testing::CapturedBuilder;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(CaptureSynUnanswered, IsSilentWithoutACaptureAndAboutConnectionsInOrder) {
    EXPECT_THAT(testing::without_capture(kCaptureSynUnanswered), IsEmpty());
    CapturedBuilder builder;
    builder.add();
    EXPECT_THAT(builder.run(kCaptureSynUnanswered), IsEmpty());
}

CapturedConnection& unanswered(CapturedBuilder& builder, std::uint64_t again) {
    CapturedConnection& connection = builder.add();
    connection.outcome = CapturedOutcome::Unanswered;
    connection.ends[1].sent = {};
    connection.ends[0].sent.syn_retransmissions = again;
    return connection;
}

TEST(CaptureSynUnanswered, TellsOfSynsThatAreRepeatedInVain) {
    CapturedBuilder builder;
    unanswered(builder, 3);
    const auto findings = builder.run(kCaptureSynUnanswered);
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_EQ(findings[0].severity, Severity::Problem);
    EXPECT_THAT(findings[0].candidates, SizeIs(3));
}

TEST(CaptureSynUnanswered, WaitsForTheAnswerOfASynAtTheEnd) {
    CapturedBuilder builder;
    unanswered(builder, 0).last = testing::at(59);
    EXPECT_THAT(builder.run(kCaptureSynUnanswered), IsEmpty());
    builder.captured.connections[0].last = testing::at(10);
    EXPECT_THAT(builder.run(kCaptureSynUnanswered), SizeIs(1));
}

TEST(CaptureSynUnanswered, LooksBehindTheCaptureWhenItWasMadeAtTheServer) {
    CapturedBuilder builder;
    builder.add().near = NearEnd::Second;
    unanswered(builder, 3);
    const auto findings = builder.run(kCaptureSynUnanswered);
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_EQ(findings[0].candidates[0].decided_by.text,
              std::string("TcpExtListenOverflows rises"));
}

TEST(CaptureSynUnanswered, TellsOfConnectionsThatCameLate) {
    CapturedBuilder builder;
    CapturedConnection& late = builder.add();
    late.ends[0].sent.syn_retransmissions = 1;
    late.handshake_time = std::chrono::milliseconds(1020);
    ASSERT_THAT(builder.run(kCaptureSynUnanswered), SizeIs(1));
    builder.captured.connections[0].handshake_time = std::chrono::milliseconds(20);
    EXPECT_THAT(builder.run(kCaptureSynUnanswered), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
