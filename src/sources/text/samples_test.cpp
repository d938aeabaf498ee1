#include "sources/text/reading_for_tests.h"

namespace tcpdx::text {
namespace {

using testing::ElementsAre;
using testing::Optional;
using testing::SizeIs;

constexpr std::string_view kHeader =
    "Active Internet connections (w/o servers)\n"
    "Proto Recv-Q Send-Q Local Address           Foreign Address         State\n";

TEST(Samples, OfNetstatCAreNotSeveralSockets) {
    const std::string header(kHeader);
    const Reading reading = read_paste(header +
                                       "tcp 0 10 10.0.0.1:1 10.0.0.2:80 ESTABLISHED\n"
                                       "tcp 1 0 10.0.0.1:2 10.0.0.2:80 CLOSE_WAIT\n" +
                                       header +
                                       "tcp 0 90 10.0.0.1:1 10.0.0.2:80 ESTABLISHED\n"
                                       "tcp 1 0 10.0.0.1:2 10.0.0.2:80 CLOSE_WAIT\n"
                                       "tcp 1 0 10.0.0.1:3 10.0.0.2:80 CLOSE_WAIT\n" +
                                       header +
                                       "tcp 1 0 10.0.0.1:3 10.0.0.2:80 CLOSE_WAIT\n"
                                       "tcp 1 0 10.0.0.1:4 10.0.0.2:80 CLOSE_WAIT\n");
    EXPECT_THAT(lines_of(reading.now), ElementsAre("CLOSE-WAIT 10.0.0.1:3 10.0.0.2:80",
                                                   "CLOSE-WAIT 10.0.0.1:4 10.0.0.2:80"));
    ASSERT_TRUE(reading.earlier);
    EXPECT_THAT(reading.earlier->connections, SizeIs(2));
    EXPECT_THAT(reading.earlier->connections[0].send_queue, Optional(10U));
    EXPECT_EQ(reading.now.paste->samples, 3U);
    EXPECT_EQ(reading.now.paste->socket_rows, 7U);
}

TEST(Samples, OfTheSameCommandAreTold) {
    const Reading reading = read_paste(
        "$ netstat -ant | grep 80\ntcp 0 0 10.0.0.1:1 10.0.0.2:80 ESTABLISHED\n"
        "$ netstat -ant | grep 80\ntcp 0 0 10.0.0.1:1 10.0.0.2:80 CLOSE_WAIT\n");
    EXPECT_THAT(lines_of(reading.now), ElementsAre("CLOSE-WAIT 10.0.0.1:1 10.0.0.2:80"));
    ASSERT_TRUE(reading.earlier);
    EXPECT_THAT(lines_of(*reading.earlier), ElementsAre("ESTABLISHED 10.0.0.1:1 10.0.0.2:80"));
}

TEST(Samples, WithoutHeadersBeginWhereTheFirstRowComesAgain) {
    const Reading reading = read_paste(
        "tcp 0 1 10.0.0.1:80 10.0.0.2:57304 LAST_ACK -\ntcp 0 1 10.0.0.1:80 10.0.0.2:57305 "
        "LAST_ACK -\n"
        "tcp 0 1 10.0.0.1:80 10.0.0.2:57304 LAST_ACK -\ntcp 0 1 10.0.0.1:80 10.0.0.2:57305 "
        "LAST_ACK -\n");
    EXPECT_THAT(reading.now.connections, SizeIs(2));
    EXPECT_EQ(reading.now.paste->samples, 2U);
}

TEST(Samples, ASocketThatMovedWithinAListingIsNoSecondSample) {
    std::string listing(kHeader);
    for (int i = 1; i <= 100; ++i) {
        listing += "tcp 0 0 10.0.0.1:" + std::to_string(i) + " 10.0.0.2:80 TIME_WAIT\n";
    }
    const Reading reading = read_paste(listing + "tcp 0 0 10.0.0.1:50 10.0.0.2:80 TIME_WAIT\n");
    EXPECT_FALSE(reading.earlier);
    EXPECT_THAT(reading.now.connections, SizeIs(100));
}

TEST(Samples, ListenersThatShareAPortAreSeveralSockets) {
    const Reading reading = read_paste("LISTEN 0 511 *:8085 *:*\nLISTEN 0 511 *:8085 *:*\n");
    EXPECT_THAT(reading.now.connections, SizeIs(2));
    EXPECT_FALSE(reading.earlier);
}

TEST(Samples, ListenersOfARepeatedListingAreNot) {
    const std::string listing =
        "State  Recv-Q Send-Q Local Address:Port Peer Address:Port\nLISTEN 0 511 *:8085 *:*\n";
    const Reading reading = read_paste(listing + listing);
    EXPECT_THAT(reading.now.connections, SizeIs(1));
    EXPECT_TRUE(reading.earlier);
}

TEST(Samples, AnotherToolsListingCompletesTheSameSocket) {
    const Reading reading = read_paste(
        "$ sudo netstat -antp\nProto Recv-Q Send-Q Local Address Foreign Address State PID/Program "
        "name\n"
        "tcp 0 0 10.0.0.1:22 10.0.0.2:50000 ESTABLISHED 7/sshd\n"
        "$ ss -tano\nState Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
        "ESTAB 0 36 10.0.0.1:22 10.0.0.2:50000 timer:(on,200ms,0)\n");
    EXPECT_FALSE(reading.earlier);
    const Connection connection = only(reading.now);
    EXPECT_EQ(owner_of(reading.now, connection), "7/sshd");
    EXPECT_THAT(connection.send_queue, Optional(36U));
    EXPECT_TRUE(connection.timer);
    EXPECT_THAT(reading.now.paste->tools, ElementsAre("netstat", "ss"));
}

TEST(Samples, RowsWithHiddenPortsAreNotTakenForOneSocket) {
    const Reading reading = read_paste(
        "tcp 0 0 10.0.0.1:80 x.x.x.x:PORT ESTABLISHED\ntcp 0 0 10.0.0.1:80 x.x.x.x:PORT "
        "ESTABLISHED\n");
    EXPECT_THAT(reading.now.connections, SizeIs(2));
    EXPECT_FALSE(reading.earlier);
}

TEST(Samples, BothEndsOfAConnectionAreTwoSockets) {
    const Reading reading = read_paste(
        "tcp 0 0 127.0.0.1:80 127.0.0.1:50000 CLOSE_WAIT\ntcp 0 0 127.0.0.1:50000 127.0.0.1:80 "
        "FIN_WAIT2\n");
    EXPECT_THAT(reading.now.connections, SizeIs(2));
    EXPECT_FALSE(reading.earlier);
}

}  // namespace
}  // namespace tcpdx::text
