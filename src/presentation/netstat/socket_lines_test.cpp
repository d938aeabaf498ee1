#include "presentation/netstat/socket_lines.h"

#include <gtest/gtest.h>

#include <string>

namespace tcpdx::netstat {
namespace {

Options numeric() {
    Options options;
    options.all = true;
    options.numeric_hosts = options.numeric_ports = options.numeric_users = true;
    return options;
}

Names no_names() {
    Names names;
    names.host = [](const IpAddress&) { return std::string_view("host.example"); };
    names.service = [](Service, std::uint16_t) { return std::string_view(); };
    names.user = [](std::int32_t) { return std::string_view(); };
    names.program = [](std::uint64_t) { return std::string_view("-"); };
    return names;
}

InetSocketRow time_wait() {
    InetSocketRow row;
    row.local = {*parse_ip_address("192.0.2.1"), 443};
    row.remote = {*parse_ip_address("198.51.100.200"), 50000};
    row.state = 6;
    row.timer = 3;
    row.timer_expires = 5983;
    return row;
}

std::string tcp_line(const InetSocketRow& row, const Options& options,
                     const Names& names = no_names()) {
    LineBuffer out;
    SocketLines(options, names).append_tcp(out, row);
    return std::string(out.text());
}

TEST(SocketLines, PrintsATimeWaitSocketWithItsTimer) {
    Options options = numeric();
    options.timers = true;
    EXPECT_EQ(tcp_line(time_wait(), options),
              "tcp        0      0 192.0.2.1:443           198.51.100.200:50000    TIME_WAIT   "
              "timewait (59.83/0/0)\n");
}

TEST(SocketLines, CutsTheAddressAndKeepsThePort) {
    InetSocketRow row = time_wait();
    row.local.address = *parse_ip_address("fd00:1:2222:3333:4444:5555:6666:7777");
    row.remote.address = *parse_ip_address("fd00:1::2");
    EXPECT_EQ(tcp_line(row, numeric()),
              "tcp6       0      0 fd00:1:2222:3333:44:443 fd00:1::2:50000         TIME_WAIT  \n");
    Options wide = numeric();
    wide.wide = true;
    EXPECT_EQ(
        tcp_line(row, wide),
        "tcp6       0      0 fd00:1:2222:3333:4444:5555:6666:7777:443 fd00:1::2:50000         "
        "TIME_WAIT  \n");
}

TEST(SocketLines, CutsALongServiceNameAt18Letters) {
    Options options = numeric();
    options.numeric_ports = false;
    Names names = no_names();
    names.service = [](Service, std::uint16_t) {
        return std::string_view("a-service-with-a-very-long-name");
    };
    EXPECT_NE(tcp_line(time_wait(), options, names).find("192.:a-service-with-a-v"),
              std::string::npos);
}

TEST(SocketLines, ShowsAnAnyAddressOfAnUnnamedHostInDigits) {
    Options options = numeric();
    options.numeric_hosts = false;
    InetSocketRow row = time_wait();
    row.local.address = IpAddress::any(IpFamily::V6);
    row.remote.address = IpAddress::any(IpFamily::V6);
    row.remote.port = 0;
    const std::string line = tcp_line(row, options);
    EXPECT_NE(line.find("[::]:443"), std::string::npos);
    EXPECT_NE(line.find("[::]:*"), std::string::npos);
}

TEST(SocketLines, TellsServersByTheirEmptyRemotePort) {
    Options options = numeric();
    options.all = false;
    EXPECT_FALSE(tcp_line(time_wait(), options).empty());
    options.listening = true;
    EXPECT_TRUE(tcp_line(time_wait(), options).empty());
    InetSocketRow listener = time_wait();
    listener.remote.port = 0;
    EXPECT_FALSE(tcp_line(listener, options).empty());
}

TEST(SocketLines, PrintsUserInodeAndProgramInTheirColumns) {
    Options options = numeric();
    options.extended = 1;
    options.programs = true;
    InetSocketRow row = time_wait();
    row.uid = 1000;
    row.inode = 4711;
    EXPECT_EQ(tcp_line(row, options),
              "tcp        0      0 192.0.2.1:443           198.51.100.200:50000    TIME_WAIT   "
              "1000       4711       -                   \n");
}

TEST(ToRow, PutsTheAcceptQueueIntoTheReceiveQueue) {
    Connection listener;
    listener.state = TcpState::Listen;
    listener.accept_queue = 3;
    listener.backlog_limit = 128;
    const InetSocketRow row = to_row(listener);
    EXPECT_EQ(row.state, 10U);
    EXPECT_EQ(row.receive_queue, 3U);
    EXPECT_EQ(row.send_queue, 0U);
}

TEST(ToRow, RoundsATimerDownToHundredths) {
    Connection connection;
    connection.state = TcpState::Established;
    connection.timer =
        Timer{.kind = TimerKind::ZeroWindow, .expires = std::chrono::milliseconds(12349)};
    connection.tcp = TcpDetails{.retransmits = 2, .probes = 5};
    const InetSocketRow row = to_row(connection);
    EXPECT_EQ(row.timer, 4U);
    EXPECT_EQ(row.timer_expires, 1234U);
    EXPECT_EQ(row.retransmits, 2U);
    EXPECT_EQ(row.probes, 5);
}

TEST(SocketLines, FillsAnSctpAssociationWithAllAddresses) {
    SctpSocketRow row;
    row.local = {*parse_ip_address("10.0.0.1"), *parse_ip_address("10.0.1.1")};
    row.remote = {*parse_ip_address("10.0.0.2")};
    row.local_port = 5000;
    row.remote_port = 36000;
    row.state = 1;
    LineBuffer out;
    const Options options = numeric();
    const Names names = no_names();
    SocketLines(options, names).append_sctp_association(out, row);
    EXPECT_EQ(out.text(),
              "sctp       0      0 10.0.0.1:5000           10.0.0.2:36000          ESTABLISHED\n"
              "                    10.0.1.1                                                   \n");
}

TEST(ProgramText, IsCutToNetstatsColumn) {
    EXPECT_EQ(program_text("1234", "sshd"), "1234/sshd");
    EXPECT_EQ(program_text("1234", "a-program-with-a-long-name"), "1234/a-program-with");
}

}  // namespace
}  // namespace tcpdx::netstat
