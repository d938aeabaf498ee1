#include "diagnosis/rules/capture_close_wait.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/captured_builder.h"

namespace tcpdx::diagnosis {
namespace {

using testing::CapturedBuilder;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(CaptureCloseWait, IsSilentWithoutACaptureAndAboutConnectionsInOrder) {
    EXPECT_THAT(testing::without_capture(kCaptureCloseWait), IsEmpty());
    CapturedBuilder builder;
    builder.add();
    EXPECT_THAT(builder.run(kCaptureCloseWait), IsEmpty());
}

TEST(CaptureCloseWait, TellsOfAnEndThatDoesNotClose) {
    CapturedBuilder builder;
    builder.captured.last = testing::at(200);
    builder.add().ends[1].states = {testing::state(TcpState::CloseWait, 10)};
    EXPECT_THAT(builder.run(kCaptureCloseWait), SizeIs(1));
}

TEST(CaptureCloseWait, LeavesAnEndAloneThatStillSends) {
    CapturedBuilder builder;
    builder.captured.last = testing::at(200);
    CapturedConnection& connection = builder.add();
    connection.ends[1].states = {testing::state(TcpState::CloseWait, 10)};
    connection.ends[1].sent.data_after_peer_fin = 5;
    EXPECT_THAT(builder.run(kCaptureCloseWait), IsEmpty());
}

TEST(CaptureCloseWait, WaitsForItsLimit) {
    CapturedBuilder builder;
    builder.add().ends[1].states = {testing::state(TcpState::CloseWait, 10, 40)};
    EXPECT_THAT(builder.run(kCaptureCloseWait), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
