#include "diagnosis/rules/reverse_path_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class ReversePathFilter : public ::testing::Test {
protected:
    SituationBuilder builder;

    ReversePathFilter() { builder.counter("TcpExtIPReversePathFilter", 10, 18); }
    std::vector<Finding> findings() const { return builder.run(kReversePathFilter); }
};

TEST_F(ReversePathFilter, WarnsAndLeavesOpenWhetherTheFilterIsRight) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].candidates, SizeIs(2));
}

TEST_F(ReversePathFilter, TakesSinglePacketsForNoise) {
    builder.counter("TcpExtIPReversePathFilter", 10, 12);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(ReversePathFilter, ShowsWhereTheFilterIsOn) {
    builder.now.options.set("net.ipv4.conf.eth0.rp_filter", "1");
    builder.now.options.set("net.ipv4.conf.eth1.rp_filter", "0");
    EXPECT_THAT(findings()[0].evidence, SizeIs(2));
}

TEST_F(ReversePathFilter, IsSilentWhenTheCounterStands) {
    builder.counter("TcpExtIPReversePathFilter", 18, 18);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ReversePathFilter, IsSilentAfterOneLook) {
    builder.has_earlier = false;
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
