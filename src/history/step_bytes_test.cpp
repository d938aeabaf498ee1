#include "history/step_bytes.h"

#include "history/history_for_tests.h"

namespace tcpdx::history {
namespace {

class StepBytes : public HistoryTest {};

TEST_F(StepBytes, GiveBackWhatWasPutIn) {
    const KeptLife kept = ended(half_closed(0), 3);
    trace::Life life;
    ASSERT_TRUE(steps_from_bytes(steps_to_bytes(kept.life), life));
    ASSERT_EQ(life.steps().size(), kept.life.steps().size());
    EXPECT_EQ(life.began_as, TcpState::Closed);
    for (std::size_t i = 0; i < life.steps().size(); ++i) {
        EXPECT_EQ(life.steps()[i].state, kept.life.steps()[i].state);
        EXPECT_EQ(life.steps()[i].latest, kept.life.steps()[i].latest);
        EXPECT_EQ(life.steps()[i].earliest, kept.life.steps()[i].earliest);
        EXPECT_EQ(life.steps()[i].cause, kept.life.steps()[i].cause) << "step " << i;
    }
    EXPECT_TRUE(life.complete());
}

TEST_F(StepBytes, KeepThatABeginningWasNotSeen) {
    KeptLife kept = half_closed(0);
    kept.life.began_as.reset();
    kept.life.step_room[0].earliest = trace::Time(0);
    trace::Life life;
    ASSERT_TRUE(steps_from_bytes(steps_to_bytes(kept.life), life));
    EXPECT_TRUE(life.steps()[0].began_unseen());
    EXPECT_FALSE(life.began_as);
}

TEST_F(StepBytes, KeepTheSpreadOfAnEstimate) {
    KeptLife kept = half_closed(0);
    kept.life.step_room[1].earliest -= std::chrono::milliseconds(250);
    trace::Life life;
    ASSERT_TRUE(steps_from_bytes(steps_to_bytes(kept.life), life));
    EXPECT_EQ(life.steps()[1].earliest, kept.life.steps()[1].earliest);
}

TEST_F(StepBytes, SurviveEveryTruncation) {
    const auto whole = steps_to_bytes(ended(half_closed(0), 3).life);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        trace::Life life;
        const auto read = steps_from_bytes(std::span(whole).first(size), life);
        // A cut between two steps leaves a shorter life.
        EXPECT_TRUE(!read || life.step_count < 5) << size;
    }
}

TEST_F(StepBytes, RefuseAStateThatDoesNotExist) {
    auto bytes = steps_to_bytes(half_closed(0).life);
    bytes[2] = std::byte{200};
    trace::Life life;
    EXPECT_FALSE(steps_from_bytes(bytes, life));
}

TEST_F(StepBytes, RefuseMoreStepsThanALifeCanHave) {
    auto bytes = steps_to_bytes(half_closed(0).life);
    const std::vector<std::byte> steps(bytes.begin() + 2, bytes.end());
    for (int i = 0; i < 5; ++i) {
        bytes.insert(bytes.end(), steps.begin(), steps.end());
    }
    trace::Life life;
    EXPECT_FALSE(steps_from_bytes(bytes, life));
}

}  // namespace
}  // namespace tcpdx::history
