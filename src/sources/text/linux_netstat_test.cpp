#include "sources/text/reading_for_tests.h"

namespace tcpdx::text {
namespace {

using testing::ElementsAre;
using testing::Eq;
using testing::IsEmpty;
using testing::Optional;
using namespace std::chrono_literals;

constexpr std::string_view kHeader =
    "Active Internet connections (servers and established)\n"
    "Proto Recv-Q Send-Q Local Address           Foreign Address         State       "
    "PID/Program name    Timer\n";

std::string with_header(std::string_view rows) {
    return std::string(kHeader) + std::string(rows);
}

TEST(LinuxNetstat, ReadsARowWithAllItsColumns) {
    const auto seen =
        reading_of(with_header("tcp        3      7 10.0.0.1:40000          10.0.0.2:443           "
                               " ESTABLISHED 1000       "
                               "4711       42/nginx: worker     keepalive (12.50/0/2)\n"));
    const Connection connection = only(seen);
    EXPECT_THAT(lines_of(seen), ElementsAre("ESTABLISHED 10.0.0.1:40000 10.0.0.2:443"));
    EXPECT_THAT(connection.receive_queue, Optional(3U));
    EXPECT_THAT(connection.send_queue, Optional(7U));
    EXPECT_THAT(connection.uid, Optional(1000U));
    EXPECT_THAT(connection.inode, Optional(4711U));
    EXPECT_EQ(owner_of(seen, connection), "42/nginx: worker");
    ASSERT_TRUE(connection.timer);
    EXPECT_EQ(connection.timer->kind, TimerKind::Keepalive);
    EXPECT_EQ(connection.timer->expires, 12500ms);
    EXPECT_EQ(connection.timer->retransmits, 2);
    EXPECT_EQ(connection.source_line, 3U);
    EXPECT_EQ(seen.paste->system, HostSystem::Linux);
    EXPECT_THAT(seen.paste->tools, ElementsAre("netstat"));
}

TEST(LinuxNetstat, LeavesEmptyWhatTheListingDoesNotHave) {
    const Connection connection =
        only(reading_of("tcp        0      0 10.0.0.1:40000          10.0.0.2:443            "
                        "ESTABLISHED\n"));
    EXPECT_FALSE(connection.timer);
    EXPECT_FALSE(connection.uid);
    EXPECT_FALSE(connection.inode);
    EXPECT_FALSE(connection.tcp);
    EXPECT_FALSE(connection.drops);
    EXPECT_FALSE(connection.age.known());
    EXPECT_EQ(connection.owner.kind, OwnerKind::Unknown);
}

TEST(LinuxNetstat, KnowsTheAcceptQueueOfAListenerButNotItsLimit) {
    const Connection listener =
        only(reading_of("tcp6     129      0 :::8080                 :::*                    "
                        "LISTEN      7/java\n"));
    EXPECT_THAT(listener.accept_queue, Optional(129U));
    EXPECT_FALSE(listener.backlog_limit);
    EXPECT_FALSE(listener.receive_queue);
    EXPECT_FALSE(listener.send_queue);
    EXPECT_EQ(to_string(listener.local), "[::]:8080");
}

TEST(LinuxNetstat, ReadsEveryStateItPrints) {
    const auto seen = reading_of(
        "tcp 0 0 1.1.1.1:1 2.2.2.2:1 ESTABLISHED\n"
        "tcp 0 1 1.1.1.1:2 2.2.2.2:1 SYN_SENT\n"
        "tcp 0 0 1.1.1.1:3 2.2.2.2:1 SYN_RECV\n"
        "tcp 0 1 1.1.1.1:4 2.2.2.2:1 FIN_WAIT1\n"
        "tcp 0 0 1.1.1.1:5 2.2.2.2:1 FIN_WAIT2\n"
        "tcp 0 0 1.1.1.1:6 2.2.2.2:1 TIME_WAIT\n"
        "tcp 0 0 1.1.1.1:7 2.2.2.2:1 CLOSE\n"
        "tcp 1 0 1.1.1.1:8 2.2.2.2:1 CLOSE_WAIT\n"
        "tcp 1 1 1.1.1.1:9 2.2.2.2:1 LAST_ACK\n"
        "tcp 0 0 1.1.1.1:10 0.0.0.0:* LISTEN\n"
        "tcp 0 1 1.1.1.1:11 2.2.2.2:1 CLOSING\n");
    std::vector<TcpState> states;
    for (const Connection& connection : seen.connections) {
        states.push_back(connection.state);
    }
    using enum TcpState;
    EXPECT_THAT(states, ElementsAre(Established, SynSent, SynReceived, FinWait1, FinWait2, TimeWait,
                                    Closed, CloseWait, LastAck, Listen, Closing));
}

TEST(LinuxNetstat, CountsARowWithoutAKnownStateInsteadOfLosingIt) {
    const auto seen = reading_of(
        "tcp        0      0 10.0.0.1:40000          10.0.0.2:443            QUUXIFIED   7/x\n");
    EXPECT_THAT(seen.connections, IsEmpty());
    ASSERT_EQ(seen.paste->unread_lines, 1U);
    EXPECT_EQ(seen.paste->unread.front().number, 1U);
    EXPECT_THAT(seen.paste->unread.front().text, testing::HasSubstr("QUUXIFIED"));
}

TEST(LinuxNetstat, CountsAStateThatTheToolItselfDoesNotKnow) {
    const auto seen = reading_of("tcp 0 0 10.0.0.1:40000 10.0.0.2:443 UNKNOWN\n");
    EXPECT_THAT(seen.connections, IsEmpty());
    EXPECT_EQ(seen.paste->rows_without_state, 1U);
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

TEST(LinuxNetstat, UnderstandsOtherSocketsWithoutTakingThemForConnections) {
    const auto seen = reading_of(with_header(
        "udp        0      0 0.0.0.0:68              0.0.0.0:*                           "
        "1/dhclient\n"
        "udp6       0      0 :::5353                 :::*                                2/avahi: "
        "r\n"
        "udp        0      0 10.0.0.1:123            10.0.0.2:123            ESTABLISHED 3/ntpd\n"
        "raw6  213120      0 :::58                   :::*                    7           -\n"
        "Active UNIX domain sockets (servers and established)\n"
        "Proto RefCnt Flags       Type       State         I-Node   PID/Program name     Path\n"
        "unix  2      [ ACC ]     STREAM     LISTENING     8981     1/systemd            /run/x\n"
        "unix  3      [ ]         流        已连接     17588    \n"));
    EXPECT_THAT(seen.connections, IsEmpty());
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

TEST(LinuxNetstat, TakesTheOwnersOfAllKindsOfPrograms) {
    const auto seen = reading_of(
        "tcp 0 0 10.0.0.1:1 0.0.0.0:* LISTEN 600/sshd: /usr/sbin\n"
        "tcp 0 0 10.0.0.1:2 0.0.0.0:* LISTEN 601/sshd: a@pts/0  off (0.00/0/0)\n"
        "tcp 0 0 10.0.0.1:3 0.0.0.0:* LISTEN 18554/java  off(0.00/0/0)\n"
        "tcp 0 0 10.0.0.1:4 0.0.0.0:* LISTEN 5348/./server\n"
        "tcp 0 0 10.0.0.1:5 0.0.0.0:* LISTEN -\n");
    std::vector<std::string> owners;
    for (const Connection& connection : seen.connections) {
        owners.push_back(owner_of(seen, connection));
    }
    EXPECT_THAT(owners, ElementsAre("600/sshd: /usr/sbin", "601/sshd: a@pts/0", "18554/java",
                                    "5348/./server", "unknown"));
}

TEST(LinuxNetstat, KeepsNamesAsTheyWerePasted) {
    const auto seen = reading_of(with_header(
        "tcp        0     11 ip-20-147-13-90.e:mysql ip-20-35-134-55.e:49768 ESTABLISHED\n"
        "tcp        0     11 ip-20-147-13-90.e:mysql <redacted>:35972        ESTABLISHED\n"
        "tcp        0      0 localhost:http          localhost:40000         TIME_WAIT\n"
        "tcp        0      0 localhost.localdoma:ssh xx.xx.xx.xx:PORT        ESTABLISHED\n"));
    EXPECT_THAT(lines_of(seen),
                ElementsAre("ESTABLISHED ip-20-147-13-90.e:3306 ip-20-35-134-55.e:49768",
                            "ESTABLISHED ip-20-147-13-90.e:3306 <redacted>:35972",
                            "TIME-WAIT 127.0.0.1:80 127.0.0.1:40000",
                            "ESTABLISHED 127.0.0.1:22 xx.xx.xx.xx:0"));
    EXPECT_EQ(seen.connections[0].local, seen.connections[1].local);
    EXPECT_NE(seen.connections[0].remote.address, seen.connections[1].remote.address);
}

TEST(LinuxNetstat, TakesAMappedAddressOfAnIpv6SocketAsOne) {
    const auto seen = reading_of(
        "tcp6       0      0 127.0.0.1:9200          :::*                    LISTEN\n"
        "tcp        0      0 ::ffff:10.0.0.1:9092    ::ffff:10.0.0.2:58837   ESTABLISHED\n"
        "tcp6       0      0 fe80::1%eth0:22         fe80::2%eth0:50000      ESTABLISHED\n");
    EXPECT_THAT(lines_of(seen),
                ElementsAre("LISTEN [::ffff:127.0.0.1]:9200 [::]:*",
                            "ESTABLISHED [::ffff:10.0.0.1]:9092 [::ffff:10.0.0.2]:58837",
                            "ESTABLISHED [fe80::1]:22 [fe80::2]:50000"));
}

// ----- How it arrives -----

struct Mangled {
    const char* what;
    std::string text;
};

class MangledNetstat : public testing::TestWithParam<Mangled> {};

TEST_P(MangledNetstat, ReadsTheSameRows) {
    const auto seen = reading_of(GetParam().text);
    EXPECT_THAT(lines_of(seen),
                ElementsAre("LISTEN 0.0.0.0:80 0.0.0.0:*", "CLOSE-WAIT 10.0.0.1:80 10.0.0.2:50000"))
        << GetParam().what;
    EXPECT_EQ(seen.paste->unread_lines, 0U) << GetParam().what;
}

INSTANTIATE_TEST_SUITE_P(
    All, MangledNetstat,
    testing::Values(
        Mangled{"plain",
                "tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN      "
                "7/httpd\n"
                "tcp        1      0 10.0.0.1:80             10.0.0.2:50000          CLOSE_WAIT  "
                "7/httpd\n"},
        Mangled{"CRLF",
                "tcp  0  0 0.0.0.0:80  0.0.0.0:*  LISTEN\r\ntcp  1  0 10.0.0.1:80  10.0.0.2:50000  "
                "CLOSE_WAIT\r\n"},
        Mangled{"lone CR",
                "tcp  0  0 0.0.0.0:80  0.0.0.0:*  LISTEN\rtcp  1  0 10.0.0.1:80  10.0.0.2:50000  "
                "CLOSE_WAIT\r"},
        Mangled{"tabs",
                "tcp\t0\t0\t0.0.0.0:80\t0.0.0.0:*\tLISTEN\ntcp\t1\t0\t10.0.0.1:80\t10.0.0.2:"
                "50000\tCLOSE_WAIT\n"},
        Mangled{"quoted",
                "> tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\n>>> > tcp 1 0 10.0.0.1:80 10.0.0.2:50000 "
                "CLOSE_WAIT\n"},
        Mangled{"commented",
                "# tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\n * tcp 1 0 10.0.0.1:80 10.0.0.2:50000 "
                "CLOSE_WAIT\n"},
        Mangled{"numbered",
                "  1  tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\n12:tcp 1 0 10.0.0.1:80 10.0.0.2:50000 "
                "CLOSE_WAIT\n"},
        Mangled{"timestamped",
                "10:14:57 tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\n2024-01-02T03:04:05 web1 tcp 1 0 "
                "10.0.0.1:80 10.0.0.2:50000 CLOSE_WAIT\n"},
        Mangled{"coloured",
                "tcp 0 0 0.0.0.0:\x1b[01;31m\x1b[K80\x1b[m\x1b[K 0.0.0.0:* LISTEN\n\x1b[32mtcp 1 0 "
                "10.0.0.1:80 10.0.0.2:50000 CLOSE_WAIT\x1b[0m\n"},
        Mangled{"colour without escape",
                "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN [0m\ntcp 1 0 10.0.0.1:80 10.0.0.2:50000 "
                "CLOSE_WAIT\n"},
        Mangled{"Markdown",
                "| tcp 0 0 0.0.0.0:80 0.0.0.0:\\* LISTEN |\n| tcp 1 0 10.0.0.1:80 10.0.0.2:50000 "
                "CLOSE\\_WAIT |\n"},
        Mangled{"HTML",
                "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN<br/>\n<pre>tcp&nbsp;1 0 10.0.0.1:80 "
                "10.0.0.2:50000 CLOSE_WAIT</pre>\n"},
        Mangled{"no-break spaces",
                "tcp\xc2\xa0"
                "0 0\xe3\x80\x80"
                "0.0.0.0:80 0.0.0.0:* LISTEN\ntcp 1 0 10.0.0.1:80 10.0.0.2:50000\xc2\xa0"
                "CLOSE_WAIT\n"},
        Mangled{"blank lines",
                "\n\ntcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\n\n \t\ntcp 1 0 10.0.0.1:80 "
                "10.0.0.2:50000 CLOSE_WAIT"},
        Mangled{"joined rows",
                "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN 7/httpd tcp 1 0 10.0.0.1:80 10.0.0.2:50000 "
                "CLOSE_WAIT 7/httpd\n"},
        Mangled{"glued cells",
                "tcp        0      0 0.0.0.0:800.0.0.0:*               LISTEN\ntcp 1 0 10.0.0.1:80 "
                "10.0.0.2:50000 CLOSE_WAIT7/httpd\n"},
        Mangled{"lost protocol",
                "0      0 0.0.0.0:80              0.0.0.0:*               LISTEN\n1 0 10.0.0.1:80 "
                "10.0.0.2:50000 CLOSE_WAIT\n"},
        Mangled{"only the last columns",
                "0.0.0.0:80 0.0.0.0:* LISTEN\n10.0.0.1:80 10.0.0.2:50000 CLOSE_WAIT\n"},
        Mangled{"cut before the state",
                "tcp        0      0 0.0.0.0:80              0.0.0.0:*              \nLISTEN      "
                "7/httpd\ntcp 1 0 10.0.0.1:80 10.0.0.2:50000\n  CLOSE_WAIT 7/httpd\n"},
        Mangled{"cut within the state",
                "tcp        0      0 0.0.0.0:80              0.0.0.0:*               LIS\nTEN      "
                "7/httpd\ntcp 1 0 10.0.0.1:80 10.0.0.2:50000 CLOSE_WAIT\n"},
        Mangled{"cut within a port",
                "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\ntcp        1      0 10.0.0.1:80             "
                "10.0.0.2:500\n00          CLOSE_WAIT  7/httpd\n"},
        Mangled{"cut within a port, and quoted",
                "> tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\n"
                "> tcp        1      0 10.0.0.1:80             10.0.0.2:500\n"
                "> 00          CLOSE_WAIT  7/httpd\n"},
        Mangled{"cut between the addresses",
                "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\ntcp        1      0 10.0.0.1:80\n            "
                " 10.0.0.2:50000          CLOSE_WAIT\n"},
        Mangled{"cut after the queues",
                "tcp 0 0\n0.0.0.0:80 0.0.0.0:* LISTEN\ntcp 1 0 10.0.0.1:80 10.0.0.2:50000 "
                "CLOSE_WAIT\n"},
        Mangled{"UTF-8 mark",
                "\xef\xbb\xbftcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\ntcp 1 0 10.0.0.1:80 "
                "10.0.0.2:50000 CLOSE_WAIT\n"},
        Mangled{"in prose",
                "I see this on my server, and the tcp connections stay forever:\n\ntcp 0 0 "
                "0.0.0.0:80 0.0.0.0:* LISTEN\ntcp 1 0 10.0.0.1:80 10.0.0.2:50000 "
                "CLOSE_WAIT\n\nWhat does CLOSE_WAIT mean? Is it my fault?\n"},
        Mangled{"a list in JSON",
                "  \"tcp        0      0 0.0.0.0:80    0.0.0.0:*     LISTEN      \",\n"
                "  \"tcp 1 0 10.0.0.1:80 10.0.0.2:50000 CLOSE_WAIT\",\n"},
        Mangled{"a table in Markdown",
                "| tcp | 0 | 0 | 0.0.0.0:80 | 0.0.0.0:* | LISTEN |\n"
                "|tcp|1|0|10.0.0.1:80|10.0.0.2:50000|CLOSE_WAIT|\n"},
        Mangled{"states cut by the screen",
                "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTE\n"
                "tcp 1 0 10.0.0.1:80 10.0.0.2:50000 CLOSE_WA 7/httpd\n"},
        Mangled{"JSON escapes",
                "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\\ntcp 1 0 10.0.0.1:80 10.0.0.2:50000 "
                "CLOSE_WAIT\\n"}),
    [](const auto& one) { return "N" + std::to_string(one.index); });

TEST(LinuxNetstat, ReadsUtf16OfPowerShellsRedirection) {
    std::string wide = "\xff\xfe";
    for (const char c : std::string("tcp 0 0 10.0.0.1:80 10.0.0.2:50000 TIME_WAIT\r\n")) {
        wide += c;
        wide += '\0';
    }
    EXPECT_THAT(lines_of(reading_of(wide)), ElementsAre("TIME-WAIT 10.0.0.1:80 10.0.0.2:50000"));
}

TEST(LinuxNetstat, JoinsCellsThatWereWrappedWithinTheirColumn) {
    const auto seen = reading_of(
        "    tcp    192.168.154.121:56416            51.223.164.155:  ESTABLISHED  0     0      "
        "1352/svchost.exe\n"
        "                                            443\n"
        "    tcp    192.168.154.121:56417            20.47.14.136:44  TIME_WAIT    0     0      "
        "0/[System Process]\n"
        "                                            3\n");
    EXPECT_THAT(lines_of(seen), ElementsAre("ESTABLISHED 192.168.154.121:56416 51.223.164.155:443",
                                            "TIME-WAIT 192.168.154.121:56417 20.47.14.136:443"));
}

TEST(LinuxNetstat, SaysWhenTheListingEndsWithinARow) {
    const auto seen =
        reading_of("tcp 0 0 10.0.0.1:80 10.0.0.2:50000 TIME_WAIT\ntcp 0 0 10.0.0.1:8");
    EXPECT_EQ(seen.connections.size(), 1U);
    EXPECT_TRUE(seen.paste->cut_off);
    EXPECT_EQ(seen.paste->unread_lines, 1U);
}

TEST(LinuxNetstat, SaysWhenRowsWereLeftOut) {
    EXPECT_TRUE(reading_of("tcp 0 0 10.0.0.1:80 10.0.0.2:50000 TIME_WAIT\n...\n").paste->cut_off);
    EXPECT_TRUE(reading_of("$ netstat -ant | head -3\n").paste->cut_off);
    EXPECT_FALSE(
        reading_of("tcp 0 0 10.0.0.1:80 10.0.0.2:50000 TIME_WAIT\nDone.\n").paste->cut_off);
}

TEST(LinuxNetstat, CountsRowsWithoutAStateAsUnderstood) {
    const auto seen =
        reading_of("10.0.5.72:33014\t185.215.24.174:443\n10.0.5.72:45740\t1.2.3.4:80\n");
    EXPECT_THAT(seen.connections, IsEmpty());
    EXPECT_EQ(seen.paste->rows_without_state, 2U);
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

TEST(LinuxNetstat, TakesProseForProse) {
    const auto seen = reading_of(
        "Our tcp listener on 10.0.0.1:80 is fine, but 3 clients see LISTEN errors.\n"
        "See http://example.com:8080/path and ftp://x.y:21 for udp 0 0 things.\n"
        "The state is CLOSE_WAIT 5 minutes after the FIN.\n"
        "tcp 80\nudp\nTCP/IP is hard: tcp://1.2.3.4:80\n");
    EXPECT_THAT(seen.connections, IsEmpty());
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

}  // namespace
}  // namespace tcpdx::text
