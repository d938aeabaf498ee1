#include "history/recorder.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "history/history_for_tests.h"

namespace tcpdx::history {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RecorderTest : public HistoryTest {
protected:
    [[nodiscard]] std::vector<KeptLife> lives_at(double second) const {
        std::vector<KeptLife> lives;
        EXPECT_TRUE(
            reader().lives_at(at(second), [&](const KeptLife& life) { lives.push_back(life); }));
        return lives;
    }
};

TEST_F(RecorderTest, KeepsASecond) {
    Recorder recorder = open();
    recorder.note(sample_at(0, 5));
    ASSERT_TRUE(recorder.commit(at(1)));
    const auto samples =
        *reader().samples(Seconds(1), sample_at(0, 0).begin, sample_at(9, 0).begin);
    EXPECT_THAT(samples, ElementsAre(sample_at(0, 5)));
}

TEST_F(RecorderTest, KeepsThatACountIsNotKnown) {
    Recorder recorder = open();
    Sample sample = sample_at(0, 5);
    sample.happened.drops.reset();
    recorder.note(sample);
    ASSERT_TRUE(recorder.commit(at(1)));
    const auto samples = *reader().samples(Seconds(1), sample.begin, sample_at(9, 0).begin);
    EXPECT_THAT(samples, ElementsAre(sample));
}

TEST_F(RecorderTest, ShowsAReaderOneMomentHoweverOftenItAsks) {
    Recorder recorder = open();
    recorder.note(sample_at(0, 5));
    ASSERT_TRUE(recorder.commit(at(1)));
    Reader before = reader();
    recorder.note(sample_at(1, 6));
    ASSERT_TRUE(recorder.commit(at(2)));
    const auto seen = [](Reader& by) {
        return *by.samples(Seconds(1), sample_at(0, 0).begin, sample_at(9, 0).begin);
    };
    EXPECT_THAT(seen(before), ElementsAre(sample_at(0, 5)));
    Reader after = reader();
    EXPECT_THAT(seen(after), ElementsAre(sample_at(0, 5), sample_at(1, 6)));
    ASSERT_TRUE(recorder.commit(at(3)));
}

TEST_F(RecorderTest, MakesTenSecondsOutOfTen) {
    Recorder recorder = open();
    for (int second = 0; second < 10; ++second) {
        recorder.note(sample_at(second, static_cast<std::uint64_t>(second)));
        ASSERT_TRUE(recorder.commit(at(second + 1)));
    }
    const auto samples =
        *reader().samples(Seconds(10), sample_at(0, 0).begin, sample_at(60, 0).begin);
    ASSERT_THAT(samples, SizeIs(1));
    const auto established = static_cast<std::size_t>(TcpState::Established);
    EXPECT_EQ(samples[0].seconds, 10);
    EXPECT_EQ(samples[0].sum.at(established), 45);
    EXPECT_EQ(samples[0].most.at(established), 9);
    EXPECT_EQ(samples[0].happened.opened_actively, 20);
    EXPECT_EQ(samples[0].happened.drops, 10);
}

TEST_F(RecorderTest, MakesMinutesEvenWhenItWasKilledInBetween) {
    for (int second = 0; second < 120; second += 30) {
        Recorder recorder = open(at(second));
        for (int i = 0; i < 30; ++i) {
            recorder.note(sample_at(second + i, 1));
            ASSERT_TRUE(recorder.commit(at(second + i + 1)));
        }
    }
    const auto samples =
        *reader().samples(Seconds(60), sample_at(0, 0).begin, sample_at(600, 0).begin);
    ASSERT_THAT(samples, SizeIs(2));
    EXPECT_EQ(samples[0].seconds, 60);
    EXPECT_EQ(samples[1].seconds, 60);
}

TEST_F(RecorderTest, SaysThatTheOneBeforeWasKilled) {
    {
        Recorder recorder = open();
        ASSERT_TRUE(recorder.commit(at(5)));
    }
    Recorder next = open(at(60));
    ASSERT_TRUE(next.gap_before());
    EXPECT_EQ(*next.gap_before(),
              (Gap{.begin = at(5), .end = at(60), .reason = GapReason::Crashed}));
    EXPECT_THAT(*reader().gaps(at(0), at(100)), ElementsAre(*next.gap_before()));
}

TEST_F(RecorderTest, SaysThatTheOneBeforeHadEnded) {
    {
        Recorder recorder = open();
        ASSERT_TRUE(recorder.close(at(5)));
    }
    const Recorder next = open(at(60));
    ASSERT_TRUE(next.gap_before());
    EXPECT_EQ(next.gap_before()->reason, GapReason::NotRunning);
    EXPECT_EQ(next.gap_before()->begin, at(5));
}

TEST_F(RecorderTest, IsAloneWithItsFile) {
    const Recorder recorder = open();
    const auto second = Recorder::open(settings, at(1));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Usage);
}

TEST_F(RecorderTest, KeepsAnEndedConnection) {
    Recorder recorder = open();
    recorder.note(ended(half_closed(0), 3));
    ASSERT_TRUE(recorder.commit(at(4)));
    const auto lives = lives_at(2);
    ASSERT_THAT(lives, SizeIs(1));
    EXPECT_EQ(to_string(lives[0].life.local), "192.0.2.1:8080");
    EXPECT_EQ(to_string(lives[0].life.remote), "198.51.100.7:40000");
    EXPECT_EQ(lives[0].life.owner.name_text(), "nginx");
    EXPECT_EQ(lives[0].life.bytes_sent, 14480);
    EXPECT_EQ(lives[0].life.bytes_received, std::nullopt);
    EXPECT_EQ(lives[0].life.ending, trace::Ending::Closed);
    EXPECT_EQ(lives[0].ended, at(3));
}

TEST_F(RecorderTest, KnowsWhenAConnectionWasNotThere) {
    Recorder recorder = open();
    recorder.note(ended(half_closed(1), 3));
    ASSERT_TRUE(recorder.commit(at(4)));
    EXPECT_THAT(lives_at(0.5), IsEmpty());
    EXPECT_THAT(lives_at(3.5), IsEmpty());
}

TEST_F(RecorderTest, KeepsAnOpenConnectionOnceAndThenItsEnd) {
    Recorder recorder = open();
    recorder.note(half_closed(0));
    ASSERT_TRUE(recorder.commit(at(11)));
    ASSERT_THAT(lives_at(10), SizeIs(1));
    EXPECT_FALSE(lives_at(10)[0].ended);

    recorder.note(ended(half_closed(0), 2000));
    ASSERT_TRUE(recorder.commit(at(2001)));
    ASSERT_THAT(lives_at(10), SizeIs(1)) << "it lasted long, and is found from its beginning";
    EXPECT_EQ(lives_at(10)[0].ended, at(2000));
    EXPECT_EQ(*reader().count_ended({.from = at(0), .to = at(3000)}), 1);
}

TEST_F(RecorderTest, EndsWhatAKilledOneLeftOpen) {
    {
        Recorder recorder = open();
        recorder.note(half_closed(0));
        ASSERT_TRUE(recorder.commit(at(11)));
    }
    const Recorder next = open(at(60));
    EXPECT_THAT(lives_at(10), SizeIs(1));
    EXPECT_THAT(lives_at(30), IsEmpty()) << "nobody looked then";
}

TEST_F(RecorderTest, FindsConnectionsByHowTheyEnded) {
    Recorder recorder = open();
    recorder.note(ended(half_closed(0, 1), 3));
    KeptLife reset = ended(half_closed(0, 2), 4);
    reset.life.ending = trace::Ending::Reset;
    reset.reset_reason = "TCP_ABORT_ON_CLOSE";
    recorder.note(reset);
    ASSERT_TRUE(recorder.commit(at(5)));
    std::vector<std::string> reasons;
    ASSERT_TRUE(
        reader().lives_ended({.from = at(0), .to = at(10), .ending = trace::Ending::Reset},
                             [&](const KeptLife& life) { reasons.push_back(life.reset_reason); }));
    EXPECT_THAT(reasons, ElementsAre("TCP_ABORT_ON_CLOSE"));
    EXPECT_EQ(*reader().count_ended({.from = at(0), .to = at(10), .port = 8080}), 2);
    EXPECT_EQ(*reader().count_ended({.from = at(0), .to = at(10), .port = 81}), 0);
    EXPECT_EQ(*reader().count_ended({.from = at(0), .to = at(10), .process = "nginx"}), 2);
}

// Those that were open for a while have rows of their own, the others are kept together: to who
// asks they are one list.
TEST_F(RecorderTest, TellsTheLatestEndFirstHoweverTheyAreKept) {
    Recorder recorder = open();
    recorder.note(half_closed(0, 1));
    recorder.note(half_closed(0, 2));
    ASSERT_TRUE(recorder.commit(at(10)));
    recorder.note(ended(half_closed(5, 3), 12));
    recorder.note(ended(half_closed(0, 1), 11));
    recorder.note(ended(half_closed(5, 4), 10.5));
    ASSERT_TRUE(recorder.commit(at(13)));
    recorder.note(ended(half_closed(5, 5), 11.5));  // told late
    recorder.note(ended(half_closed(0, 2), 14));
    recorder.note(ended(half_closed(5, 6), 13.5));
    ASSERT_TRUE(recorder.commit(at(15)));
    const auto cookies = [this](const EndedQuery& query) {
        std::vector<std::uint64_t> found;
        EXPECT_TRUE(reader().lives_ended(
            query, [&](const KeptLife& life) { found.push_back(life.life.cookie - 1000); }));
        return found;
    };
    EXPECT_THAT(cookies({.from = at(0), .to = at(20)}), ElementsAre(2, 6, 3, 5, 1, 4));
    EXPECT_EQ(*reader().count_ended({.from = at(0), .to = at(20)}), 6);
    EXPECT_THAT(cookies({.from = at(0), .to = at(20), .offset = 1, .limit = 3}),
                ElementsAre(6, 3, 5));
    EXPECT_THAT(cookies({.from = at(11), .to = at(13.5)}), ElementsAre(3, 5, 1));
    EXPECT_EQ(*reader().count_ended({.from = at(11), .to = at(13.5)}), 3);
    EXPECT_THAT(cookies({.from = at(0), .to = at(20), .offset = 6, .limit = 3}), IsEmpty());
}

TEST_F(RecorderTest, FindsTheLatestOfACookie) {
    Recorder recorder = open();
    recorder.note(ended(half_closed(0, 1), 3));
    ASSERT_TRUE(recorder.commit(at(4)));
    recorder.note(ended(half_closed(10, 1), 13));
    ASSERT_TRUE(recorder.commit(at(14)));
    EXPECT_EQ((*reader().life(7, 1001))->ended, at(13));
    EXPECT_FALSE(*reader().life(8, 1001)) << "another network namespace";
    EXPECT_FALSE(*reader().life(7, 1002));
    recorder.note(half_closed(20, 1));
    ASSERT_TRUE(recorder.commit(at(24)));
    EXPECT_FALSE((*reader().life(7, 1001))->ended) << "one that is open is the latest";
}

// A connection is noted as open, and ends before that is written.
TEST_F(RecorderTest, KeepsOneThatEndsInTheSecondInWhichItWasNotedOnce) {
    Recorder recorder = open();
    recorder.note(half_closed(0, 1));
    recorder.note(ended(half_closed(0, 1), 3));
    ASSERT_TRUE(recorder.commit(at(4)));
    ASSERT_THAT(lives_at(2), SizeIs(1));
    EXPECT_EQ(lives_at(2)[0].ended, at(3));
}

TEST_F(RecorderTest, ForgetsTheOldestHoweverTheyAreKept) {
    settings.most_bytes = 2'000'000;
    Recorder recorder = open();
    std::uint64_t id = 1;
    for (int second = 0; second < 60; ++second) {
        for (int i = 0; i < 500; ++i) {
            recorder.note(ended(half_closed(second, id++), second + 3));
            recorder.note(ended(half_closed(second - 1000, id++), second + 3));
        }
        ASSERT_TRUE(recorder.commit(at(second + 4)));
    }
    EXPECT_LT(std::filesystem::file_size(settings.path), settings.most_bytes);
    EXPECT_EQ(*reader().count_ended({.from = at(0), .to = at(6)}), 0) << "the oldest go first";
    std::int64_t brief = 0;
    std::int64_t lasting = 0;
    ASSERT_TRUE(reader().lives_ended({.from = at(0), .to = at(70)}, [&](const KeptLife& kept) {
        ++(*kept.ended - opened_at(kept.life) > kBriefLife ? lasting : brief);
    }));
    EXPECT_GT(lasting, 500);
    EXPECT_NEAR(static_cast<double>(brief), static_cast<double>(lasting), 2500);
}

TEST_F(RecorderTest, FindsBothEndsOfAConnectionWithinTheHost) {
    Recorder recorder = open();
    const KeptLife server = ended(half_closed(0, 1), 3);
    KeptLife client = ended(half_closed(0, 2), 4);
    std::swap(client.life.local, client.life.remote);
    recorder.note(server);
    recorder.note(client);
    ASSERT_TRUE(recorder.commit(at(5)));
    const auto found = *reader().life(7, server.life.cookie);
    ASSERT_TRUE(found);
    const auto other = *reader().other_end(*found);
    ASSERT_TRUE(other);
    EXPECT_EQ(other->life.cookie, client.life.cookie);
}

TEST_F(RecorderTest, KeepsAFindingFromFirstToLastSeen) {
    Recorder recorder = open();
    KeptFinding finding{.id = recorder.next_finding_id(),
                        .key = "k",
                        .rule = "close-wait-leak",
                        .severity = 2,
                        .first_seen = at(0),
                        .last_seen = at(0),
                        .active = true,
                        .document = "{}"};
    recorder.note(finding);
    ASSERT_TRUE(recorder.commit(at(1)));
    finding.last_seen = at(30);
    recorder.note(finding);
    ASSERT_TRUE(recorder.commit(at(31)));
    const auto findings = *reader().findings(at(20), at(25), 10);
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_EQ(findings[0].first_seen, at(0));
    EXPECT_EQ(findings[0].last_seen, at(30));
    EXPECT_TRUE(findings[0].active);
    EXPECT_THAT(*reader().findings(at(40), at(50), 10), IsEmpty());
}

TEST_F(RecorderTest, ForgetsWhatIsTooOld) {
    settings.keep = Seconds(100);
    Recorder recorder = open();
    recorder.note(ended(half_closed(0, 1), 3));
    ASSERT_TRUE(recorder.commit(at(4)));
    ASSERT_TRUE(recorder.commit(at(90)));
    EXPECT_EQ(*reader().count_ended({.from = at(0), .to = at(10)}), 1);
    ASSERT_TRUE(recorder.commit(at(104)));
    EXPECT_EQ(*reader().count_ended({.from = at(0), .to = at(10)}), 0);
}

TEST_F(RecorderTest, StaysWithinItsSize) {
    settings.most_bytes = 2'000'000;
    Recorder recorder = open();
    std::uint64_t id = 1;
    for (int second = 0; second < 60; ++second) {
        for (int i = 0; i < 1000; ++i) {
            recorder.note(ended(half_closed(second, id++), second + 3));
        }
        ASSERT_TRUE(recorder.commit(at(second + 4)));
    }
    EXPECT_LT(std::filesystem::file_size(settings.path), settings.most_bytes);
    EXPECT_GT(*reader().count_ended({.from = at(0), .to = at(100)}), 1000);
    EXPECT_EQ(*reader().count_ended({.from = at(0), .to = at(4)}), 0) << "the oldest go first";
}

// The file cannot grow, as on a full disk; but for the number of the error, which SQLite does not
// tell here. tools/kill_recorder.py has a disk that is really full.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit full{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &full);
    }
    ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

private:
    rlimit before_{};
};

TEST_F(RecorderTest, StopsWhenNothingCanBeWrittenAndGoesOnAfterwards) {
    Recorder recorder = open();
    recorder.note(half_closed(0, 1));
    ASSERT_TRUE(recorder.commit(at(1)));
    {
        const FullDisk full(64UL * 1024);
        std::uint64_t id = 2;
        Result<> written = {};
        int second = 1;
        for (; second < 20 && written; ++second) {
            for (int i = 0; i < 500; ++i) {
                recorder.note(ended(half_closed(second, id++), second + 1.5));
            }
            written = recorder.commit(at(second + 1));
        }
        ASSERT_FALSE(written);
        EXPECT_TRUE(recorder.stopped());
        recorder.note(ended(half_closed(0, 1), 21));
        EXPECT_TRUE(recorder.commit(at(second + 1))) << "not tried again so soon";
        EXPECT_TRUE(recorder.stopped());
    }
    ASSERT_TRUE(recorder.commit(at(60)));
    EXPECT_FALSE(recorder.stopped());
    const auto gaps = *reader().gaps(at(0), at(100));
    ASSERT_THAT(gaps, SizeIs(1));
    EXPECT_EQ(gaps[0].reason, GapReason::WriteFailed);
    EXPECT_EQ(gaps[0].end, at(60));
    EXPECT_EQ(lives_at(0.5).at(0).ended, at(21)) << "what was in the file learns its end";
    Database file = *Database::open(settings.path, Database::Use::Read);
    Statement check = *file.prepare("PRAGMA integrity_check");
    ASSERT_TRUE(*check.step());
    EXPECT_EQ(check.text(), "ok");
}

}  // namespace
}  // namespace tcpdx::history
