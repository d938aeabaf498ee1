#include "sources/text/reading_for_tests.h"
#include "sources/text/ss_details.h"

namespace tcpdx::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using namespace std::chrono_literals;

TEST(Ss, KnowsTheQueueAndTheLimitOfAListener) {
    const Connection listener =
        only(reading_of("LISTEN 3      128          *:8080             *:*\n"));
    EXPECT_THAT(listener.accept_queue, Optional(3U));
    EXPECT_THAT(listener.backlog_limit, Optional(128U));
    EXPECT_FALSE(listener.receive_queue);
}

struct Layouts {
    const char* what;
    std::string text;
};
class SsLayouts : public testing::TestWithParam<Layouts> {};

TEST_P(SsLayouts, GiveTheSameRows) {
    const auto seen = reading_of(GetParam().text);
    EXPECT_THAT(lines_of(seen), ElementsAre("LISTEN 0.0.0.0:22 0.0.0.0:*",
                                            "ESTABLISHED 10.0.0.1:22 10.0.0.2:50000"))
        << GetParam().what;
    EXPECT_EQ(seen.paste->unread_lines, 0U);
    EXPECT_EQ(seen.paste->system, HostSystem::Linux);
    EXPECT_THAT(seen.connections.back().send_queue, Optional(36U));
}

INSTANTIATE_TEST_SUITE_P(
    All, SsLayouts,
    testing::Values(
        Layouts{"old, without Netid",
                "State      Recv-Q Send-Q      Local Address:Port          Peer Address:Port \n"
                "LISTEN     0      128                     *:22                       *:*     \n"
                "ESTAB      0      36               10.0.0.1:22                10.0.0.2:50000 \n"},
        Layouts{"with Netid",
                "Netid  State      Recv-Q Send-Q   Local Address:Port       Peer Address:Port\n"
                "tcp    LISTEN     0      128            0.0.0.0:22              0.0.0.0:*\n"
                "tcp    ESTAB      0      36            10.0.0.1:22             10.0.0.2:50000\n"},
        Layouts{
            "glued header of a wide listing",
            "Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess        \n"
            "tcp   LISTEN 0      128          0.0.0.0:22         0.0.0.0:*    ino:1 sk:2 <->\n"
            "tcp   ESTAB  0      36          10.0.0.1:22        10.0.0.2:50000 ino:2 sk:3 <->\n"},
        Layouts{
            "interfaces",
            "LISTEN 0 128 0.0.0.0%lo:22 0.0.0.0:*\nESTAB 0 36 10.0.0.1%eth0:22 10.0.0.2:50000\n"},
        Layouts{"service names",
                "LISTEN 0 128 *:ssh *:*\nESTAB 0 36 10.0.0.1:ssh 10.0.0.2:50000\n"},
        Layouts{"line numbers",
                "1: LISTEN 0 128 *:22 *:*\n2: ESTAB 0 36 10.0.0.1:22 10.0.0.2:50000\n"},
        Layouts{"joined rows", "LISTEN 0 128 *:22 *:* ESTAB 0 36 10.0.0.1:22 10.0.0.2:50000\n"},
        Layouts{"a line for each cell",
                "LISTEN 0 128 *:22 *:*\nESTAB     0      36  \n       10.0.0.1:22  \n   "
                "10.0.0.2:50000\n"},
        Layouts{"no queues wrapped",
                "LISTEN 0 128 *:22 *:*\nESTAB 0 36 10.0.0.1:22\n10.0.0.2:50000\n"}),
    [](const auto& one) { return "N" + std::to_string(one.index); });

TEST(Ss, HasNoStateColumnWhenOneStateWasAskedFor) {
    const auto seen = reading_of(
        "$ ss -tn state close-wait\n"
        "Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n"
        "1      0          127.0.0.1:8080     127.0.0.1:57830\n"
        "32     0          127.0.0.1:8080     127.0.0.1:57831 users:((\"java\",pid=7,fd=9))\n");
    EXPECT_THAT(lines_of(seen), ElementsAre("CLOSE-WAIT 127.0.0.1:8080 127.0.0.1:57830",
                                            "CLOSE-WAIT 127.0.0.1:8080 127.0.0.1:57831"));
    EXPECT_EQ(owner_of(seen, seen.connections[1]), "7/java");
    EXPECT_TRUE(seen.paste->selected);
}

TEST(Ss, CountsRowsOfAnUnnamedStateAsUnderstood) {
    const auto seen = reading_of(
        "Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n"
        "1      0          127.0.0.1:8080     127.0.0.1:57830\n"
        "0      0          127.0.0.1:8080     127.0.0.1:57831\n");
    EXPECT_THAT(seen.connections, IsEmpty());
    EXPECT_EQ(seen.paste->rows_without_state, 2U);
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

TEST(Ss, TakesAListenerOfAnOldVersionThatHadNoStateColumn) {
    EXPECT_THAT(lines_of(reading_of("Recv-Q Send-QLocal Address:Port  Peer Address:Port\n"
                                    "11         10         *:3306               *:*\n")),
                ElementsAre("LISTEN 0.0.0.0:3306 0.0.0.0:*"));
}

TEST(Ss, ReadsUsersTimersAndIdentities) {
    const auto seen = reading_of(
        "ESTAB 0 3 10.0.0.1:1 10.0.0.2:2 users:((\"a b (c)\",pid=42,fd=7),(\"a b "
        "(c)\",pid=43,fd=7)) "
        "timer:(persist,768ms,3) uid:33 ino:6036 sk:1a cgroup:/x fwmark:0x10 <->\n");
    const Connection connection = only(seen);
    EXPECT_EQ(owner_of(seen, connection), "42/a b (c)");
    EXPECT_EQ(connection.owner.more_holders, 1U);
    EXPECT_EQ(connection.owner.descriptor, 7);
    EXPECT_THAT(connection.uid, Optional(33U));
    EXPECT_THAT(connection.inode, Optional(6036U));
    EXPECT_THAT(connection.cookie, Optional(0x1aU));
    EXPECT_THAT(connection.mark, Optional(16U));
    ASSERT_TRUE(connection.timer);
    EXPECT_EQ(connection.timer->kind, TimerKind::ZeroWindow);
    EXPECT_EQ(connection.timer->expires, 768ms);
    EXPECT_EQ(connection.timer->retransmits, 3);
}

TEST(Ss, ReadsUsersOfOldVersions) {
    const auto seen =
        reading_of("ESTAB 0 0 10.0.0.1:1 10.0.0.2:2 users:((\"sshd\",1234,3),(\"sshd\",1230,3))\n");
    EXPECT_EQ(owner_of(seen, only(seen)), "1234/sshd");
}

TEST(Ss, ReadsDurationsAsItWritesThem) {
    EXPECT_EQ(parse_ss_duration("198ms"), 198ms);
    EXPECT_EQ(parse_ss_duration("2.067ms"), 2067ms);
    EXPECT_EQ(parse_ss_duration("15sec"), 15s);
    EXPECT_EQ(parse_ss_duration("2.5sec"), 2500ms);
    EXPECT_EQ(parse_ss_duration("1min11sec"), 71s);
    EXPECT_EQ(parse_ss_duration("119min"), 119min);
    EXPECT_FALSE(parse_ss_duration(""));
    EXPECT_FALSE(parse_ss_duration("12"));
    EXPECT_FALSE(parse_ss_duration("soon"));
}

TEST(Ss, NoTimerIsAFactOnceTimersAreShown) {
    const auto seen = reading_of(
        "FIN-WAIT-2 0 0 10.0.0.1:1 10.0.0.2:2\n"
        "ESTAB      0 0 10.0.0.1:3 10.0.0.2:2 timer:(keepalive,15sec,0)\n");
    ASSERT_TRUE(seen.connections[0].timer);
    EXPECT_EQ(seen.connections[0].timer->kind, TimerKind::None);
    EXPECT_FALSE(only(reading_of("FIN-WAIT-2 0 0 10.0.0.1:1 10.0.0.2:2\n")).timer);
}

constexpr std::string_view kDetails =
    "ts sack ecn ecnseen cubic wscale:7,6 rto:204.5 backoff:2 rtt:57.42/0.558 ato:40 mss:1352 "
    "pmtu:1392 rcvmss:536 advmss:1352 cwnd:370 ssthresh:370 bytes_sent:55417165 "
    "bytes_retrans:4056 bytes_acked:54918278 bytes_received:17 segs_out:41014 segs_in:21803 "
    "data_segs_out:41012 data_segs_in:2 send 69695576bps lastsnd:10 lastrcv:4990 lastack:20 "
    "pacing_rate 83633960bps/1bps delivery_rate 79511952bps delivered:40644 app_limited "
    "busy:4970ms rwnd_limited:4950ms(99.6%) unacked:366 retrans:1/3 lost:2 sacked:4 reordering:4 "
    "reord_seen:6 rcv_rtt:1 rcv_space:13520 rcv_ssthresh:64184 notsent:1832592 minrtt:10.577 "
    "snd_wnd:65536 rcv_wnd:3 rehash:1";

void expect_details(const Connection& connection) {
    ASSERT_TRUE(connection.tcp);
    const TcpDetails& tcp = *connection.tcp;
    EXPECT_EQ(tcp.options, 1 | 2 | 4 | 8 | 16);
    EXPECT_EQ(tcp.send_window_scale, 7);
    EXPECT_EQ(tcp.receive_window_scale, 6);
    EXPECT_EQ(tcp.rto_us, 204500U);
    EXPECT_EQ(tcp.backoff, 2);
    EXPECT_EQ(tcp.srtt_us, 57420U);
    EXPECT_EQ(tcp.rttvar_us, 558U);
    EXPECT_EQ(tcp.send_mss, 1352U);
    EXPECT_EQ(tcp.path_mtu, 1392U);
    EXPECT_EQ(tcp.receive_mss, 536U);
    EXPECT_EQ(tcp.congestion_window, 370U);
    EXPECT_THAT(tcp.bytes_sent, Optional(55417165U));
    EXPECT_THAT(tcp.bytes_retransmitted, Optional(4056U));
    EXPECT_EQ(tcp.bytes_acked, 54918278U);
    EXPECT_EQ(tcp.bytes_received, 17U);
    EXPECT_EQ(tcp.data_segments_out, 41012U);
    EXPECT_EQ(tcp.data_segments_in, 2U);
    EXPECT_EQ(tcp.last_data_sent_ms, 10U);
    EXPECT_EQ(tcp.last_data_received_ms, 4990U);
    EXPECT_EQ(tcp.last_ack_received_ms, 20U);
    EXPECT_EQ(tcp.busy_us, 4970000U);
    EXPECT_EQ(tcp.receive_window_limited_us, 4950000U);
    EXPECT_TRUE(tcp.window_limited_by_peer);
    EXPECT_EQ(tcp.unacked_segments, 366U);
    EXPECT_EQ(tcp.retransmitted_in_flight, 1U);
    EXPECT_EQ(tcp.total_retransmits, 3U);
    EXPECT_EQ(tcp.lost_segments, 2U);
    EXPECT_EQ(tcp.not_sent_bytes, 1832592U);
    EXPECT_THAT(tcp.peer_window, Optional(65536U));
    EXPECT_STREQ(connection.congestion_control.data(), "cubic");
}

constexpr std::string_view kRow =
    "ESTAB 0 2327424 172.31.197.160:39966 172.29.19.183:5201 timer:(on,140ms,1)";

TEST(SsDetails, AreReadFromASecondLine) {
    expect_details(only(reading_of(std::string(kRow) + "\n\t " + std::string(kDetails) + "\n")));
}

TEST(SsDetails, AreReadFromTheSameLine) {
    expect_details(only(reading_of(std::string(kRow) + " " + std::string(kDetails) + "\n")));
}

TEST(SsDetails, AreReadWhereverTheLineWasWrapped) {
    const std::string details(kDetails);
    for (std::size_t at = details.find(' '); at != std::string::npos;
         at = details.find(' ', at + 1)) {
        std::string wrapped = details;
        wrapped[at] = '\n';
        const auto seen = reading_of(std::string(kRow) + "\n\t " + wrapped + "\n");
        SCOPED_TRACE(wrapped.substr(at, 20));
        expect_details(only(seen));
    }
}

TEST(SsDetails, BelongToTheRowAboveThem) {
    const auto seen = reading_of(
        "ESTAB 0 0 10.0.0.1:1 10.0.0.2:2\n\t cubic rto:200 rtt:1/1 cwnd:10 bytes_acked:5\n"
        "ESTAB 0 0 10.0.0.1:3 10.0.0.2:2\n"
        "ESTAB 0 0 10.0.0.1:4 10.0.0.2:2\n\t cubic rto:200 rtt:1/1 cwnd:10 bytes_acked:7\n");
    ASSERT_EQ(seen.connections.size(), 3U);
    EXPECT_EQ(seen.connections[0].tcp->bytes_acked, 5U);
    EXPECT_FALSE(seen.connections[1].tcp);
    EXPECT_EQ(seen.connections[2].tcp->bytes_acked, 7U);
}

TEST(SsDetails, MemoryAloneIsNoTcpInfo) {
    const Connection connection = only(reading_of(
        "ESTAB 0 0 10.0.0.1:1 10.0.0.2:2\n\t skmem:(r0,rb131072,t0,tb87040,f0,w0,o0,bl0,d3)\n"));
    EXPECT_FALSE(connection.tcp);
    EXPECT_THAT(connection.drops, Optional(3U));
}

TEST(SsDetails, ANumberThatThisVersionLeavesOutIsZeroOnlyWhenItKnowsTheNumber) {
    const auto with = reading_of(
        "ESTAB 0 0 10.0.0.1:1 10.0.0.2:2\n\t cubic rto:200 rtt:1/1 cwnd:10 bytes_acked:1\n"
        "ESTAB 0 0 10.0.0.1:3 10.0.0.2:2\n\t cubic rto:200 rtt:1/1 bytes_sent:9 bytes_acked:10\n");
    EXPECT_THAT(with.connections[0].tcp->bytes_sent, Optional(0U));
    EXPECT_EQ(with.connections[0].opener, Opener::Active);
    const auto without = reading_of(
        "ESTAB 0 0 10.0.0.1:1 10.0.0.2:2\n\t cubic rto:200 rtt:1/1 cwnd:10 bytes_acked:1\n");
    EXPECT_FALSE(without.connections[0].tcp->bytes_sent);
    EXPECT_EQ(without.connections[0].opener, Opener::Unknown);
}

TEST(SsDetails, GiveAgesAsOnALiveHost) {
    const auto seen = reading_of(
        "FIN-WAIT-2 0 0 10.0.0.1:1 10.0.0.2:2 timer:(timewait,20sec,0) ino:0 sk:1\n"
        "CLOSE-WAIT 1 0 10.0.0.1:3 10.0.0.2:2 ino:7 sk:2\n"
        "\t cubic rto:200 rtt:1/1 cwnd:10 bytes_received:1 lastsnd:70000 lastrcv:70000 "
        "lastack:70000\n");
    EXPECT_TRUE(seen.connections[0].age.surely_at_least(39s));
    EXPECT_FALSE(seen.connections[0].age.surely_at_least(41s));
    EXPECT_TRUE(seen.connections[1].age.surely_at_least(69s));
    EXPECT_TRUE(seen.coverage.tcp_details);
}

TEST(Ss, UnderstandsOtherFamiliesWithoutTakingThemForConnections) {
    const auto seen = reading_of(
        "Netid  State      Recv-Q Send-Q Local Address:Port                 Peer Address:Port\n"
        "nl     UNCONN     768    0      rtnl:dockerd-current/1220   *\n"
        "u_str  ESTAB      0      0      * 12345                * 12346\n"
        "u_dgr  UNCONN     0      0      /run/systemd/notify 8971 * 0\n"
        "p_raw  UNCONN     0      0      *:eth0                 *\n"
        "udp    UNCONN     0      0      127.0.0.1:323                   *:*\n"
        "udp    ESTAB      0      0      10.0.0.1:68  10.0.0.2:67\n"
        "icmp6  UNCONN     0      0      *:ipv6-icmp *:*\n"
        "v_str  LISTEN     0      0      *:1023 *:*\n");
    EXPECT_THAT(seen.connections, IsEmpty());
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

TEST(Ss, RowsOfUdpAloneAreNoConnections) {
    EXPECT_THAT(reading_of("$ ss -un\nRecv-Q Send-Q Local Address:Port Peer Address:Port\n"
                           "0 0 10.0.0.1:68 10.0.0.2:67\n")
                    .connections,
                IsEmpty());
    EXPECT_THAT(reading_of("$ ss -uan\nState Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
                           "ESTAB 0 0 10.0.0.1:68 10.0.0.2:67\n")
                    .connections,
                IsEmpty());
}

TEST(Ss, SummaryGivesCountsAndTotals) {
    const auto seen = reading_of(
        "Total: 1033\n"
        "TCP:   1234 (estab 501, closed 600, orphaned 12, synrecv 4, timewait 590/0), ports 0\n"
        "\n"
        "Transport Total     IP        IPv6\n"
        "RAW\t  1         0         1        \n"
        "UDP\t  11        6         5        \n"
        "TCP\t  168       150       18       \n"
        "INET\t  180       156       24       \n"
        "FRAG\t  0         0         0        \n");
    const auto count = [&](TcpState state) {
        return seen.paste->state_counts[static_cast<std::size_t>(state)];
    };
    EXPECT_THAT(count(TcpState::Established), Optional(501U));
    EXPECT_THAT(count(TcpState::SynReceived), Optional(4U));
    EXPECT_THAT(count(TcpState::TimeWait), Optional(590U));
    EXPECT_THAT(seen.totals.orphans, Optional(12U));
    EXPECT_EQ(seen.paste->unread_lines, 0U);
    EXPECT_EQ(seen.paste->rows_without_state, 0U);
}

}  // namespace
}  // namespace tcpdx::text
