#include "model/tcp_state.h"

#include <gtest/gtest.h>

namespace tcpdx {
namespace {

TEST(TcpState, ParsesItsOwnNames) {
    for (const TcpState state : kAllTcpStates) {
        EXPECT_EQ(parse_tcp_state(rfc_name(state)), state);
        EXPECT_EQ(parse_tcp_state(netstat_name(state)), state);
    }
}

TEST(TcpState, ParsesTheSpellingsOfOtherTools) {
    EXPECT_EQ(parse_tcp_state("time-wait"), TcpState::TimeWait);
    EXPECT_EQ(parse_tcp_state("TimeWait"), TcpState::TimeWait);
    EXPECT_EQ(parse_tcp_state("tw"), TcpState::TimeWait);
    EXPECT_EQ(parse_tcp_state("ESTAB"), TcpState::Established);
    EXPECT_EQ(parse_tcp_state("SYN_RCVD"), TcpState::SynReceived);
    EXPECT_EQ(parse_tcp_state("fin-wait-1"), TcpState::FinWait1);
    EXPECT_EQ(parse_tcp_state("Listening"), TcpState::Listen);
}

TEST(TcpState, RejectsOtherWords) {
    EXPECT_FALSE(parse_tcp_state(""));
    EXPECT_FALSE(parse_tcp_state("TIME_WAITING"));
    EXPECT_FALSE(parse_tcp_state("-"));
    EXPECT_FALSE(parse_tcp_state("estab!"));
}

TEST(TcpState, KnowsTheNumbersOfTheKernel) {
    EXPECT_EQ(tcp_state_of_kernel(1), TcpState::Established);
    EXPECT_EQ(tcp_state_of_kernel(11), TcpState::Closing);
    EXPECT_EQ(tcp_state_of_kernel(12), TcpState::SynReceived);
    EXPECT_FALSE(tcp_state_of_kernel(14));
}

TEST(StateSet, HoldsWhatWasAdded) {
    const StateSet set = StateSet().add(TcpState::TimeWait).add(TcpState::Listen);
    EXPECT_TRUE(set.contains(TcpState::TimeWait));
    EXPECT_FALSE(set.contains(TcpState::Closed));
    EXPECT_TRUE(StateSet::all().contains(TcpState::Closed));
}

}  // namespace
}  // namespace tcpdx
