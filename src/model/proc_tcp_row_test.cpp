#include "model/proc_tcp_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tcpdx {
namespace {

using testing::Eq;
using testing::Optional;
using namespace std::chrono_literals;

// As tcp4_seq_show() prints on a little-endian machine: 127.0.0.1 is 0100007F.
constexpr std::string_view kListener =
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 "
    "31337 1 000000005160f9a1 100 0 0 10 0                      ";
constexpr std::string_view kRetransmitting =
    "  12: 0A00000A:C350 010010AC:01BB 01 00000400:00000002 01:00000014 00000003    33        0 "
    "41 2 000000005160f9a1 20 4 30 10 -1";
constexpr std::string_view kKeepalive =
    "  13: 0A00000A:C350 010010AC:01BB 01 00000000:00000000 02:000000C8 00000000    33        2 "
    "41 2 000000005160f9a1 20 4 30 10 -1";
constexpr std::string_view kRequest =
    "   1: 0100007F:1F90 0200007F:8001 03 00000000:00000000 01:00000063 00000001  1000        0 0 "
    "1 000000005160f9a1";
constexpr std::string_view kTimeWait =
    "   2: 0100007F:1F90 0200007F:8001 06 00000000:00000000 03:0000176F 00000000     0        0 0 "
    "3 000000005160f9a1";
constexpr std::string_view kV6 =
    "   0: B80D0120000000000000000001000000:0016 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000     0        0 77 1 000000005160f9a1 100 0 0 10 0";

Connection row(std::string_view line, IpFamily family = IpFamily::V4) {
    const auto connection = parse_tcp_row(line, family);
    EXPECT_TRUE(connection) << line;
    return connection.value_or(Connection{});
}

TEST(ParseTcpRow, ReadsAddressesInHostOrder) {
    const Connection connection = row(kRetransmitting);
    EXPECT_EQ(to_string(connection.local), "10.0.0.10:50000");
    EXPECT_EQ(to_string(connection.remote), "172.16.0.1:443");
    EXPECT_EQ(connection.state, TcpState::Established);
    EXPECT_EQ(connection.kind, SocketKind::Full);
    EXPECT_THAT(connection.uid, Optional(33U));
    EXPECT_THAT(connection.inode, Optional(41U));
}

TEST(ParseTcpRow, ReadsAnIpv6Address) {
    EXPECT_EQ(to_string(row(kV6, IpFamily::V6).local), "[2001:db8::1]:22");
}

TEST(ParseTcpRow, KeepsAMappedAddressInItsFamily) {
    std::string line(kV6);
    line.replace(line.find("B80D0120000000000000000001000000"), 32,
                 "0000000000000000FFFF00000100007F");
    EXPECT_EQ(to_string(row(line, IpFamily::V6).local), "[::ffff:127.0.0.1]:22");
}

TEST(ParseTcpRow, TakesTheQueuesOfAConnection) {
    const Connection connection = row(kRetransmitting);
    EXPECT_THAT(connection.send_queue, Optional(1024U));
    EXPECT_THAT(connection.receive_queue, Optional(2U));
}

TEST(ParseTcpRow, TakesAListenersAcceptQueueButKnowsNotItsLimit) {
    const Connection listener = row(kListener);
    EXPECT_TRUE(listener.is_listener());
    EXPECT_THAT(listener.accept_queue, Optional(3U));
    EXPECT_THAT(listener.backlog_limit, Eq(std::nullopt));
    EXPECT_THAT(listener.receive_queue, Eq(std::nullopt));
    EXPECT_THAT(listener.send_queue, Eq(std::nullopt));
}

TEST(ParseTcpRow, CountsTimersInClockTicks) {
    const Connection connection = row(kRetransmitting);
    EXPECT_EQ(connection.timer->kind, TimerKind::Retransmit);
    EXPECT_EQ(connection.timer->expires, 200ms);
    EXPECT_EQ(connection.timer->retransmits, 3);
}

TEST(ParseTcpRow, CountsProbesOfAKeepaliveAsSockDiagDoes) {
    const Connection connection = row(kKeepalive);
    EXPECT_EQ(connection.timer->kind, TimerKind::Keepalive);
    EXPECT_EQ(connection.timer->retransmits, 2);
}

TEST(ParseTcpRow, TellsARequestSocket) {
    const Connection request = row(kRequest);
    EXPECT_EQ(request.state, TcpState::SynReceived);
    EXPECT_EQ(request.kind, SocketKind::RequestSocket);
    EXPECT_EQ(request.timer->retransmits, 1);
}

TEST(ParseTcpRow, TellsAFullSocketInTheSameState) {
    // A simultaneous open, or TCP Fast Open.
    const Connection full = row(std::string(kRequest) + " 20 4 30 10 -1");
    EXPECT_EQ(full.kind, SocketKind::Full);
}

TEST(ParseTcpRow, TellsATimeWaitSocket) {
    const Connection time_wait = row(kTimeWait);
    EXPECT_EQ(time_wait.state, TcpState::TimeWait);
    EXPECT_EQ(time_wait.kind, SocketKind::TimeWaitSocket);
    EXPECT_EQ(time_wait.timer->kind, TimerKind::TimeWait);
    EXPECT_EQ(time_wait.timer->expires, 59990ms);
}

TEST(ParseTcpRow, RefusesARowOfTheOtherFamily) {
    EXPECT_FALSE(parse_tcp_row(kListener, IpFamily::V6));
    EXPECT_FALSE(parse_tcp_row(kV6, IpFamily::V4));
}

TEST(ParseTcpRow, RefusesAStateThatIsNone) {
    std::string line(kListener);
    line.replace(line.find(" 0A "), 4, " 0F ");
    EXPECT_FALSE(parse_tcp_row(line, IpFamily::V4));
}

TEST(ParseTcpRow, RefusesTheHeading) {
    EXPECT_FALSE(parse_tcp_row("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when",
                               IpFamily::V4));
}

TEST(ParseTcpRow, RefusesEveryTruncationOfAFullSocketBeforeItsTail) {
    const std::size_t tail = kListener.find(" 100 0 0 10 0");
    for (std::size_t size = 0; size <= tail; ++size) {
        EXPECT_FALSE(parse_tcp_row(kListener.substr(0, size), IpFamily::V4)) << size;
    }
}

TEST(ParseTcpRow, RefusesEveryTruncationOfAMiniSocketBeforeItsPointer) {
    const std::size_t pointer = kTimeWait.rfind(' ');
    for (std::size_t size = 0; size <= pointer; ++size) {
        EXPECT_FALSE(parse_tcp_row(kTimeWait.substr(0, size), IpFamily::V4)) << size;
    }
}

TEST(ParseTcpRowStart, TakesAddressesAndStateOfACutRow) {
    const auto start =
        parse_tcp_row_start(kKeepalive.substr(kKeepalive.find("0A00")), IpFamily::V4);
    ASSERT_TRUE(start);
    EXPECT_EQ(to_string(start->local), "10.0.0.10:50000");
    EXPECT_EQ(start->state, TcpState::Established);
    EXPECT_FALSE(start->inode);
    EXPECT_FALSE(start->timer);
    EXPECT_FALSE(parse_tcp_row_start("0A00000A:C350 010010AC:01BB", IpFamily::V4));
    EXPECT_FALSE(parse_tcp_row_start("0A00000A:C350 010010AC:01BB 0F", IpFamily::V4));
}

}  // namespace
}  // namespace tcpdx
