#include "model/filter/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/filter/parser.h"

namespace tcpdx::filter {
namespace {

using namespace std::chrono_literals;

// 192.0.2.1:8080 <- 198.51.100.7:40000, held by nginx (pid 42).
class FilterTest : public testing::Test {
protected:
    FilterTest() {
        connection.local = {*parse_ip_address("192.0.2.1"), 8080};
        connection.remote = {*parse_ip_address("198.51.100.7"), 40000};
        connection.state = TcpState::Established;
        connection.owner = {.kind = OwnerKind::Process, .process = 0};
    }

    [[nodiscard]] Truth ask(std::string_view text) const {
        const auto filter = parse_filter(text, Names{});
        EXPECT_TRUE(filter) << text;
        return filter ? evaluate(*filter, connection, {processes, namespaces}) : Truth::Unknown;
    }

    Connection connection;
    std::vector<Process> processes{
        {.pid = 42, .name = "nginx", .unit = "nginx.service"},
        {.pid = 43, .name = "a-very-long-nam", .unit = ""},
    };
    std::vector<NetworkNamespace> namespaces{{.inode = 4026531840, .name = "blue"}};
};

TEST_F(FilterTest, AnEmptyFilterLetsEverythingThrough) {
    EXPECT_EQ(ask(""), Truth::True);
    EXPECT_EQ(ask("  "), Truth::True);
}

TEST_F(FilterTest, StatesAreKnownInEverySpelling) {
    for (const char* text : {"state established", "state ESTAB", "established", "estab",
                             "state connected", "state big", "exclude listening",
                             "state time-wait,established", "state time-wait state estab",
                             "state time-wait or state established", "not state listen"}) {
        EXPECT_EQ(ask(text), Truth::True) << text;
    }
    for (const char* text :
         {"state time-wait", "exclude established", "state bucket", "not state estab",
          "state all exclude established", "state != established"}) {
        EXPECT_EQ(ask(text), Truth::False) << text;
    }
}

TEST_F(FilterTest, ComparesPorts) {
    for (const char* text :
         {"sport = :8080", "sport 8080", "sport eq 8080", "sport >= 8080", "sport < 8081",
          "sport ge :8080", "dport > 1024", "port 8080", "port 40000", "sport 80,8080",
          "sport 8000-8100", "sport != 80", "dport = :*", "src :8080"}) {
        EXPECT_EQ(ask(text), Truth::True) << text;
    }
    for (const char* text : {"sport = :80", "dport 8080", "sport > 8080", "port 1", "sport != 8080",
                             "sport != 80,8080", "sport 8081-8100"}) {
        EXPECT_EQ(ask(text), Truth::False) << text;
    }
}

TEST_F(FilterTest, AMissingPortIsNeitherSmallNorLarge) {
    connection.remote.port = 0;
    EXPECT_EQ(ask("dport < 1024"), Truth::False);
    EXPECT_EQ(ask("dport >= 0"), Truth::False);
    EXPECT_EQ(ask("dport != 443"), Truth::True);
}

TEST_F(FilterTest, ComparesAddresses) {
    for (const char* text :
         {"src 192.0.2.1", "src 192.0.2.0/24", "src = 192.0.2.1:8080", "dst 198.51.100.7:40000",
          "dst 198.51/16", "address 198.51.100.7", "src *:8080", "dst != 10.0.0.0/8",
          "src inet:192.0.2.1", "dst 10.0.0.1,198.51.100.7", "dst *"}) {
        EXPECT_EQ(ask(text), Truth::True) << text;
    }
    for (const char* text : {"src 192.0.2.2", "dst 192.0.2.1", "src 192.0.2.1:80", "src ::/0",
                             "dst [2001:db8::]/32", "src inet6:*", "ipv6"}) {
        EXPECT_EQ(ask(text), Truth::False) << text;
    }
}

TEST_F(FilterTest, AnIpv4PrefixAlsoHoldsForMappedAddresses) {
    connection.local.address = *parse_ip_address("::ffff:10.1.2.3");
    EXPECT_EQ(ask("src 10.0.0.0/8"), Truth::True);
    EXPECT_EQ(ask("src ::/0"), Truth::True);
    EXPECT_EQ(ask("ipv6"), Truth::True);
}

TEST_F(FilterTest, BindsAndTighterThanOr) {
    EXPECT_EQ(ask("sport 8080 or sport 1 and dport 1"), Truth::True);
    EXPECT_EQ(ask("(sport 8080 or sport 1) and dport 1"), Truth::False);
    EXPECT_EQ(ask("( sport = :8080 || sport = :1 ) && ! dport = :1"), Truth::True);
    EXPECT_EQ(ask("established sport 8080, dport 40000"), Truth::True);
    EXPECT_EQ(ask("not not sport 8080"), Truth::True);
}

TEST_F(FilterTest, AnUnknownAgeMatchesNeitherAConditionNorItsNegation) {
    EXPECT_EQ(ask("age > 5m"), Truth::Unknown);
    EXPECT_EQ(ask("not age > 5m"), Truth::Unknown);
    EXPECT_EQ(ask("age > 5m or sport 8080"), Truth::True);
    EXPECT_EQ(ask("age > 5m and sport 1"), Truth::False);
}

TEST_F(FilterTest, AnExactAgeIsCompared) {
    connection.age = Age::exact(300s, AgeMethod::Watched);
    EXPECT_EQ(ask("age >= 5m"), Truth::True);
    EXPECT_EQ(ask("age > 5m"), Truth::False);
    EXPECT_EQ(ask("age = 300s"), Truth::True);
    EXPECT_EQ(ask("age < 1h"), Truth::True);
}

TEST_F(FilterTest, AnEstimatedAgeMatchesOnlyWhenBothBoundsDo) {
    connection.age = Age::between(4min, 6min, AgeMethod::RetransmitSchedule);
    EXPECT_EQ(ask("age > 3m"), Truth::True);
    EXPECT_EQ(ask("age > 5m"), Truth::Unknown);
    EXPECT_EQ(ask("age > 6m"), Truth::False);
    EXPECT_EQ(ask("age < 7m"), Truth::True);
    EXPECT_EQ(ask("age < 5m"), Truth::Unknown);
    EXPECT_EQ(ask("age < 4m"), Truth::False);
    EXPECT_EQ(ask("age = 5m"), Truth::Unknown);
    EXPECT_EQ(ask("age = 7m"), Truth::False);
}

TEST_F(FilterTest, ALowerBoundIsNeverSurelyYoung) {
    connection.age = Age::at_least(4min, AgeMethod::LastAckReceived);
    EXPECT_EQ(ask("age > 3m"), Truth::True);
    EXPECT_EQ(ask("age > 5m"), Truth::Unknown);
    EXPECT_EQ(ask("age < 1d"), Truth::Unknown);
    EXPECT_EQ(ask("age < 3m"), Truth::False);
}

TEST_F(FilterTest, FindsTheProcessThatHoldsTheSocket) {
    for (const char* text : {"pid 42", "pid = 1,42", "process nginx", "process 'ngi*'",
                             "unit nginx.service", "owner process", "process != apache2"}) {
        EXPECT_EQ(ask(text), Truth::True) << text;
    }
    for (const char* text : {"pid 43", "process apache2", "owner none", "unit cron.service"}) {
        EXPECT_EQ(ask(text), Truth::False) << text;
    }
}

TEST_F(FilterTest, KnowsThatTheKernelCutsProcessNames) {
    connection.owner.process = 1;
    EXPECT_EQ(ask("process a-very-long-name-indeed"), Truth::True);
    EXPECT_EQ(ask("process a-very-long"), Truth::False);
}

TEST_F(FilterTest, AnotherHolderMayBeTheOneAskedFor) {
    connection.owner.more_holders = 1;
    EXPECT_EQ(ask("pid 43"), Truth::Unknown);
}

TEST_F(FilterTest, AnInvisibleOwnerIsNobodyInParticular) {
    connection.owner = {};
    EXPECT_EQ(ask("process nginx"), Truth::Unknown);
    EXPECT_EQ(ask("not process nginx"), Truth::Unknown);
    EXPECT_EQ(ask("owner none"), Truth::Unknown);
    EXPECT_EQ(ask("owner unknown"), Truth::True);
}

TEST_F(FilterTest, TellsTheWaysOfHavingNoOwnerApart) {
    connection.owner = {.kind = OwnerKind::NeverAccepted, .process = 0};
    EXPECT_EQ(ask("owner never-accepted"), Truth::True);
    EXPECT_EQ(ask("owner none"), Truth::True);
    EXPECT_EQ(ask("owner kernel"), Truth::False);
    EXPECT_EQ(ask("process nginx"), Truth::True) << "it is nginx that should accept";
    connection.owner = {.kind = OwnerKind::Kernel};
    EXPECT_EQ(ask("owner kernel"), Truth::True);
    EXPECT_EQ(ask("process nginx"), Truth::False);
}

TEST_F(FilterTest, AnUnknownOpenerIsNeither) {
    EXPECT_EQ(ask("opener active"), Truth::Unknown);
    connection.opener = Opener::Passive;
    EXPECT_EQ(ask("opener passive"), Truth::True);
    EXPECT_EQ(ask("opener active"), Truth::False);
}

TEST_F(FilterTest, ComparesNumbersThatAreKnown) {
    EXPECT_EQ(ask("recvq > 0"), Truth::Unknown);
    connection.receive_queue = 100;
    EXPECT_EQ(ask("recvq > 0"), Truth::True);
    EXPECT_EQ(ask("recv-q >= 1k"), Truth::False);
    connection.tcp = TcpDetails{.srtt_us = 120'000};
    EXPECT_EQ(ask("rtt > 100ms"), Truth::True);
}

TEST_F(FilterTest, KnowsTheRest) {
    connection.mark = 0x13;
    connection.uid = 33;
    connection.interface = 4;
    connection.cgroup_id = 99;
    for (const char* text : {"fwmark = 0x03/0x0f", "mark 19", "uid = 33", "user 33", "dev 4",
                             "cgroup 99", "netns blue", "netns 4026531840", "not loopback"}) {
        EXPECT_EQ(ask(text), Truth::True) << text;
    }
    connection.remote.address = *parse_ip_address("127.0.0.1");
    EXPECT_EQ(ask("loopback"), Truth::True);
    EXPECT_EQ(ask("netns red"), Truth::False);
}

TEST(ForEachCondition, FindsThemAtEveryDepth) {
    const auto filter = parse_filter("established and not (port 1 or pid 42)", {});
    int conditions = 0;
    int pids = 0;
    for_each_condition(*filter, [&](const Expression& condition) {
        ++conditions;
        pids += std::holds_alternative<PidIs>(condition.is) ? 1 : 0;
    });
    EXPECT_EQ(conditions, 4) << "port is two, one for each side";
    EXPECT_EQ(pids, 1);
}

}  // namespace
}  // namespace tcpdx::filter
