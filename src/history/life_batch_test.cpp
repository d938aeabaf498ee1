#include "history/life_batch.h"

#include <gmock/gmock.h>

#include "history/history_for_tests.h"

namespace tcpdx::history {
namespace {

using ::testing::SizeIs;
using namespace std::chrono_literals;

class LifeBatchTest : public HistoryTest {
protected:
    static std::vector<KeptLife> read(std::span<const std::byte> bytes) {
        std::vector<KeptLife> lives;
        EXPECT_TRUE(read_batch(bytes, [&](const KeptLife& kept) { lives.push_back(kept); }));
        return lives;
    }
    // Nothing that two others have is as this one has it.
    static KeptLife unlike_others() {
        KeptLife kept = ended(half_closed(2, 7), 5);
        trace::Life& life = kept.life;
        life.network_namespace = 4'026'531'840;
        life.local = {*parse_ip_address("2001:db8::1"), 443};
        life.remote = {*parse_ip_address("2001:db8::99"), 65535};
        life.opener = Opener::Active;
        life.owner = {
            .process = 4'000'000,
            .name = {'a', ' ', 'n', 'a', 'm', 'e', ' ', 'o', 'f', ' ', '1', '5', '!', '!', '!'},
            .basis = trace::OwnerBasis::Listener};
        life.user = 0;
        life.ending = trace::Ending::Reset;
        life.first_fin = trace::Closer::Both;
        life.reset_by = trace::Closer::Local;
        life.error = 104;
        life.syn_cookie = life.details_lost = life.more_owners = true;
        life.retransmissions = 70'000;
        life.syn_retransmissions = 3;
        life.bytes_sent = UINT64_MAX - 1;
        life.bytes_received = 0;
        life.step_room[1].earliest -= 250ms;
        life.step_room[2].flaw = trace::Flaw::StepsMissed;
        life.step_room[2].cause = nullptr;
        life.step_room[3].kind = SocketKind::TimeWaitSocket;
        kept.reset_reason = "TCP_ABORT_ON_CLOSE";
        return kept;
    }
    static void expect_equal(const KeptLife& read, const KeptLife& kept) {
        const trace::Life& a = read.life;
        const trace::Life& b = kept.life;
        EXPECT_EQ(a.cookie, b.cookie);
        EXPECT_EQ(a.network_namespace, b.network_namespace);
        EXPECT_EQ(a.local, b.local);
        EXPECT_EQ(a.remote, b.remote);
        EXPECT_EQ(a.opener, b.opener);
        EXPECT_EQ(a.owner.process, b.owner.process);
        EXPECT_EQ(a.owner.name_text(), b.owner.name_text());
        EXPECT_EQ(a.owner.basis, b.owner.basis);
        EXPECT_EQ(a.user, b.user);
        EXPECT_EQ(a.began_as, b.began_as);
        EXPECT_EQ(a.ending, b.ending);
        EXPECT_EQ(a.first_fin, b.first_fin);
        EXPECT_EQ(a.reset_by, b.reset_by);
        EXPECT_EQ(a.error, b.error);
        EXPECT_EQ(a.syn_cookie, b.syn_cookie);
        EXPECT_EQ(a.fast_open, b.fast_open);
        EXPECT_EQ(a.steps_lost, b.steps_lost);
        EXPECT_EQ(a.details_lost, b.details_lost);
        EXPECT_EQ(a.more_owners, b.more_owners);
        EXPECT_EQ(a.retransmissions, b.retransmissions);
        EXPECT_EQ(a.syn_retransmissions, b.syn_retransmissions);
        EXPECT_EQ(a.bytes_sent, b.bytes_sent);
        EXPECT_EQ(a.bytes_received, b.bytes_received);
        EXPECT_EQ(read.reset_reason, kept.reset_reason);
        EXPECT_EQ(read.ended, kept.ended);
        ASSERT_EQ(a.steps().size(), b.steps().size());
        for (std::size_t i = 0; i < a.steps().size(); ++i) {
            EXPECT_EQ(a.steps()[i].state, b.steps()[i].state) << i;
            EXPECT_EQ(a.steps()[i].kind, b.steps()[i].kind) << i;
            EXPECT_EQ(a.steps()[i].flaw, b.steps()[i].flaw) << i;
            EXPECT_EQ(a.steps()[i].cause, b.steps()[i].cause) << i;
            EXPECT_EQ(a.steps()[i].earliest, b.steps()[i].earliest) << i;
            EXPECT_EQ(a.steps()[i].latest, b.steps()[i].latest) << i;
        }
    }
};

TEST_F(LifeBatchTest, GivesBackWhatWasPutIn) {
    // The third is older than the one before it, with a lower cookie, and of the kind of the first.
    const std::vector<KeptLife> kept = {ended(half_closed(3, 1), 6), unlike_others(),
                                        ended(half_closed(0.25, 2), 3),
                                        ended(half_closed(0.5, 900'000), 3)};
    LifeBatch batch;
    for (const KeptLife& each : kept) {
        ASSERT_TRUE(LifeBatch::is_for(each));
        ASSERT_TRUE(batch.has_room_for(each));
        batch.add(each);
    }
    const auto lives = read(batch.bytes());
    ASSERT_THAT(lives, SizeIs(kept.size()));
    for (std::size_t i = 0; i < lives.size(); ++i) {
        SCOPED_TRACE(i);
        expect_equal(lives[i], kept[i]);
    }
    EXPECT_EQ(batch.size(), 4);
    EXPECT_EQ(batch.first_opened(), at(0.25));
    EXPECT_EQ(batch.first_ended(), at(3));
    EXPECT_EQ(batch.last_ended(), at(6));
    EXPECT_EQ(batch.lowest_cookie(), 1001);
    EXPECT_EQ(batch.highest_cookie(), 901'000);
}

TEST_F(LifeBatchTest, KeepsOneThatNeverHadACookie) {
    KeptLife half_open = ended(half_closed(0), 3);
    half_open.life.cookie = 0;
    LifeBatch batch;
    batch.add(half_open);
    EXPECT_EQ(read(batch.bytes()).at(0).life.cookie, 0);
    EXPECT_GT(batch.lowest_cookie(), batch.highest_cookie()) << "no cookie leads to it";
}

TEST_F(LifeBatchTest, WritesOnceWhatLivesHaveInCommon) {
    LifeBatch batch;
    batch.add(ended(half_closed(0, 1), 3));
    const std::size_t first = batch.bytes().size();
    for (std::uint64_t i = 2; i <= 101; ++i) {
        batch.add(ended(half_closed(0, i), 3));
    }
    EXPECT_LT((batch.bytes().size() - first) / 100, first / 2);
}

TEST_F(LifeBatchTest, IsNotForOneThatIsOpenOrLastedLong) {
    EXPECT_FALSE(LifeBatch::is_for(half_closed(0)));
    EXPECT_TRUE(LifeBatch::is_for(ended(half_closed(0), 600)));
    EXPECT_FALSE(LifeBatch::is_for(ended(half_closed(0), 600.5)));
}

TEST_F(LifeBatchTest, IsNotForOneWhoseBeginningWasNotSeen) {
    KeptLife kept = ended(half_closed(0), 3);
    kept.life.step_room[0].earliest = trace::Time(0);
    EXPECT_FALSE(LifeBatch::is_for(kept));
}

TEST_F(LifeBatchTest, HoldsEndsOfOneMinuteOnly) {
    LifeBatch batch;
    batch.add(ended(half_closed(100), 110));
    EXPECT_TRUE(batch.has_room_for(ended(half_closed(100), 170)));
    EXPECT_FALSE(batch.has_room_for(ended(half_closed(100), 170.5)));
    EXPECT_TRUE(batch.has_room_for(ended(half_closed(30), 50)));
    EXPECT_FALSE(batch.has_room_for(ended(half_closed(30), 49.5)));
}

TEST_F(LifeBatchTest, HoldsAsManyAsAreReadAtOnce) {
    LifeBatch batch;
    for (std::uint64_t i = 1; i <= LifeBatch::kMostLives; ++i) {
        ASSERT_TRUE(batch.has_room_for(ended(half_closed(0, i), 3)));
        batch.add(ended(half_closed(0, i), 3));
    }
    EXPECT_FALSE(batch.has_room_for(ended(half_closed(0, 1), 3)));
    EXPECT_THAT(read(batch.bytes()), SizeIs(LifeBatch::kMostLives));
}

TEST_F(LifeBatchTest, SurvivesEveryTruncation) {
    LifeBatch batch;
    batch.add(ended(half_closed(0, 1), 3));
    batch.add(unlike_others());
    batch.add(ended(half_closed(0, 2), 3));
    const auto whole = batch.bytes();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        std::vector<KeptLife> lives;
        const auto done = read_batch(
            std::vector(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)),
            [&](const KeptLife& kept) { lives.push_back(kept); });
        // A cut between two leaves the ones before it.
        EXPECT_TRUE(!done || lives.size() < 3) << size;
        if (!lives.empty()) {
            expect_equal(lives[0], ended(half_closed(0, 1), 3));
        }
    }
}

TEST_F(LifeBatchTest, OfALaterVersionIsNotRead) {
    LifeBatch batch;
    batch.add(ended(half_closed(0), 3));
    std::vector<std::byte> bytes(batch.bytes().begin(), batch.bytes().end());
    bytes[0] = std::byte{2};
    EXPECT_FALSE(read_batch(bytes, [](const KeptLife&) { FAIL(); }));
}

TEST_F(LifeBatchTest, NamesNoKindThatWasNotThereBefore) {
    LifeBatch batch;
    batch.add(ended(half_closed(0), 3));
    std::vector<std::byte> bytes(batch.bytes().begin(), batch.bytes().end());
    bytes[1] = std::byte{1};
    EXPECT_FALSE(read_batch(bytes, [](const KeptLife&) { FAIL(); }));
}

}  // namespace
}  // namespace tcpdx::history
