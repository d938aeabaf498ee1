#include "sources/text/reading_for_tests.h"

namespace tcpdx::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

TEST(MacOsNetstat, ReadsPortsBehindADot) {
    const auto seen = reading_of(
        "$ netstat -an\n"
        "Active Internet connections (including servers)\n"
        "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)    \n"
        "tcp4       0      0  192.168.1.5.62979      68.47.20.115.443       ESTABLISHED\n"
        "tcp6       0      0  2601:1:2::3.62978      2620:1ec:42::132.443   CLOSE_WAIT \n"
        "tcp6       0      0  fe80::1%lo0.49154      fe80::2%lo0.49802      FIN_WAIT_1 \n"
        "tcp46      0      0  *.443                  *.*                    LISTEN     \n"
        "tcp4       0      0  127.0.0.1.631          *.*                    LISTEN     \n"
        "udp4       0      0  *.*                    *.*                               \n"
        "Active LOCAL (UNIX) domain sockets\n"
        "Address          Type   Recv-Q Send-Q            Inode             Conn             Refs\n"
        "9b8e2b2a2f3f1a2b stream      0      0                0 9b8e2b2a2f3f1a2c                0\n"
        "Registered kernel control modules\n"
        "kctl       0      0      1      0 com.apple.content-filter\n");
    EXPECT_THAT(lines_of(seen),
                ElementsAre("ESTABLISHED 192.168.1.5:62979 68.47.20.115:443",
                            "CLOSE-WAIT [2601:1:2::3]:62978 [2620:1ec:42::132]:443",
                            "FIN-WAIT-1 [fe80::1]:49154 [fe80::2]:49802",
                            "LISTEN 0.0.0.0:443 0.0.0.0:*", "LISTEN 127.0.0.1:631 0.0.0.0:*"));
    EXPECT_EQ(seen.paste->system, HostSystem::MacOs);
    EXPECT_EQ(seen.paste->unread_lines, 0U);
    // The queue of a listener is shown by netstat -L alone.
    EXPECT_FALSE(seen.connections[3].accept_queue);
}

TEST(MacOsNetstat, TakesThePidFromItsColumn) {
    const auto seen = reading_of(
        "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)     rhiwat "
        "shiwat    pid   epid\n"
        "tcp4       0      0  10.32.41.199.55669     10.74.26.98.8000       ESTABLISHED 131346 "
        "131768    422      0\n");
    EXPECT_EQ(owner_of(seen, only(seen)), "422/");
    EXPECT_EQ(seen.paste->system, HostSystem::MacOs);
}

TEST(MacOsNetstat, TakesThePidOfAHeaderlessRow) {
    const auto seen = reading_of(
        "tcp4       0      0  10.32.41.199.55669     10.74.26.98.8000       ESTABLISHED 131346 "
        "131768    422      0\n");
    EXPECT_EQ(owner_of(seen, only(seen)), "422/");
}

TEST(MacOsNetstat, TakesNamesWithBlanksFromTheProcessColumn) {
    const auto seen = reading_of(
        "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)          "
        "rxbytes "
        "     txbytes  rhiwat  shiwat          process:pid    state  options           gencnt\n"
        "tcp4       0      0  127.0.0.1.59357        127.0.0.1.59360        ESTABLISHED         "
        "1022 "
        "           0  407872  146988 Google Chrome H:46708  00102 00000104 000000000137f1ff\n");
    EXPECT_EQ(owner_of(seen, only(seen)), "46708/Google Chrome H");
}

TEST(MacOsNetstat, TakesNameAndPidOfAHeaderlessRow) {
    const auto seen = reading_of(
        "tcp4       0      0  127.0.0.1.8080         127.0.0.1.52345        CLOSE_WAIT         "
        "1022 "
        "           0  407872  146988       Google Chrome H:4670    00102 00000104 "
        "000000000137f1\n");
    EXPECT_EQ(owner_of(seen, only(seen)), "4670/Google Chrome H");
}

TEST(MacOsNetstat, KeepsCutNamesApart) {
    const auto seen = reading_of(
        "tcp4       0      0  someone-mac.attl.62733 m33sjmcs118.webe.https ESTABLISHED\n"
        "tcp4       0      0  someone-mac.attl.62703 m33sjmcs180.webe.https ESTABLISHED\n"
        "tcp6       0      0  fe80::aede:48ff:.61677 fe80::aede:48ff:.49617 ESTABLISHED\n");
    EXPECT_THAT(lines_of(seen),
                ElementsAre("ESTABLISHED someone-mac.attl:62733 m33sjmcs118.webe:443",
                            "ESTABLISHED someone-mac.attl:62703 m33sjmcs180.webe:443",
                            "ESTABLISHED fe80::aede:48ff::61677 fe80::aede:48ff::49617"));
}

TEST(FreeBsdNetstat, ReadsListenQueues) {
    const auto seen = reading_of(
        "Current listen queue sizes (qlen/incqlen/maxqlen)\n"
        "Proto Listen                           Local Address         \n"
        "tcp4  193/2/128                        *.8080                 \n"
        "tcp46 0/0/128                          *.443                  \n"
        "unix  0/0/4                            /var/run/x.sock\n");
    ASSERT_EQ(seen.connections.size(), 2U);
    EXPECT_THAT(seen.connections[0].accept_queue, Optional(193U));
    EXPECT_THAT(seen.connections[0].backlog_limit, Optional(128U));
    EXPECT_EQ(seen.paste->system, HostSystem::FreeBsd);
    EXPECT_EQ(seen.paste->unread_lines, 0U);
    EXPECT_TRUE(seen.coverage.listeners);
}

TEST(FreeBsdNetstat, ReadsListenQueuesWithoutAProtocol) {
    EXPECT_THAT(lines_of(reading_of("Listen         Local Address\n10/0/128        *.80\n")),
                ElementsAre("LISTEN 0.0.0.0:80 0.0.0.0:*"));
}

TEST(FreeBsdSockstat, ReadsStatesAndOwners) {
    const auto seen = reading_of(
        "USER     COMMAND    PID   FD PROTO  LOCAL ADDRESS         FOREIGN ADDRESS      STATE\n"
        "www      nginx      8123  10 tcp4   10.0.0.1:80           10.0.0.2:33211       "
        "CLOSE_WAIT\n"
        "?        ?          ?     ?  tcp4   10.0.0.1:80           10.0.0.2:33212       TIME_WAIT\n"
        "root     sshd       822   3  tcp4   *:22                  *:*                  LISTEN\n");
    EXPECT_THAT(lines_of(seen),
                ElementsAre("CLOSE-WAIT 10.0.0.1:80 10.0.0.2:33211",
                            "TIME-WAIT 10.0.0.1:80 10.0.0.2:33212", "LISTEN 0.0.0.0:22 0.0.0.0:*"));
    EXPECT_EQ(owner_of(seen, seen.connections[0]), "8123/nginx");
    EXPECT_EQ(seen.paste->system, HostSystem::FreeBsd);
    EXPECT_THAT(seen.paste->tools, ElementsAre("sockstat"));
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

// Without -s it shows no states.
TEST(FreeBsdSockstat, KnowsRowsWithoutState) {
    const auto seen = reading_of(
        "USER     COMMAND    PID   FD PROTO  LOCAL ADDRESS         FOREIGN ADDRESS\n"
        "www      nginx      8123  10 tcp4   10.0.0.1:80           10.0.0.2:33211\n");
    EXPECT_EQ(seen.paste->rows_without_state, 1U);
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

TEST(FreeBsdNetstat, PutsUpWithControlBlocksAndBufferNumbers) {
    const auto seen = reading_of(
        "fffff80003df43d0 tcp4       0      0 192.168.97.137.22  192.168.25.4.64330 ESTABLISHED -\n"
        "tcp4       0      0 10.0.0.1.22 10.0.0.2.50000 0 0 65700 33580 0 0 0 0 262800 268640 "
        "0.00 0.00 7200.00 0.00 0.00 0.00 CLOSE_WAIT\n");
    EXPECT_THAT(lines_of(seen), ElementsAre("ESTABLISHED 192.168.97.137:22 192.168.25.4:64330",
                                            "CLOSE-WAIT 10.0.0.1:22 10.0.0.2:50000"));
}

TEST(FreeBsdNetstat, HasNoStatesWithOptionT) {
    const auto seen = reading_of(
        "Proto Rexmit OOORcv 0-win  Local Address          Foreign Address\n"
        "tcp4       3      0      0 192.168.62.119.ssh     192.168.86.1.64330     \n"
        "tcp4       0      0      0 localhost.smtp         *.*                    \n");
    EXPECT_THAT(lines_of(seen), ElementsAre("LISTEN 127.0.0.1:25 0.0.0.0:*"));
    EXPECT_EQ(seen.paste->rows_without_state, 1U);
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

TEST(OpenBsdNetstat, ReadsItsTable) {
    const auto seen = reading_of(
        "Active Internet connections (including servers)\n"
        "Proto   Recv-Q Send-Q  Local Address          Foreign Address        TCP-State\n"
        "tcp          0      0  10.0.0.1.22            10.0.0.2.50000         ESTABLISHED\n"
        "tcp6         0      0  ::1.25                 *.*                    LISTEN\n"
        "udp          0      0  127.0.0.1.514          *.*\n");
    EXPECT_THAT(lines_of(seen),
                ElementsAre("ESTABLISHED 10.0.0.1:22 10.0.0.2:50000", "LISTEN [::1]:25 [::]:*"));
    EXPECT_EQ(seen.paste->system, HostSystem::OpenBsd);
}

TEST(SolarisNetstat, ReadsQueuesBetweenItsWindows) {
    const auto seen = reading_of(
        "TCP: IPv4\n"
        "   Local Address        Remote Address    Swind Send-Q Rwind Recv-Q    State\n"
        "-------------------- -------------------- ----- ------ ----- ------ -----------\n"
        "      *.*                  *.*                0      0 49152      0 IDLE\n"
        "      *.22                 *.*                0      0 49152      0 LISTEN\n"
        "10.0.0.1.16043       10.0.0.2.54871       49640     17 49640      4 CLOSE_WAIT\n"
        "10.0.0.1.1           *.*                      0      0 49152      0 BOUND\n");
    EXPECT_THAT(
        lines_of(seen),
        ElementsAre("CLOSED 0.0.0.0:* 0.0.0.0:*", "LISTEN 0.0.0.0:22 0.0.0.0:*",
                    "CLOSE-WAIT 10.0.0.1:16043 10.0.0.2:54871", "CLOSED 10.0.0.1:1 0.0.0.0:*"));
    EXPECT_THAT(seen.connections[2].send_queue, Optional(17U));
    EXPECT_THAT(seen.connections[2].receive_queue, Optional(4U));
    EXPECT_EQ(seen.paste->system, HostSystem::Solaris);
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

TEST(SolarisNetstat, CountsSeveralHoldersOfASocketOnce) {
    const auto seen = reading_of(
        "     Local Address        Remote Address      User    Pid       Command     Swind Send-Q "
        "Rwind Recv-Q    State\n"
        "  192.168.3.6.22       192.168.8.37.34640   root        531 sshd           134664     51  "
        "128872      0 ESTABLISHED\n"
        "  192.168.3.6.22       192.168.8.37.34640   af          533 sshd           134664     51  "
        "128872      0 ESTABLISHED\n");
    const Connection connection = only(seen);
    EXPECT_EQ(owner_of(seen, connection), "531/sshd");
    EXPECT_EQ(connection.owner.more_holders, 1U);
}

TEST(SolarisNetstat, ReadsNames) {
    EXPECT_THAT(lines_of(reading_of(
                    "web1.22   client.example.51234    49640      0 49640      0 CLOSE_WAIT\n")),
                ElementsAre("CLOSE-WAIT web1:22 client.example:51234"));
}

TEST(AixNetstat, ReadsRowsBehindControlBlocks) {
    const auto seen = reading_of(
        "PCB/ADDR         Proto Recv-Q Send-Q  Local Address      Foreign Address    (state)\n"
        "f1000e0001d0b3b8 tcp4       0      0  *.22               *.*                LISTEN\n"
        "f1000e0004c3e222 tcp4       0      0  10.0.0.53.1521     10.0.0.93.5566     CLOSE_WAIT\n");
    EXPECT_THAT(lines_of(seen), ElementsAre("LISTEN 0.0.0.0:22 0.0.0.0:*",
                                            "CLOSE-WAIT 10.0.0.53:1521 10.0.0.93:5566"));
    EXPECT_EQ(seen.paste->system, HostSystem::Aix);
}

TEST(Lsof, ReadsConnectionsAndListeners) {
    const auto seen = reading_of(
        "COMMAND   PID     USER   FD   TYPE    DEVICE SIZE/OFF NODE NAME\n"
        "java    27836 someuser 1712r  IPv4 844147418      0t0  TCP 10.93.223.45:webcache->"
        "10.65.45.145:60494 (CLOSE_WAIT)\n"
        "Google\\x20C 99 me 12u IPv6 0xecdb8f01d2c5b025 0t0 TCP [::1]:53336->[::1]:80 "
        "(ESTABLISHED)\n"
        "sshd 1 root 3u IPv4 20 0t0 TCP *:ssh (LISTEN)\n"
        "dotnet    21799 23974 .NET\\x20TP root  893u     IPv4 224826828       0t0        TCP "
        "a.b:1->"
        "c.d:https (CLOS _WAIT)\n"
        "avahi 5 av 12u IPv4 20 0t0 UDP *:mdns\n"
        "bash 5 me cwd DIR 8,1 4096 2 /home/me\n");
    EXPECT_THAT(lines_of(seen),
                ElementsAre("CLOSE-WAIT 10.93.223.45:8080 10.65.45.145:60494",
                            "ESTABLISHED [::1]:53336 [::1]:80", "LISTEN 0.0.0.0:22 0.0.0.0:*",
                            "CLOSE-WAIT a.b:1 c.d:443"));
    EXPECT_EQ(owner_of(seen, seen.connections[0]), "27836/java");
    EXPECT_EQ(seen.connections[0].owner.descriptor, 1712);
    EXPECT_EQ(owner_of(seen, seen.connections[3]), "21799/dotnet");
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

TEST(Lsof, CountsForkedHoldersOnce) {
    const auto seen = reading_of(
        "nginx 10 www 3u IPv4 20 0t0 TCP 10.0.0.1:80->10.0.0.2:50000 (ESTABLISHED)\n"
        "nginx 11 www 3u IPv4 20 0t0 TCP 10.0.0.1:80->10.0.0.2:50000 (ESTABLISHED)\n");
    EXPECT_EQ(only(seen).owner.more_holders, 1U);
    EXPECT_FALSE(read_paste("").earlier);
}

TEST(ProcNetTcp, ReadsBothFamilies) {
    const auto seen = reading_of(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
        "timeout "
        "inode\n"
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        "
        "0 "
        "31337 1 000000005160f9a1 100 0 0 10 0\n"
        "   1: 0100007F:1F90 0100007F:8001 08 00000000:00000052 02:00000A6F 00000000  1000        "
        "0 "
        "0 2 0000000000000000 20 4 0 10 -1\n"
        "   0: B80D0120000000000000000001000000:0016 00000000000000000000000000000000:0000 0A "
        "00000000:00000000 00:00000000 00000000     0        0 77 1 000000005160f9a1 100 0 0 10 "
        "0\n");
    EXPECT_THAT(lines_of(seen), ElementsAre("LISTEN 127.0.0.1:8080 0.0.0.0:*",
                                            "CLOSE-WAIT 127.0.0.1:8080 127.0.0.1:32769",
                                            "LISTEN [2001:db8::1]:22 [::]:*"));
    // Inode 0 in the kernel's own table needs no privilege to be seen.
    EXPECT_EQ(owner_of(seen, seen.connections[1]), "never accepted");
    EXPECT_EQ(seen.paste->system, HostSystem::Linux);
    EXPECT_THAT(seen.paste->tools, ElementsAre("/proc/net/tcp"));
}

TEST(ProcNetTcp, ReadsWhatIsLeftOfARow) {
    const auto seen = reading_of(
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:0000\n"
        "0100007F:1F90 0100007F:8001 08\n");
    EXPECT_THAT(lines_of(seen), ElementsAre("LISTEN 127.0.0.1:8080 0.0.0.0:*",
                                            "CLOSE-WAIT 127.0.0.1:8080 127.0.0.1:32769"));
    EXPECT_FALSE(seen.connections[0].accept_queue);
}

TEST(ProcNetTcp, CountsADamagedRow) {
    const auto seen = reading_of("   0: 0100007F:1F90 00000000:0000 0\n");
    EXPECT_THAT(seen.connections, IsEmpty());
    EXPECT_EQ(seen.paste->unread_lines, 1U);
}

TEST(Sockstat, ShowsListenersAndRowsWithoutAState) {
    const auto seen = reading_of(
        "USER     COMMAND    PID   FD PROTO  LOCAL ADDRESS         FOREIGN ADDRESS\n"
        "root     sshd       823   4  tcp4   *:22                  *:*\n"
        "www      nginx      900   7  tcp4   10.0.0.1:80           10.0.0.2:50000\n");
    EXPECT_THAT(lines_of(seen), ElementsAre("LISTEN 0.0.0.0:22 0.0.0.0:*"));
    EXPECT_EQ(seen.paste->rows_without_state, 1U);
}

}  // namespace
}  // namespace tcpdx::text
