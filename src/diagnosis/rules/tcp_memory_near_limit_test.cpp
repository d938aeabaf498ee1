#include "diagnosis/rules/tcp_memory_near_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class TcpMemoryNearLimit : public ::testing::Test {
protected:
    SituationBuilder builder;

    TcpMemoryNearLimit() {
        builder.now.options.set("net.ipv4.tcp_mem", "700\t1000\t1400");
        builder.now.page_bytes = 4096;
    }
    std::vector<Finding> findings(std::uint64_t pages) {
        builder.now.totals.memory_pages = pages;
        return builder.run(kTcpMemoryNearLimit);
    }
};

TEST_F(TcpMemoryNearLimit, WarnsBeforeThePressureBegins) {
    ASSERT_THAT(findings(800), SizeIs(1));
    EXPECT_EQ(findings(800)[0].severity, Severity::Warning);
    EXPECT_THAT(findings(800)[0].claim.text, HasSubstr("from which the kernel saves"));
}

TEST_F(TcpMemoryNearLimit, WarnsUnderPressure) {
    ASSERT_THAT(findings(1000), SizeIs(1));
    EXPECT_EQ(findings(1000)[0].severity, Severity::Warning);
    EXPECT_THAT(findings(1000)[0].claim.text, HasSubstr("shrinks"));
}

TEST_F(TcpMemoryNearLimit, IsAProblemNearTheMaximum) {
    ASSERT_THAT(findings(1330), SizeIs(1));
    EXPECT_EQ(findings(1330)[0].severity, Severity::Problem);
}

TEST_F(TcpMemoryNearLimit, StaysSilentBelow) {
    EXPECT_THAT(findings(799), IsEmpty());
}

TEST_F(TcpMemoryNearLimit, StaysSilentWhenTheLimitsAreUnknown) {
    builder.now.options = {};
    EXPECT_THAT(findings(1400), IsEmpty());
    builder.now.options.set("net.ipv4.tcp_mem", "700 1000");
    EXPECT_THAT(findings(1400), IsEmpty());
}

TEST_F(TcpMemoryNearLimit, StaysSilentWhenTheUseIsUnknown) {
    EXPECT_THAT(builder.run(kTcpMemoryNearLimit), IsEmpty());
}

TEST_F(TcpMemoryNearLimit, NamesTheProgramsWithMostBytesQueued) {
    const std::size_t without = findings(1000)[0].evidence.size();
    builder.add(testing::connection_in(TcpState::Established, builder.process("shop")))
        .receive_queue = 5000;
    builder.add(testing::connection_in(TcpState::Established, builder.process("idle", 43)));
    const std::vector<Finding> found = findings(1000);
    ASSERT_THAT(found[0].evidence, SizeIs(without + 1));
    EXPECT_EQ(found[0].evidence.back().fact.values[0], Value(std::string("shop (pid 42)")));
}

}  // namespace
}  // namespace tcpdx::diagnosis
