#include <chrono>
#include <random>

#include "sources/text/reading_for_tests.h"

namespace tcpdx::text {
namespace {

// A bit of every format.
constexpr std::string_view kEverything =
    "root@web1:~# netstat -antpoe | grep 80\n"
    "(Not all processes could be identified, non-owned process info\n"
    "Active Internet connections (servers and established)\n"
    "Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program "
    "name\n"
    "tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN      7/httpd: x  "
    "off (0.00/0/0)\n"
    "tcp6       1      0 ::ffff:10.0.0.1:80      fe80::1%eth0:50000      CLOSE_WAIT  1000 4711 "
    "7/httpd keepalive (12.5/0/2)\n"
    "tcp        0      0 localhost:http          ip-10-0-0-1.ec2:50001   POSLEDNÍ ACK -\n"
    "udp        0      0 0.0.0.0:68              0.0.0.0:*                           -\n"
    "unix  2      [ ACC ]     STREAM     LISTENING     8981     1/systemd            /run/x\n"
    "State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
    "> ESTAB 0 3 10.0.0.1:1 10.0.0.2:2 users:((\"a b\",pid=42,fd=7),(\"c\",pid=43,fd=7)) "
    "timer:(persist,1min11sec,3) ino:6 sk:1a <->\n"
    ">\t skmem:(r0,rb1,t0,tb8,f0,w0,o0,bl0,d3) ts sack cubic wscale:7,6 rto:204.5 rtt:57.42/0.558 "
    "send 69bps retrans:1/3 busy:49ms rwnd_limited:49ms(99.6%) minrtt:10.577\n"
    "TCP:   1234 (estab 501, closed 600, orphaned 12, timewait 590/0), ports 0\n"
    "  TCP    [fe80::1%5]:50001      [fe80::2%5]:8080       ABH\x99REN        4632\n"
    " [svchost.exe]\n"
    "::  49668  ::  0  Listen   3132\n"
    "LocalAddress   : 10.0.0.1\nLocalPort      : 50000\nState          : CloseWait\n"
    "tcp4       0      0  10.32.41.199.55669     m33sjmcs118.webe.https ESTABLISHED 131346 131768  "
    "  422      0\n"
    "tcp4  193/2/128                        *.8080                 \n"
    "10.0.0.1.16043       10.0.0.2.54871       49640     17 49640      4 CLOSE_WAIT\n"
    "java 27836 me 1712r  IPv4 844147418      0t0  TCP 10.93.223.45:webcache->10.65.45.145:60494 "
    "(CLOS _WAIT)\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 "
    "31337 1 000000005160f9a1 100 0 0 10 0\n"
    "  28230 TIME_WAIT\n"
    "TcpExtListenOverflows           42                 0.0\n"
    "    5 times the listen queue of a socket overflowed\n"
    "TcpExt: SyncookiesSent ListenOverflows PruneCalled\nTcpExt: 1 2 3\n"
    "\x1b[31mtcp 0 0 0.0.0.0:800.0.0.0:* LISTEN\x1b[0m&nbsp;<br/>\n"
    "tcp 0 0 10.0.0.1:1 10.0.0.2:\n443 ESTABLISHED\n...\n";

// Nothing is lost: every socket row is a connection, counted as unread, or as without a state.
void expect_sound(std::string_view text) {
    const Reading reading = read_paste(text);
    const Observations& now = reading.now;
    ASSERT_TRUE(now.paste);
    EXPECT_LE(now.connections.size(), now.paste->socket_rows);
    EXPECT_LE(now.paste->unread.size(), now.paste->unread_lines);
    for (const Connection& connection : now.connections) {
        EXPECT_GE(connection.source_line, 1U);
        EXPECT_LE(connection.source_line, now.paste->lines);
        EXPECT_TRUE(connection.owner.process == kNoProcess ||
                    connection.owner.process < now.processes.size());
        for (const IpAddress& address : {connection.local.address, connection.remote.address}) {
            EXPECT_TRUE(address.family != IpFamily::Name || !now.paste->host_name(address).empty());
        }
    }
}

TEST(Robustness, SurvivesEveryTruncation) {
    for (std::size_t size = 0; size <= kEverything.size(); ++size) {
        expect_sound(kEverything.substr(0, size));
        expect_sound(kEverything.substr(size));
    }
}

TEST(Robustness, SurvivesAnyByteAnywhere) {
    for (const char byte : {'\0', '\n', '\r', '\xff', '\x80', '\x1b', ':', ' ', '(', '9'}) {
        for (std::size_t at = 0; at < kEverything.size(); at += 5) {
            std::string text(kEverything);
            text[at] = byte;
            expect_sound(text);
        }
    }
}

TEST(Robustness, SurvivesNoiseOfTheSameWords) {
    // Words of all formats in random order.
    std::vector<std::string> words;
    std::string word;
    for (const char c : kEverything) {
        if (c == ' ') {
            words.push_back(std::exchange(word, {}));
        } else {
            word += c;
        }
    }
    std::minstd_rand random(1);
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (int i = 0; i < 60; ++i) {
            text += words[random() % words.size()] + " ";
        }
        expect_sound(text);
    }
}

TEST(Robustness, ShowsUnreadLinesAsValidUtf8) {
    const auto seen = reading_of("tcp 0 0 10.0.0.1:1 10.0.0.2:2 Q\xff\xc3UUX\x01 7/x\n");
    ASSERT_EQ(seen.paste->unread.size(), 1U);
    EXPECT_EQ(seen.paste->unread.front().text, "tcp 0 0 10.0.0.1:1 10.0.0.2:2 Q??UUX 7/x");
}

TEST(Robustness, KeepsOnlyTheFirstUnreadLinesButCountsAll) {
    std::string text;
    for (int i = 0; i < 1000; ++i) {
        text += "tcp 0 0 10.0.0.1:1 10.0.0.2:2 QUUX 7/x\n";
    }
    const auto seen = reading_of(text);
    EXPECT_EQ(seen.paste->unread_lines, 1000U);
    EXPECT_LT(seen.paste->unread.size(), 100U);
}

// Twice the text takes about twice the time. A generous bound, so that a busy machine passes;
// anything quadratic takes minutes here.
void expect_fast(const std::string& text) {
    const auto begin = std::chrono::steady_clock::now();
    expect_sound(text);
    const auto spent = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(spent, std::chrono::seconds(20)) << text.substr(0, 60);
}

std::string repeated(std::string_view piece, std::size_t bytes) {
    std::string text;
    text.reserve(bytes + piece.size());
    while (text.size() < bytes) {
        text += piece;
    }
    return text;
}

TEST(Robustness, IsNeverQuadratic) {
    constexpr std::size_t kBytes = 1 << 18U;
    for (const std::string_view piece : {"a",
                                         ":",
                                         "1",
                                         "(",
                                         "tcp ",
                                         "tcp 0 0 ",
                                         "1.2.3.4:5 ",
                                         "1.2.3.4:5",
                                         "tcp 0 0 1.2.3.4:5 6.7.8.9:10 LISTEN ",
                                         "ESTAB 0 0 1.2.3.4:5 6.7.8.9:10 rto:1 ",
                                         "users:((\"",
                                         "timer:(",
                                         "\x1b[",
                                         "\x1b]",
                                         "&",
                                         "\\",
                                         "<",
                                         "> ",
                                         "-> ",
                                         ",(\"a\",pid=1",
                                         "[",
                                         "%",
                                         "\xc2",
                                         "netstat ",
                                         "sudo "}) {
        expect_fast(repeated(piece, kBytes));
    }
    // The same as many lines, with a header or a partial row before each.
    for (const std::string_view piece :
         {"tcp 0 0\n", "tcp 0 0 1.2.3.4:5\n", "tcp 0 0 1.2.3.4:5 6.7.8.9:10\n",
          "tcp 0 0 1.2.3.4:5 6.7.8.9:10 LIS\n", "ESTAB 0 0\n", "\r", "\n",
          "tcp 0 1 1.2.3.4:5 6.7.8.9:10 LAST_ACK\n",
          "State Recv-Q Send-Q Local Address:Port Peer Address:Port\nESTAB 0 0 1.1.1.1:1 "
          "2.2.2.2:2\n",
          "$ ss -tan\nESTAB 0 0 1.1.1.1:1 2.2.2.2:2\n", "5 segments retransmitted\n",
          "LISTEN 0 1 *:80 *:*\n", "3 TIME_WAIT\n", "  5\n"}) {
        expect_fast(repeated(piece, kBytes));
    }
    std::string growing;
    for (int i = 0; growing.size() < kBytes; ++i) {
        growing += "$ netstat -an | grep " + std::to_string(i) + "\nProto Local Foreign State c" +
                   std::to_string(i) + "\ntcp 0 0 1.1.1.1:1 2.2.2.2:2 ESTABLISHED\n";
    }
    expect_fast(growing);
}

TEST(Robustness, EmptyInputIsAnEmptyPaste) {
    const auto seen = reading_of("");
    EXPECT_EQ(seen.paste->lines, 0U);
    EXPECT_EQ(seen.paste->unread_lines, 0U);
    EXPECT_FALSE(seen.coverage.listeners);
    EXPECT_FALSE(seen.coverage.connections);
}

}  // namespace
}  // namespace tcpdx::text
