#include "diagnosis/commands_by_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/i18n.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::array kOthers{HostSystem::Windows, HostSystem::MacOs,   HostSystem::FreeBsd,
                             HostSystem::OpenBsd, HostSystem::Solaris, HostSystem::Aix};

TEST(CommandOn, LeavesLinuxAlone) {
    EXPECT_EQ(command_on(HostSystem::Linux, "ss -tan state close-wait"),
              "ss -tan state close-wait");
    EXPECT_EQ(command_on(HostSystem::Unknown, "nft list ruleset"), "nft list ruleset");
}

TEST(CommandOn, AsksPowerShellOnWindows) {
    EXPECT_EQ(command_on(HostSystem::Windows, "ss -tanpie state close-wait 'sport = :8080'"),
              "Get-NetTCPConnection -State CloseWait -LocalPort 8080");
    EXPECT_EQ(command_on(HostSystem::Windows, "ss -tan state fin-wait-1 state last-ack"),
              "Get-NetTCPConnection -State FinWait1,LastAck");
    EXPECT_EQ(command_on(HostSystem::Windows, "ss -tan 'dst 192.0.2.1:443'"),
              "Get-NetTCPConnection -RemoteAddress 192.0.2.1 -RemotePort 443");
    EXPECT_EQ(command_on(HostSystem::Windows, "ss -tanp | grep pid=42"),
              "Get-NetTCPConnection -OwningProcess 42");
}

TEST(CommandOn, UnderstandsAddressesOfIpv6) {
    EXPECT_EQ(command_on(HostSystem::Windows, "ss -tan 'dst [2001:db8::1]:443'"),
              "Get-NetTCPConnection -RemoteAddress 2001:db8::1 -RemotePort 443");
    EXPECT_EQ(command_on(HostSystem::Windows, "ss -tan 'dst 2001:db8::1'"),
              "Get-NetTCPConnection -RemoteAddress 2001:db8::1");
}

TEST(CommandOn, AsksLsofForOwnersOnMacOs) {
    EXPECT_EQ(command_on(HostSystem::MacOs, "ss -tanp state close-wait 'sport = :8080'"),
              "lsof -nP -a -iTCP:8080 -sTCP:CLOSE_WAIT");
    EXPECT_EQ(command_on(HostSystem::MacOs, "ss -tan state syn-recv 'sport = :80'"),
              "netstat -an -p tcp | grep SYN_RCVD | grep '[.]80 '");
}

TEST(CommandOn, KnowsTheToolsOfTheOthers) {
    EXPECT_EQ(command_on(HostSystem::FreeBsd, "ss -ltn sport = :80"),
              "netstat -anL -p tcp | grep '[.]80 '");
    EXPECT_EQ(command_on(HostSystem::Solaris, "ss -tanp state close-wait"),
              "netstat -anu -P tcp | grep CLOSE_WAIT");
    EXPECT_EQ(command_on(HostSystem::Solaris,
                         "cd /proc/42 && grep State status && cat "
                         "task/*/stack"),
              "pstack 42");
    EXPECT_EQ(command_on(HostSystem::FreeBsd, "tcpdump -ni any 'tcp port 80'"),
              "tcpdump -n 'tcp port 80'");
    EXPECT_EQ(command_on(HostSystem::Windows, "ping -c 3 192.0.2.1"), "ping -n 3 192.0.2.1");
}

TEST(CommandOn, KeepsCommandsAwayThatOnlyLinuxHas) {
    for (const HostSystem system : kOthers) {
        for (const char* command : {"nft list ruleset", "nstat -az TcpOutRsts",
                                    "sysctl net.core.somaxconn", "cat /proc/net/sockstat"}) {
            EXPECT_THAT(command_on(system, command), IsEmpty()) << command;
        }
    }
}

TEST(CommandOn, NamesNoCommandOfLinuxElsewhere) {
    for (const HostSystem system : kOthers) {
        EXPECT_THAT(command_on(system, "ss -tanpie state time-wait"), Not(HasSubstr("ss -")));
        EXPECT_THAT(deciding_command(system), Not(HasSubstr("ss -")));
    }
}

TEST(FitToSystem, TakesOutWhatOnlyLinuxHas) {
    Finding finding;
    finding.evidence = {{{N_("fact")}, Origin::PastedText, "ss -tan state close-wait"}};
    finding.candidates = {{{N_("a")}, {N_("TcpExtListenDrops rises")}, "nstat"},
                          {{N_("b")}, {N_("a ping tells")}, "ping -c 3 192.0.2.1"}};
    finding.advice = {{N_("Set net.ipv4.tcp_tw_reuse=1.")}, {N_("Look at the program.")}};
    Finding same = finding;
    fit_to_system(same, HostSystem::Linux);
    EXPECT_THAT(same.advice, SizeIs(2));
    fit_to_system(finding, HostSystem::Windows);
    EXPECT_THAT(finding.advice, SizeIs(1));
    EXPECT_THAT(finding.candidates, SizeIs(2));
    EXPECT_TRUE(finding.candidates[0].decided_by.empty());
    EXPECT_EQ(finding.evidence[0].check, "Get-NetTCPConnection -State CloseWait");
}

TEST(FitToSystem, LeavesNoSingleCandidate) {
    Finding finding;
    finding.candidates = {{{N_("SYN cookies are off")}, {}, ""}, {{N_("b")}, {}, ""}};
    fit_to_system(finding, HostSystem::MacOs);
    EXPECT_THAT(finding.candidates, IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
