#include "sources/text/reading_for_tests.h"

namespace tcpdx::text {
namespace {

using testing::Eq;
using testing::Optional;

constexpr std::string_view kUnowned = "tcp 11 0 10.0.0.1:8080 10.0.0.2:43752 CLOSE_WAIT -\n";

std::string owner_after(std::string_view before) {
    const auto seen = reading_of(std::string(before) + std::string(kUnowned));
    return owner_of(seen, seen.connections.back());
}

TEST(Privilege, ADashIsNobodyOnlyInAListingOfRoot) {
    EXPECT_EQ(owner_after(""), "unknown");
    EXPECT_EQ(owner_after("$ netstat -antp\n"), "unknown");
    EXPECT_EQ(owner_after("[root@host ~]# netstat -antp|grep 8080\n"), "never accepted");
    EXPECT_EQ(owner_after("# netstat -antp | grep 8080\n"), "never accepted");
    EXPECT_EQ(owner_after("$ sudo netstat -antp | grep 8080\n"), "never accepted");
    EXPECT_EQ(owner_after("root@web1:~# netstat -antp\n"), "never accepted");
}

TEST(Privilege, TheToolsOwnWarningOutweighsThePrompt) {
    EXPECT_EQ(
        owner_after("# netstat -antp\n(Not all processes could be identified, non-owned process "
                    "info\n will not be shown, you would have to be root to see it all.)\n"),
        "unknown");
    EXPECT_EQ(
        owner_after("（并非所有进程都能被检测到，所有非本用户的进程信息将不会显示，如果想看到所有"
                    "信息，则必须切换到\nroot 用户）\n"),
        "unknown");
    EXPECT_EQ(owner_after("netstat: showing only processes with your user ID\n"), "unknown");
}

TEST(Privilege, OwnersOfSeveralPrivilegedServicesShowThatItWasRoot) {
    const std::string_view two =
        "tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN 1/sshd\ntcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN 2/nginx\n";
    EXPECT_EQ(owner_after(two), "never accepted");
    EXPECT_EQ(owner_after(std::string(two) + "tcp 0 0 0.0.0.0:81 0.0.0.0:* LISTEN -\n"), "unknown");
}

TEST(Privilege, WhoSeesTheListenersOwnerSeesItsConnections) {
    const auto seen =
        reading_of(std::string("$ netstat -antp | grep 8080\n"
                               "tcp 6 0 0.0.0.0:8080 0.0.0.0:* LISTEN 5348/./server\n") +
                   std::string(kUnowned));
    const Connection& connection = seen.connections.back();
    EXPECT_EQ(connection.owner.kind, OwnerKind::NeverAccepted);
    // And it is the listener's owner who should accept.
    EXPECT_EQ(connection.owner.process, seen.connections.front().owner.process);
    EXPECT_EQ(connection.opener, Opener::Passive);
}

TEST(Privilege, AnInodeMeansThatSomebodyHoldsIt) {
    EXPECT_EQ(owner_of(reading_of("# netstat -antpe\n"
                                  "tcp 1 0 10.0.0.1:80 10.0.0.2:1 CLOSE_WAIT 0 4711 -\n"),
                       only(reading_of("# netstat -antpe\n"
                                       "tcp 1 0 10.0.0.1:80 10.0.0.2:1 CLOSE_WAIT 0 4711 -\n"))),
              "unknown");
}

TEST(Privilege, InodeZeroNeedsNoPrivilege) {
    const auto seen =
        reading_of("$ ss -tane\nCLOSE-WAIT 1 0 10.0.0.1:80 10.0.0.2:1 ino:0 sk:1 -->\n");
    EXPECT_EQ(owner_of(seen, only(seen)), "never accepted");
}

TEST(Privilege, ARowOfSsWithoutUsersHasNoneWhenOthersDo) {
    const auto seen = reading_of(
        "# ss -tanp\nLISTEN 3 128 *:80 *:* users:((\"nginx\",pid=7,fd=6))\n"
        "CLOSE-WAIT 1 0 10.0.0.1:80 10.0.0.2:1\n");
    EXPECT_EQ(owner_of(seen, seen.connections[1]), "never accepted");
}

TEST(Privilege, TimeWaitBelongsToNobodyAnyway) {
    const auto seen = reading_of("tcp 0 0 10.0.0.1:80 10.0.0.2:1 TIME_WAIT -\n");
    EXPECT_EQ(owner_of(seen, only(seen)), "kernel");
}

TEST(Coverage, SaysWhatTheListingIncludes) {
    const auto connections_only = reading_of(
        "Active Internet connections (w/o servers)\n"
        "Proto Recv-Q Send-Q Local Address Foreign Address State\n"
        "tcp 0 0 10.0.0.1:80 10.0.0.2:1 ESTABLISHED\n");
    EXPECT_FALSE(connections_only.coverage.listeners);
    EXPECT_TRUE(connections_only.coverage.connections);
    EXPECT_FALSE(connections_only.paste->selected);

    const auto listeners_only = reading_of(
        "Active Internet connections (only servers)\n"
        "Proto Recv-Q Send-Q Local Address Foreign Address State\n"
        "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\n");
    EXPECT_TRUE(listeners_only.coverage.listeners);
    EXPECT_FALSE(listeners_only.coverage.connections);
}

TEST(Coverage, RowsWithoutAHeaderWereSelectedBySomebody) {
    EXPECT_TRUE(reading_of("tcp 0 0 10.0.0.1:80 10.0.0.2:1 ESTABLISHED\n").paste->selected);
    EXPECT_TRUE(
        reading_of("$ ss -tan '( dport = :80 )'\nState Recv-Q Send-Q Local Address:Port Peer "
                   "Address:Port\nESTAB 0 0 10.0.0.1:1 10.0.0.2:80\n")
            .paste->selected);
    EXPECT_FALSE(reading_of("$ ss -tan\nState Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
                            "ESTAB 0 0 10.0.0.1:1 10.0.0.2:80\n")
                     .paste->selected);
}

TEST(Coverage, OwnersAreCompleteOnlyForRoot) {
    const std::string_view row = "tcp 0 0 10.0.0.1:80 10.0.0.2:1 ESTABLISHED 7/nginx\n";
    EXPECT_FALSE(reading_of(row).coverage.owners);
    EXPECT_TRUE(reading_of("# netstat -antp\n" + std::string(row)).coverage.owners);
    EXPECT_FALSE(
        reading_of("# netstat -ant\ntcp 0 0 10.0.0.1:80 10.0.0.2:1 ESTABLISHED\n").coverage.owners);
}

TEST(Commands, AreShownAsTyped) {
    EXPECT_EQ(reading_of("user@host:~$ sudo netstat -antp | grep 80\n").paste->command,
              "netstat -antp | grep 80");
    EXPECT_EQ(reading_of("C:\\> netstat -ano | findstr 8080\n").paste->command,
              "netstat -ano | findstr 8080");
    EXPECT_EQ(reading_of("C:\\>netstat -anob\n").paste->command, "netstat -anob");
    EXPECT_EQ(reading_of("PS C:\\Users\\me> netstat\n").paste->command, "netstat");
    EXPECT_EQ(reading_of("netstat -an\n").paste->command, "netstat -an");
    EXPECT_EQ(reading_of("$netstat -tn  \n").paste->command, "netstat -tn");
    EXPECT_EQ(reading_of("> ss -ltn\n").paste->command, "ss -ltn");
}

TEST(Commands, AreNotSeenInProse) {
    for (const char* text :
         {"netstat shows many sockets\n", "# 4. monitor netstat outputs[server]\n",
          "The output of ss is below\n", "I ran lsof and it hangs\n",
          "# netstat is deprecated\n"}) {
        EXPECT_EQ(reading_of(text).paste->command, "") << text;
        EXPECT_FALSE(reading_of(text).paste->as_root) << text;
    }
}

}  // namespace
}  // namespace tcpdx::text
