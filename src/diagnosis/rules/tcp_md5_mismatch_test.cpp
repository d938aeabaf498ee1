#include "diagnosis/rules/tcp_md5_mismatch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class TcpMd5Mismatch : public ::testing::Test {
protected:
    SituationBuilder builder;
    std::vector<Finding> findings() const { return builder.run(kTcpMd5Mismatch); }
};

TEST_F(TcpMd5Mismatch, IsAProblemWhenAPeerKeepsSendingWithoutASignature) {
    builder.counter("TcpExtTCPMD5NotFound", 0, 8);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
}

TEST_F(TcpMd5Mismatch, IsAWarningForASinglePacket) {
    builder.counter("TcpExtTCPMD5NotFound", 0, 1);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(TcpMd5Mismatch, TellsAMissingSignatureFromAWrongAndAnUnexpectedOne) {
    builder.counter("TcpExtTCPMD5Failure", 0, 8).counter("TcpExtTCPMD5Unexpected", 0, 8);
    ASSERT_THAT(findings(), SizeIs(2));
    EXPECT_STRNE(findings()[0].claim.text, findings()[1].claim.text);
}

TEST_F(TcpMd5Mismatch, IsSilentWhenTheCountersStand) {
    builder.counter("TcpExtTCPMD5NotFound", 8, 8);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(TcpMd5Mismatch, IsSilentAfterOneLook) {
    builder.now.counters.set("TcpExtTCPMD5NotFound", 8);
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
