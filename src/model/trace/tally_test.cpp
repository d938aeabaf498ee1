#include "model/trace/tally.h"

#include <gtest/gtest.h>

#include "model/trace/events_for_tests.h"

namespace tcpdx::trace {
namespace {

using namespace std::chrono_literals;

class TallyTest : public ::testing::Test {
protected:
    [[nodiscard]] std::uint64_t open(TcpState state) const {
        return listener.tally().open.at(static_cast<std::size_t>(state));
    }
    [[nodiscard]] std::uint64_t moved(TcpState from, TcpState to) const {
        return listener.tally()
            .transitions.at(static_cast<std::size_t>(from))
            .at(static_cast<std::size_t>(to));
    }
    // connect() at 1 s, established 20 ms later.
    void connect() {
        Event syn = by(client.change(1s, TcpState::Closed, TcpState::SynSent), 42, "curl");
        tracker.apply(syn);
        tracker.apply(client.change(1s + 20ms, TcpState::SynSent, TcpState::Established));
        tracker.advance(2s);
    }
    Told told;
    TallyListener listener{told};
    LifeTracker tracker{{}, listener};
    End client{1, kClientEnd, kServerEnd};
};

TEST_F(TallyTest, CountsAnOpeningAndItsTransitions) {
    connect();
    EXPECT_EQ(listener.tally().opened_actively, 1);
    EXPECT_EQ(listener.tally().opened_passively, 0);
    EXPECT_EQ(moved(TcpState::Closed, TcpState::SynSent), 1);
    EXPECT_EQ(moved(TcpState::SynSent, TcpState::Established), 1);
    EXPECT_EQ(open(TcpState::SynSent), 0);
    EXPECT_EQ(open(TcpState::Established), 1);
}

TEST_F(TallyTest, SortsDwellsIntoClasses) {
    connect();
    const auto& syn_sent = listener.tally().dwells.at(static_cast<std::size_t>(TcpState::SynSent));
    EXPECT_EQ(syn_sent.at(2), 1) << "20 ms: above 0.01 s, at most 0.1 s";
}

TEST_F(TallyTest, CountsAnEnd) {
    connect();
    tracker.apply(client.change(3s, TcpState::Established, TcpState::Closed));
    tracker.advance(4s);
    tracker.finish();
    EXPECT_EQ(listener.tally().closed, 1);
    EXPECT_EQ(open(TcpState::Established), 0);
    EXPECT_EQ(told.lives.size(), 1);
}

TEST_F(TallyTest, CountsAnewWhatIsOpen) {
    connect();
    listener.count_open(tracker);
    EXPECT_EQ(open(TcpState::Established), 1);
}

TEST_F(TallyTest, CountsDetails) {
    connect();
    tracker.apply(client.event(EventKind::Retransmission, 3s, TcpState::Established));
    tracker.apply(client.event(EventKind::ResetReceived, 3s, TcpState::Established));
    tracker.advance(4s);
    EXPECT_EQ(listener.tally().retransmissions, 1);
    EXPECT_EQ(listener.tally().resets_received, 1);
    EXPECT_EQ(listener.tally().resets_sent, 0);
}

}  // namespace
}  // namespace tcpdx::trace
