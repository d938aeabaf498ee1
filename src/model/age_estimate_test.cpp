#include "model/age_estimate.h"

#include <gtest/gtest.h>

namespace tcpdx {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr KernelTimes kTimes{};

Connection socket_in(TcpState state) {
    Connection connection;
    connection.state = state;
    connection.send_queue = 0;
    connection.timer = Timer{};
    connection.tcp = TcpDetails{};
    return connection;
}

void expect_holds(const Age& age, milliseconds truth) {
    ASSERT_TRUE(age.known());
    EXPECT_LE(age.lower->count(), truth.count());
    if (age.upper) {
        EXPECT_GE(age.upper->count(), truth.count());
    }
}

TEST(EstimateAge, TakesTheLastAckForTheFinInCloseWait) {
    Connection connection = socket_in(TcpState::CloseWait);
    connection.tcp->last_ack_received_ms = 30000;
    connection.tcp->last_data_received_ms = 40000;
    connection.tcp->last_data_sent_ms = 40000;
    connection.tcp->data_segments_out = 1;
    const Age age = estimate_age(connection, kTimes);
    expect_holds(age, seconds(30));
    EXPECT_LT(*age.upper, seconds(31));
}

TEST(EstimateAge, GivesBoundsWhenTheProgramWroteAfterTheFin) {
    Connection connection = socket_in(TcpState::CloseWait);
    connection.tcp->last_ack_received_ms = 30000;  // of the data written 4 s after the FIN
    connection.tcp->last_data_sent_ms = 30000;
    connection.tcp->last_data_received_ms = 34600;
    connection.tcp->data_segments_out = 1;
    expect_holds(estimate_age(connection, kTimes), seconds(34));
}

TEST(EstimateAge, IsNotFooledByKeepaliveAnswersInCloseWait) {
    Connection connection = socket_in(TcpState::CloseWait);
    connection.timer = Timer{.kind = TimerKind::Keepalive, .expires = seconds(1)};
    connection.tcp->last_ack_received_ms = 500;
    connection.tcp->last_data_received_ms = 127500;
    expect_holds(estimate_age(connection, kTimes), seconds(127));
}

TEST(EstimateAge, KnowsAnUnusedConnectionExactlyAndAUsedOneFromBelow) {
    Connection connection = socket_in(TcpState::Established);
    connection.tcp->last_data_received_ms = 90000;
    connection.tcp->last_data_sent_ms = 90000;
    EXPECT_TRUE(estimate_age(connection, kTimes).upper);

    connection.tcp->bytes_received = 10;
    connection.tcp->data_segments_out = 1;
    connection.tcp->last_data_sent_ms = 20000;
    const Age used = estimate_age(connection, kTimes);
    EXPECT_FALSE(used.upper);
    EXPECT_EQ(used.lower, seconds(90));
}

TEST(EstimateAge, AddsTheFirstTimeoutToTheRetransmissionTimeInSynSent) {
    Connection connection = socket_in(TcpState::SynSent);
    connection.timer =
        Timer{.kind = TimerKind::Retransmit, .expires = seconds(1), .retransmits = 3};
    connection.tcp->total_rto_time_ms = 2500;
    expect_holds(estimate_age(connection, kTimes), milliseconds(3500));
}

TEST(EstimateAge, SumsTheLinearScheduleOnKernelsWithoutRetransmissionTime) {
    Connection connection = socket_in(TcpState::SynSent);
    connection.tcp->rto_us = 2'000'000;
    connection.timer =
        Timer{.kind = TimerKind::Retransmit, .expires = milliseconds(500), .retransmits = 5};
    // SYNs at 0, 1, 2, 3, 4, 5 s, and 1.5 s into the next wait.
    const Age age = estimate_age(connection, kTimes);
    EXPECT_EQ(age.lower, milliseconds(6500));
    EXPECT_FALSE(age.upper);
}

TEST(EstimateAge, DoesNotTrustTheRetransmitCountOfARequestSocket) {
    Connection connection = socket_in(TcpState::SynReceived);
    connection.kind = SocketKind::RequestSocket;
    connection.timer =
        Timer{.kind = TimerKind::Retransmit, .expires = milliseconds(3000), .retransmits = 5};
    // The wait that runs is at least 4 s long: 1 + 2 s have passed, and 1 s of it.
    const Age age = estimate_age(connection, kTimes);
    EXPECT_EQ(age.lower, seconds(4));
    EXPECT_FALSE(age.upper);
}

TEST(EstimateAge, TimeWaitIsALowerBound) {
    Connection connection = socket_in(TcpState::TimeWait);
    connection.kind = SocketKind::TimeWaitSocket;
    connection.timer = Timer{.kind = TimerKind::TimeWait, .expires = milliseconds(18000)};
    EXPECT_EQ(estimate_age(connection, kTimes),
              Age::at_least(seconds(42), AgeMethod::TimerRemaining));
}

TEST(EstimateAge, AnOrphanInFinWait2CountsFromFinTimeout) {
    Connection connection = socket_in(TcpState::FinWait2);
    connection.kind = SocketKind::TimeWaitSocket;
    connection.timer = Timer{.kind = TimerKind::TimeWait, .expires = milliseconds(48000)};
    expect_holds(estimate_age(connection, kTimes), seconds(12));
    // TCP_LINGER2 or an option changed meanwhile: more is left than a life is long.
    connection.timer->expires = seconds(70);
    EXPECT_FALSE(estimate_age(connection, kTimes).known());
}

TEST(EstimateAge, SaysNothingWhenDataWasStuckBeforeTheClose) {
    Connection connection = socket_in(TcpState::FinWait1);
    connection.timer =
        Timer{.kind = TimerKind::Retransmit, .expires = seconds(3), .retransmits = 6};
    connection.tcp->total_rto_time_ms = 100000;
    connection.send_queue = 5000;
    EXPECT_FALSE(estimate_age(connection, kTimes).known());
    connection.send_queue = 1;
    expect_holds(estimate_age(connection, kTimes), milliseconds(100210));
}

TEST(EstimateAge, DoesNotCountEarlierLossesAsTimeSpentClosing) {
    Connection connection = socket_in(TcpState::LastAck);
    connection.send_queue = 1;
    connection.timer =
        Timer{.kind = TimerKind::Retransmit, .expires = milliseconds(100), .retransmits = 1};
    connection.tcp->rto_us = 400'000;
    connection.tcp->backoff = 1;
    connection.tcp->total_rto_time_ms = 60000;  // of which 59 s long before
    const Age age = estimate_age(connection, kTimes);
    EXPECT_EQ(age.lower, milliseconds(200 + 300));
    EXPECT_GE(age.upper, milliseconds(60000));
}

TEST(EstimateAge, IsUnknownWithoutDetails) {
    for (const TcpState state : kAllTcpStates) {
        Connection connection;
        connection.state = state;
        EXPECT_FALSE(estimate_age(connection, kTimes).known()) << rfc_name(state);
    }
}

}  // namespace
}  // namespace tcpdx
