#include "sources/text/reading_for_tests.h"

namespace tcpdx::text {
namespace {

using testing::ElementsAre;
using testing::Eq;
using testing::IsEmpty;

TEST(WindowsNetstat, ReadsRowsWithTheirPids) {
    const auto seen = reading_of(
        "C:\\Windows\\system32>netstat -ano\r\n\r\nActive Connections\r\n\r\n"
        "  Proto  Local Address          Foreign Address        State           PID\r\n"
        "  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       1028\r\n"
        "  TCP    10.0.0.1:50000         10.0.0.2:443           TIME_WAIT       0\r\n"
        "  TCP    [::1]:50001            [::1]:8080             CLOSE_WAIT      4632\r\n"
        "  TCP    [fe80::1%5]:50001      [fe80::2%5]:8080       SYN_SENT        4632\r\n"
        "  UDP    0.0.0.0:123            *:*                                    1556\r\n"
        "  UDP    [::]:5353              *:*                                    1556\r\n");
    EXPECT_THAT(lines_of(seen),
                ElementsAre("LISTEN 0.0.0.0:135 0.0.0.0:*", "TIME-WAIT 10.0.0.1:50000 10.0.0.2:443",
                            "CLOSE-WAIT [::1]:50001 [::1]:8080",
                            "SYN-SENT [fe80::1]:50001 [fe80::2]:8080"));
    EXPECT_EQ(owner_of(seen, seen.connections[0]), "1028/");
    EXPECT_EQ(owner_of(seen, seen.connections[1]), "kernel");
    EXPECT_FALSE(seen.connections[2].receive_queue);
    EXPECT_EQ(seen.paste->system, HostSystem::Windows);
    EXPECT_EQ(seen.paste->command, "netstat -ano");
    EXPECT_TRUE(seen.coverage.listeners);
    EXPECT_TRUE(seen.coverage.owners);
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

TEST(WindowsNetstat, NamesTheProgramsOfOptionB) {
    const auto seen = reading_of(
        "  Proto  Local Address          Foreign Address        State           PID\n"
        "  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       1028\n"
        "  RpcSs\n"
        " [svchost.exe]\n"
        "  TCP    0.0.0.0:445            0.0.0.0:0              LISTENING       4\n"
        " Can not obtain ownership information\n"
        "  TCP    10.0.0.1:50000         10.0.0.2:443           CLOSE_WAIT      777\n"
        " [My App.exe]\n"
        "  UDP    0.0.0.0:123            *:*                                    55\n"
        " [other.exe]\n");
    EXPECT_EQ(owner_of(seen, seen.connections[0]), "1028/svchost.exe");
    EXPECT_EQ(owner_of(seen, seen.connections[1]), "4/");
    EXPECT_EQ(owner_of(seen, seen.connections[2]), "777/My App.exe");
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

TEST(WindowsNetstat, NamesProgramsWhereThereIsNoPid) {
    const auto seen = reading_of(
        "  TCP    10.0.0.1:50000         10.0.0.2:443           ESTABLISHED\n [chrome.exe]\n"
        "  TCP    10.0.0.1:50001         10.0.0.2:443           ESTABLISHED\n [chrome.exe]\n");
    EXPECT_EQ(owner_of(seen, seen.connections[0]), "0/chrome.exe");
    EXPECT_EQ(seen.connections[0].owner.process, seen.connections[1].owner.process);
}

TEST(WindowsNetstat, ReadsBoundSocketsAndTheOffloadColumn) {
    const auto seen = reading_of(
        "  TCP    10.0.0.1:50000         10.0.0.2:443           ESTABLISHED     InHost\n"
        "  TCP    10.0.0.1:50001         10.0.0.2:443           ESTABLISHED     77     InHost\n"
        "  TCP    0.0.0.0:50002          0.0.0.0:0              BOUND           78\n");
    EXPECT_THAT(lines_of(seen), ElementsAre("ESTABLISHED 10.0.0.1:50000 10.0.0.2:443",
                                            "ESTABLISHED 10.0.0.1:50001 10.0.0.2:443",
                                            "CLOSED 0.0.0.0:50002 0.0.0.0:*"));
    EXPECT_EQ(owner_of(seen, seen.connections[1]), "77/");
}

struct Language {
    const char* name;
    std::string header;
};
class WindowsLanguages : public testing::TestWithParam<Language> {};

TEST_P(WindowsLanguages, AreKnownByTheirHeader) {
    const auto seen = reading_of(
        GetParam().header + "\n  TCP    0.0.0.0:135     0.0.0.0:0      LISTENING       1028\n");
    EXPECT_EQ(seen.connections.size(), 1U);
    EXPECT_EQ(seen.paste->system, HostSystem::Windows) << GetParam().name;
    EXPECT_EQ(seen.paste->unread_lines, 0U);
    EXPECT_FALSE(seen.paste->selected) << GetParam().name;
}

INSTANTIATE_TEST_SUITE_P(
    All, WindowsLanguages,
    testing::Values(
        Language{"ko",
                 "활성 연결\n\n  프로토콜  로컬 주소              외부 주소              상태      "
                 "      PID"},
        Language{"ja",
                 "アクティブな接続\n\n  プロトコル  ローカル アドレス      外部アドレス           "
                 "状態            PID"},
        Language{"zh_CN",
                 "活动连接\n\n  协议  本地地址          外部地址        状态           PID"},
        Language{"zh_TW",
                 "使用中連線\n\n  協定   本機位址               外部位址               狀態        "
                 "    PID"},
        Language{"de",
                 "Aktive Verbindungen\n\n  Proto  Lokale Adresse         Remoteadresse          "
                 "Status           PID"},
        Language{
            "fr",
            "Connexions actives\n\n  Proto  Adresse locale         Adresse distante       État"},
        Language{"ru",
                 "Активные подключения\n\n  Имя    Локальный адрес        Внешний адрес          "
                 "Состояние       PID"},
        Language{"es",
                 "Conexiones activas\n\n  Proto  Dirección local          Dirección remota        "
                 "Estado           PID"},
        Language{"pt_BR",
                 "Conexões ativas\n\n  Proto  Endereço local          Endereço externo        "
                 "Estado           PID"},
        Language{"it",
                 "Connessioni attive\n\n  Proto  Indirizzo locale          Indirizzo esterno       "
                 " Stato           PID"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(WindowsNetstat, ReadsGermanStatesEvenWhenTheirLettersAreDamaged) {
    const auto seen = reading_of(
        "  TCP    0.0.0.0:1       0.0.0.0:0      ABHÖREN\n"
        "  TCP    0.0.0.0:2       0.0.0.0:0      ABH™REN\n"
        "  TCP    0.0.0.0:3       0.0.0.0:0      ABH?REN\n"
        "  TCP    0.0.0.0:4       0.0.0.0:0      ABH\x99REN\n"
        "  TCP    0.0.0.0:5       0.0.0.0:0      ABH\xd6REN\n"
        "  TCP    0.0.0.0:6       0.0.0.0:0      ABHÃ–REN\n"
        "  TCP    10.0.0.1:7      10.0.0.2:1     HERGESTELLT\n"
        "  TCP    10.0.0.1:8      10.0.0.2:1     WARTEND\n"
        "  TCP    10.0.0.1:9      10.0.0.2:1     SCHLIESSEN_WARTEN\n"
        "  TCP    10.0.0.1:10     10.0.0.2:1     FIN_WARTEN_2\n"
        "  TCP    10.0.0.1:11     10.0.0.2:1     SYN_GESENDET\n");
    std::vector<TcpState> states;
    for (const Connection& connection : seen.connections) {
        states.push_back(connection.state);
    }
    using enum TcpState;
    EXPECT_THAT(states, ElementsAre(Listen, Listen, Listen, Listen, Listen, Listen, Established,
                                    TimeWait, CloseWait, FinWait2, SynSent));
}

TEST(PowerShell, ReadsATable) {
    const auto seen = reading_of(
        "PS C:\\> Get-NetTCPConnection\n\n"
        "LocalAddress                        LocalPort RemoteAddress                       "
        "RemotePort "
        "State       AppliedSetting OwningProcess\n"
        "------------                        --------- -------------                       "
        "---------- "
        "-----       -------------- -------------\n"
        "::                                  49668     ::                                  0       "
        "   "
        "Listen                     3132\n"
        "10.0.0.1                            50000     10.0.0.2                            443     "
        "   "
        "CloseWait   Internet       777\n"
        "10.0.0.1                            50001     10.0.0.2                            443     "
        "   "
        "TimeWait                   0\n"
        "0.0.0.0                             50002     0.0.0.0                             0       "
        "   "
        "Bound                      777\n");
    EXPECT_THAT(
        lines_of(seen),
        ElementsAre("LISTEN [::]:49668 [::]:*", "CLOSE-WAIT 10.0.0.1:50000 10.0.0.2:443",
                    "TIME-WAIT 10.0.0.1:50001 10.0.0.2:443", "CLOSED 0.0.0.0:50002 0.0.0.0:*"));
    EXPECT_EQ(owner_of(seen, seen.connections[1]), "777/");
    EXPECT_EQ(owner_of(seen, seen.connections[2]), "kernel");
    EXPECT_EQ(seen.paste->system, HostSystem::Windows);
    EXPECT_THAT(seen.paste->tools, ElementsAre("Get-NetTCPConnection"));
    EXPECT_EQ(seen.paste->unread_lines, 0U);
}

TEST(PowerShell, ReadsAList) {
    const auto seen = reading_of(
        "LocalAddress   : 10.0.0.1\nLocalPort      : 50000\nRemoteAddress  : 10.0.0.2\n"
        "RemotePort     : 443\nState          : CloseWait\nAppliedSetting : Internet\n"
        "OwningProcess  : 777\nCreationTime   : 1/2/2024 3:04:05 AM\n\n"
        "LocalAddress   : ::\nLocalPort      : 80\nRemoteAddress  : ::\nRemotePort     : 0\n"
        "State          : Listen\nOwningProcess  : 4\n");
    EXPECT_THAT(lines_of(seen),
                ElementsAre("CLOSE-WAIT 10.0.0.1:50000 10.0.0.2:443", "LISTEN [::]:80 [::]:*"));
    EXPECT_EQ(owner_of(seen, seen.connections[0]), "777/");
    EXPECT_EQ(owner_of(seen, seen.connections[1]), "4/");
}

TEST(PowerShell, CountsOfGroupObject) {
    const auto seen = reading_of(
        "Count Name                      Group\n----- ----                      -----\n"
        "  150 TimeWait                  {MSFT_NetTCPConnection (InstanceID = \"::+1+...\n"
        "   12 Listen                    {MSFT_NetTCPConnection (InstanceID = \"::+2+...\n");
    EXPECT_THAT(seen.paste->state_counts[static_cast<std::size_t>(TcpState::TimeWait)],
                testing::Optional(150U));
    EXPECT_THAT(seen.paste->state_counts[static_cast<std::size_t>(TcpState::Listen)],
                testing::Optional(12U));
}

}  // namespace
}  // namespace tcpdx::text
