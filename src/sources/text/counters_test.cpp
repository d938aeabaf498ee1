#include "sources/text/reading_for_tests.h"

namespace tcpdx::text {
namespace {

using testing::Eq;
using testing::IsEmpty;
using testing::Optional;

std::optional<std::uint64_t> count(const Observations& seen, TcpState state) {
    return seen.paste->state_counts[static_cast<std::size_t>(state)];
}

TEST(StateCounts, AreReadInEveryOrder) {
    for (const char* text :
         {"  28230 TIME_WAIT\n", "TIME_WAIT 28230\n", "TIME_WAIT: 28230\n", "TIME_WAIT=28230\n",
          "TIME_WAIT\t28230\n", "TIME-WAIT 28230 # too many?\n", "28230 06 TIME_WAIT\n",
          "  28230 tcp TIME_WAIT\n", "'TIME_WAIT': 28230,\n", "| TIME_WAIT | 28230 |\n"}) {
        const auto seen = reading_of(text);
        EXPECT_THAT(count(seen, TcpState::TimeWait), Optional(28230U)) << text;
        EXPECT_THAT(seen.connections, IsEmpty());
        EXPECT_EQ(seen.paste->unread_lines, 0U);
    }
}

TEST(StateCounts, LeaveOutWhatWasNotCounted) {
    const auto seen = reading_of("1 ESTABLISHED\n28230 TIME_WAIT\n");
    EXPECT_THAT(count(seen, TcpState::Established), Optional(1U));
    EXPECT_THAT(count(seen, TcpState::CloseWait), Eq(std::nullopt));
}

TEST(StateCounts, PutUpWithCountedHeaders) {
    const auto seen =
        reading_of("      1 established)\n      1 Foreign\n     15 LISTEN\n    710 CLOSE_WAIT\n");
    EXPECT_THAT(count(seen, TcpState::Listen), Optional(15U));
    EXPECT_THAT(count(seen, TcpState::CloseWait), Optional(710U));
    EXPECT_THAT(count(seen, TcpState::Established), Eq(std::nullopt));
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

TEST(StateCounts, OfEachPeerAreAddedUp) {
    const auto seen =
        reading_of("    150 10.0.0.5:3306 TIME_WAIT\n     50 10.0.0.6:3306 TIME_WAIT\n");
    EXPECT_THAT(count(seen, TcpState::TimeWait), Optional(200U));
    EXPECT_FALSE(read_paste("150 10.0.0.5 TIME_WAIT\n50 10.0.0.6 TIME_WAIT\n").earlier);
}

TEST(StateCounts, MayBeTheBareNumberThatACommandCounted) {
    for (const char* text : {"$ netstat -an | grep TIME_WAIT | wc -l\n28230\n",
                             "$ netstat -ant | grep -c TIME_WAIT\n28230\n",
                             "# netstat -an|grep -ic \"time_wait\"\n28230\n",
                             // Its heading is a line too.
                             "$ ss -ant state time-wait | wc -l\n28231\n"}) {
        EXPECT_THAT(count(reading_of(text), TcpState::TimeWait), Optional(28230U)) << text;
    }
}

TEST(StateCounts, AreNotTakenFromANumberThatCountsSomethingElse) {
    for (const char* text : {"$ netstat -an | grep -v TIME_WAIT | wc -l\n28230\n",
                             "$ netstat -an | grep :8080 | wc -l\n28230\n",
                             "$ netstat -an | grep -c -e TIME_WAIT -e CLOSE_WAIT\n28230\n",
                             "$ netstat -an | grep TIME_WAIT\n28230\n", "28230\n"}) {
        EXPECT_THAT(count(reading_of(text), TcpState::TimeWait), Eq(std::nullopt)) << text;
    }
}

TEST(KernelOptions, AreTakenFromWhatSysctlPrints) {
    const auto seen = reading_of(
        "# sysctl -a | grep port_range\nnet.ipv4.ip_local_port_range = 1024\t65000\n"
        "net.core.somaxconn = 128\n");
    EXPECT_THAT(seen.options.number("net.ipv4.ip_local_port_range", 1), Optional(65000));
    EXPECT_THAT(seen.options.number("net.core.somaxconn"), Optional(128));
    EXPECT_EQ(seen.paste->system, HostSystem::Linux);
}

TEST(StateCounts, AreTranslatedToo) {
    EXPECT_THAT(count(reading_of("12 ESPERANDO_FECHAR\n"), TcpState::CloseWait), Optional(12U));
}

TEST(StateCounts, ThatComeTwiceAreTwoSamples) {
    const Reading reading = read_paste("CLOSE_WAIT 100\nLISTEN 2\n\nCLOSE_WAIT 300\nLISTEN 2\n");
    EXPECT_THAT(count(reading.now, TcpState::CloseWait), Optional(300U));
    ASSERT_TRUE(reading.earlier);
    EXPECT_THAT(count(*reading.earlier, TcpState::CloseWait), Optional(100U));
    EXPECT_EQ(reading.now.paste->samples, 2U);
}

TEST(StateCounts, AreNotSeenInProse) {
    const auto seen = reading_of("I have closed 3 tickets.\nlisten 5 times\n3 closing remarks\n");
    for (const auto& one : seen.paste->state_counts) {
        EXPECT_FALSE(one);
    }
}

TEST(Counters, ReadsTheSentencesOfNetstat) {
    const auto seen = reading_of(
        "Tcp:\n    10 active connection openings\n    3 passive connection openings\n"
        "    7 segments retransmitted\n"
        "TcpExt:\n    667399 times the listen queue of a socket overflowed\n"
        "    667400 SYNs to LISTEN sockets dropped\n    TCPSynRetrans: 55\n"
        "    Quick ack mode was activated 12 times\n"
        "IpExt:\n    InOctets: 99\n");
    EXPECT_THAT(seen.counters.value("TcpActiveOpens"), Optional(10U));
    EXPECT_THAT(seen.counters.value("TcpRetransSegs"), Optional(7U));
    EXPECT_THAT(seen.counters.value("TcpExtListenOverflows"), Optional(667399U));
    EXPECT_THAT(seen.counters.value("TcpExtListenDrops"), Optional(667400U));
    EXPECT_THAT(seen.counters.value("TcpExtTCPSynRetrans"), Optional(55U));
    EXPECT_THAT(seen.counters.value("TcpExtDelayedACKLost"), Optional(12U));
    EXPECT_THAT(seen.counters.value("IpExtInOctets"), Optional(99U));
    EXPECT_EQ(seen.paste->system, HostSystem::Linux);
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

TEST(Counters, ReadsOldWordingsWithoutTheirHeading) {
    const auto seen = reading_of(
        "$ netstat -s | egrep 'listen|LISTEN'\n"
        "    5 times the listen queue of a socket overflowed\n    6 SYNs to LISTEN sockets "
        "ignored\n");
    EXPECT_THAT(seen.counters.value("TcpExtListenOverflows"), Optional(5U));
    EXPECT_THAT(seen.counters.value("TcpExtListenDrops"), Optional(6U));
}

TEST(Counters, ReadsNstat) {
    const auto seen = reading_of(
        "#kernel\nTcpExtListenOverflows           42                 0.0\n"
        "IpInReceives 7 0.0\n");
    EXPECT_THAT(seen.counters.value("TcpExtListenOverflows"), Optional(42U));
    EXPECT_THAT(seen.counters.value("IpInReceives"), Optional(7U));
    EXPECT_THAT(seen.paste->tools, testing::ElementsAre("nstat"));
}

TEST(Counters, ReadsTheKernelsOwnFiles) {
    const auto seen = reading_of(
        "TcpExt: SyncookiesSent SyncookiesRecv ListenOverflows\nTcpExt: 1 2 3\n"
        "TCP: inuse 27 orphan 4 tw 5 alloc 30 mem 3\n");
    EXPECT_THAT(seen.counters.value("TcpExtListenOverflows"), Optional(3U));
    EXPECT_THAT(seen.totals.orphans, Optional(4U));
    EXPECT_THAT(seen.totals.memory_pages, Optional(3U));
}

TEST(Counters, ReadsWindowsStatistics) {
    const auto seen = reading_of(
        "TCP Statistics for IPv4\n\n  Active Opens                        = 12\n"
        "  Segments Retransmitted              = 5\n\nTCP Statistics for IPv6\n\n"
        "  Active Opens                        = 3\n");
    EXPECT_THAT(seen.counters.value("TcpActiveOpens"), Optional(15U));
    EXPECT_THAT(seen.counters.value("TcpRetransSegs"), Optional(5U));
}

TEST(Counters, ThatComeAgainGiveAnEarlierLook) {
    const Reading reading = read_paste(
        "5 times the listen queue of a socket overflowed\nAnd a minute later:\n"
        "9 times the listen queue of a socket overflowed\n");
    EXPECT_THAT(reading.now.counters.value("TcpExtListenOverflows"), Optional(9U));
    ASSERT_TRUE(reading.earlier);
    EXPECT_THAT(reading.earlier->counters.value("TcpExtListenOverflows"), Optional(5U));
}

}  // namespace
}  // namespace tcpdx::text
