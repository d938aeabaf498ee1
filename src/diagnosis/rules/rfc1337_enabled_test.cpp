#include "diagnosis/rules/rfc1337_enabled.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class Rfc1337Enabled : public ::testing::Test {
protected:
    SituationBuilder builder;

    Rfc1337Enabled() { builder.now.options.set("net.ipv4.tcp_rfc1337", "1"); }
    std::vector<Finding> findings() const { return builder.run(kRfc1337Enabled); }
};

TEST_F(Rfc1337Enabled, IsAWarning) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(Rfc1337Enabled, IsAProblemWhileClientsRunIntoIt) {
    builder.counter("TcpExtPAWSTimewait", 3, 4);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
}

TEST_F(Rfc1337Enabled, IsNoProblemOnlyBecauseClientsOnceRanIntoIt) {
    builder.counter("TcpExtPAWSTimewait", 4, 4);
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(Rfc1337Enabled, IsSilentWithTheDefault) {
    builder.now.options.set("net.ipv4.tcp_rfc1337", "0");
    // With the default this is harmless: the client connects 10 ms later.
    builder.counter("TcpExtPAWSTimewait", 3, 4);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(Rfc1337Enabled, IsSilentWhenTheOptionIsUnknown) {
    builder.now.options = {};
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
