#include "diagnosis/rules/established_many.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class EstablishedMany : public ::testing::Test {
protected:
    SituationBuilder builder;
    std::uint32_t mysqld = builder.process("mysqld");

    EstablishedMany() {
        builder.now.paste = Paste{};
        add(500);
    }
    void add(int number) {
        for (int i = 0; i < number; ++i) {
            builder.add(testing::connection_in(TcpState::Established, mysqld));
        }
    }
    std::vector<Finding> findings() const { return builder.run(kEstablishedMany); }
};

TEST_F(EstablishedMany, AreInformationSinceOnlyTheProgramKnowsItsLimit) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].unknown, SizeIs(2));
}

TEST_F(EstablishedMany, AreNotAFewLess) {
    builder.now.connections.pop_back();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(EstablishedMany, AreNotMentionedOnALiveHost) {
    builder.now.paste.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(EstablishedMany, AreNotOtherStates) {
    for (Connection& each : builder.now.connections) {
        each.state = TcpState::CloseWait;
    }
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(EstablishedMany, AreAWarningWhenTwoSamplesShowGrowth) {
    builder.now.connections.resize(120);
    builder.second_look();
    builder.earlier.processes = builder.now.processes;
    builder.earlier.connections = builder.now.connections;
    EXPECT_THAT(findings(), IsEmpty());
    add(20);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(EstablishedMany, CanBeACountWithoutRows) {
    builder.now.connections.clear();
    builder.now.paste->state_counts[static_cast<std::size_t>(TcpState::Established)] = 500;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].connections, IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
