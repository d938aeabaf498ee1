#include "model/opener.h"

#include <gtest/gtest.h>

namespace tcpdx {
namespace {

Connection with_counters(TcpState state, std::uint64_t acked, std::uint64_t sent) {
    Connection connection;
    connection.state = state;
    connection.send_queue = 0;
    connection.tcp = TcpDetails{};
    connection.tcp->bytes_acked = acked;
    connection.tcp->bytes_sent = sent;
    connection.tcp->bytes_retransmitted = 0;
    return connection;
}

Opener opener_of(Connection connection) {
    infer_opener(connection);
    return connection.opener;
}

TEST(InferOpener, CountsTheSynOfTheActiveSide) {
    EXPECT_EQ(opener_of(with_counters(TcpState::Established, 1, 0)), Opener::Active);
    EXPECT_EQ(opener_of(with_counters(TcpState::Established, 0, 0)), Opener::Passive);
    EXPECT_EQ(opener_of(with_counters(TcpState::Established, 5001, 5000)), Opener::Active);
    EXPECT_EQ(opener_of(with_counters(TcpState::CloseWait, 5000, 5000)), Opener::Passive);
}

TEST(InferOpener, CountsWhatIsInFlightAndWhatWasSentTwice) {
    Connection connection = with_counters(TcpState::Established, 1001, 5000);
    connection.send_queue = 10000;          // 4000 in flight, 6000 not sent yet
    connection.tcp->not_sent_bytes = 7000;  // and 1000 of the 5000 were a repetition
    connection.tcp->bytes_retransmitted = 1000;
    EXPECT_EQ(opener_of(connection), Opener::Active);
}

TEST(InferOpener, CountsOurFinOnceItIsOut) {
    EXPECT_EQ(opener_of(with_counters(TcpState::FinWait2, 2, 0)), Opener::Active);
    EXPECT_EQ(opener_of(with_counters(TcpState::FinWait2, 1, 0)), Opener::Passive);

    Connection unsent = with_counters(TcpState::FinWait1, 1, 0);
    unsent.send_queue = 101;
    unsent.tcp->not_sent_bytes = 101;
    EXPECT_EQ(opener_of(unsent), Opener::Active);
}

TEST(InferOpener, KnowsHalfOpenOnesByTheirState) {
    Connection syn_sent;
    syn_sent.state = TcpState::SynSent;
    EXPECT_EQ(opener_of(syn_sent), Opener::Active);
    Connection request;
    request.state = TcpState::SynReceived;
    request.kind = SocketKind::RequestSocket;
    EXPECT_EQ(opener_of(request), Opener::Passive);
}

TEST(InferOpener, StaysUnknownWithoutCountersOrWithOddOnes) {
    Connection old_kernel = with_counters(TcpState::Established, 1, 0);
    old_kernel.tcp->bytes_sent.reset();
    EXPECT_EQ(opener_of(old_kernel), Opener::Unknown);
    EXPECT_EQ(opener_of(with_counters(TcpState::Established, 7, 0)), Opener::Unknown);
    Connection time_wait;
    time_wait.state = TcpState::TimeWait;
    EXPECT_EQ(opener_of(time_wait), Opener::Unknown);
}

}  // namespace
}  // namespace tcpdx
