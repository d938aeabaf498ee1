#include "diagnosis/paste_evidence.h"

#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::seconds;
using testing::SituationBuilder;

class PasteEvidence : public ::testing::Test {
protected:
    SituationBuilder builder;

    PasteEvidence() { builder.now.paste = Paste{}; }

    Situation situation() const { return {.now = builder.now, .asked = builder.asked}; }
    void add(TcpState state, int number, std::uint32_t process = kNoProcess) {
        for (int i = 0; i < number; ++i) {
            builder.add(testing::connection_in(state, process)).remote.port =
                static_cast<std::uint16_t>(40000 + i);
        }
    }
    ConnectionGroup close_wait() const {
        return group_by_owner(situation(), {TcpState::CloseWait},
                              [](const Connection&) { return true; })
            .front();
    }
    Severity weight() const { return weigh_close_wait(situation(), close_wait()); }
};

TEST_F(PasteEvidence, IsWhatMayHaveLastedOnlyInAPaste) {
    add(TcpState::CloseWait, 1);
    const auto& row = builder.now.connections.front();
    EXPECT_TRUE(may_have_lasted(situation(), row, seconds(60)));
    builder.now.paste.reset();
    EXPECT_FALSE(may_have_lasted(situation(), row, seconds(60)));
}

TEST_F(PasteEvidence, IsNotWhatAnAgeDecides) {
    add(TcpState::CloseWait, 1);
    Connection& row = builder.now.connections.front();
    row.age = testing::exactly(seconds(5));
    EXPECT_FALSE(may_have_lasted(situation(), row, seconds(60)));
    row.age = testing::exactly(seconds(500));
    EXPECT_FALSE(may_have_lasted(situation(), row, seconds(60)));
    row.age = Age::at_least(seconds(5), AgeMethod::FirstSample);
    EXPECT_TRUE(may_have_lasted(situation(), row, seconds(60)));
}

TEST_F(PasteEvidence, TakesTheLowerPortForTheService) {
    Connection row = testing::connection_in(TcpState::CloseWait);
    EXPECT_EQ(probable_opener(row), Opener::Passive);  // 8080 <- 40000
    std::swap(row.local.port, row.remote.port);
    EXPECT_EQ(probable_opener(row), Opener::Active);
    row.remote.port = 50000;
    EXPECT_EQ(probable_opener(row), Opener::Unknown);
    row.remote.port = 0;
    EXPECT_EQ(probable_opener(row), Opener::Unknown);
}

TEST_F(PasteEvidence, BelievesWhatIsKnownOfTheOpener) {
    Connection row = testing::connection_in(TcpState::CloseWait);
    row.opener = Opener::Active;
    EXPECT_EQ(probable_opener(row), Opener::Active);
}

TEST_F(PasteEvidence, WarnsOfAServerWithMoreClosedThanOpen) {
    add(TcpState::CloseWait, 5);
    add(TcpState::Established, 4);
    EXPECT_EQ(weight(), Severity::Warning);
}

TEST_F(PasteEvidence, OnlyMentionsAFewOfThem) {
    add(TcpState::CloseWait, 4);
    EXPECT_EQ(weight(), Severity::Information);
}

TEST_F(PasteEvidence, OnlyMentionsThemBesideMoreThatAreOpen) {
    add(TcpState::CloseWait, 5);
    add(TcpState::Established, 5);
    EXPECT_EQ(weight(), Severity::Information);
}

TEST_F(PasteEvidence, ComparesWithTheSameProgramOnly) {
    add(TcpState::CloseWait, 5, builder.process("shop-api", 42));
    add(TcpState::Established, 9, builder.process("sshd", 7));
    EXPECT_EQ(weight(), Severity::Warning);
}

TEST_F(PasteEvidence, AllowsAClientItsPool) {
    add(TcpState::CloseWait, 19, builder.process("curl"));
    for (Connection& each : builder.now.connections) {
        std::swap(each.local, each.remote);
        each.local.port = 40000;
    }
    EXPECT_EQ(weight(), Severity::Information);
    builder.add(builder.now.connections.front());
    EXPECT_EQ(weight(), Severity::Warning);
}

TEST_F(PasteEvidence, TakesClientsThatAreNotShownForOneGroupOfSeveralPrograms) {
    add(TcpState::CloseWait, 99);
    for (Connection& each : builder.now.connections) {
        std::swap(each.local, each.remote);
    }
    EXPECT_EQ(close_wait().members.size(), 99U);
    EXPECT_EQ(name_of(situation(), close_wait()), Value(PortName{0}));
    EXPECT_EQ(weight(), Severity::Information);
    builder.add(builder.now.connections.front());
    EXPECT_EQ(weight(), Severity::Warning);
}

TEST_F(PasteEvidence, DoesNotCompareWithRowsThatWereNotSelected) {
    builder.now.paste->selected = true;
    add(TcpState::CloseWait, 5);
    EXPECT_EQ(weight(), Severity::Information);
    add(TcpState::Established, 1);
    EXPECT_EQ(weight(), Severity::Warning);
}

TEST_F(PasteEvidence, WarnsWhenAnEarlierSampleHadFewer) {
    add(TcpState::CloseWait, 1);
    builder.now.connections.front().remote.port = 50000;
    builder.earlier.paste = Paste{};
    builder.earlier.connections = builder.now.connections;
    const auto weigh = [&] {
        const Situation both{.now = builder.now, .earlier = &builder.earlier};
        return weigh_close_wait(both, close_wait());
    };
    EXPECT_EQ(weigh(), Severity::Information);
    add(TcpState::CloseWait, 3);
    EXPECT_EQ(weigh(), Severity::Warning);
}

TEST_F(PasteEvidence, WarnsWhenAServerStillHasTheSameOnes) {
    add(TcpState::CloseWait, 3);
    builder.earlier.paste = Paste{};
    builder.earlier.connections = builder.now.connections;
    const Situation both{.now = builder.now, .earlier = &builder.earlier};
    EXPECT_EQ(seen_before(both, close_wait().members), 3U);
    EXPECT_EQ(weigh_close_wait(both, close_wait()), Severity::Warning);
    EXPECT_EQ(seen_before(situation(), close_wait().members), 0U);
}

TEST_F(PasteEvidence, CountsWithoutRowsAreForTheWholeHost) {
    builder.now.paste->state_counts[static_cast<std::size_t>(TcpState::CloseWait)] = 710;
    EXPECT_EQ(bare_count(situation(), TcpState::CloseWait), 710U);
    EXPECT_EQ(bare_count(situation(), TcpState::TimeWait), std::nullopt);
    builder.asked.pid = 42;
    EXPECT_EQ(bare_count(situation(), TcpState::CloseWait), std::nullopt);
}

TEST_F(PasteEvidence, RowsSayMoreThanTheirCount) {
    builder.now.paste->state_counts[static_cast<std::size_t>(TcpState::CloseWait)] = 710;
    add(TcpState::CloseWait, 1);
    EXPECT_EQ(bare_count(situation(), TcpState::CloseWait), std::nullopt);
}

}  // namespace
}  // namespace tcpdx::diagnosis
