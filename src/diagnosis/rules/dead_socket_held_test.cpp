#include "diagnosis/rules/dead_socket_held.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class DeadSocketHeld : public ::testing::Test {
protected:
    SituationBuilder builder;
    std::uint32_t pool = builder.process("pool");

    DeadSocketHeld() {
        builder.now.dead_sockets = {
            {.process = pool, .descriptor = 7, .local_port = 40000, .remote_port = 5432}};
    }
    void looked_before() {
        builder.second_look(seconds(10));
        builder.earlier.processes = builder.now.processes;
        builder.earlier.dead_sockets = builder.now.dead_sockets;
    }
    std::vector<Finding> findings() const { return builder.run(kDeadSocketHeld); }
};

TEST_F(DeadSocketHeld, OnlyInformsAfterOneLook) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].unknown, SizeIs(1));
}

TEST_F(DeadSocketHeld, WarnsWhenTwoLooksSawTheSameDescriptor) {
    looked_before();
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_EQ(findings()[0].since.lower, seconds(10));
}

TEST_F(DeadSocketHeld, DoesNotTakeAnotherDescriptorForTheSame) {
    looked_before();
    builder.earlier.dead_sockets[0].descriptor = 8;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(DeadSocketHeld, MakesOneFindingOfEachProcess) {
    builder.now.dead_sockets.push_back(builder.now.dead_sockets[0]);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].claim.values[0], Value(std::int64_t{2}));
}

TEST_F(DeadSocketHeld, NamesTheCauseInItsClaim) {
    const auto claim_with = [this](DeadSocketCause cause) {
        builder.now.dead_sockets[0].cause = cause;
        return std::string(findings().at(0).claim.text);
    };
    EXPECT_THAT(claim_with(DeadSocketCause::Reset), HasSubstr("was reset"));
    EXPECT_THAT(claim_with(DeadSocketCause::TimedOut), HasSubstr("timed out"));
    EXPECT_THAT(claim_with(DeadSocketCause::Refused), HasSubstr("was refused"));
    EXPECT_THAT(claim_with(DeadSocketCause::Unknown), HasSubstr("has failed"));
}

TEST_F(DeadSocketHeld, CountsEachCauseWhenTheyDiffer) {
    builder.now.dead_sockets[0].cause = DeadSocketCause::Reset;
    builder.now.dead_sockets.resize(3, builder.now.dead_sockets[0]);
    builder.now.dead_sockets[2].cause = DeadSocketCause::TimedOut;
    ASSERT_THAT(findings(), SizeIs(1));
    const Finding finding = findings()[0];
    EXPECT_THAT(finding.claim.text, HasSubstr("has failed"));
    EXPECT_THAT(finding.evidence[1].fact.text, HasSubstr("reset by the peer"));
    EXPECT_EQ(finding.evidence[1].fact.values[0], Value(std::int64_t{2}));
    EXPECT_THAT(finding.evidence[2].fact.text, HasSubstr("timed out"));
    EXPECT_EQ(finding.evidence[2].fact.values[0], Value(std::int64_t{1}));
}

TEST_F(DeadSocketHeld, LeavesOutWhatWasNotAskedAbout) {
    builder.asked.pid = 1;
    EXPECT_THAT(findings(), IsEmpty());
    builder.asked = {.port = 80};
    EXPECT_THAT(findings(), IsEmpty());
    builder.asked = {.port = 5432};
    EXPECT_THAT(findings(), SizeIs(1));
}

TEST_F(DeadSocketHeld, IsSilentWithoutAny) {
    builder.now.dead_sockets.clear();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DeadSocketHeld, IsSilentWhenTheProcessIsUnknown) {
    builder.now.dead_sockets[0].process = kNoProcess;
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
