#include "diagnosis/tune/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class Audit : public ::testing::Test {
protected:
    SituationBuilder builder;

    void option(const std::string& name, const std::string& value) {
        builder.now.options.set(name, value);
    }
    TuneEntry entry(const std::string& name) const {
        for (const TuneEntry& each : audit(builder.now)) {
            if (each.option == name) {
                return each;
            }
        }
        ADD_FAILURE() << name << " is not judged";
        return {};
    }
    Verdict verdict(const std::string& name, const std::string& value) {
        option(name, value);
        return entry(name).verdict;
    }
    Connection& listener(std::uint32_t waiting, std::uint32_t limit) {
        Connection& added = builder.add(testing::connection_in(TcpState::Listen));
        added.accept_queue = waiting;
        added.backlog_limit = limit;
        return added;
    }
    // `count` connections in TIME-WAIT that this host opened, to one destination.
    void outgoing_time_wait(std::uint16_t count) {
        for (std::uint16_t i = 0; i < count; ++i) {
            Connection& added = builder.add(testing::connection_in(TcpState::TimeWait));
            added.local.port = static_cast<std::uint16_t>(40000 + i);
            added.remote.port = 5432;
        }
    }
};

TEST_F(Audit, JudgesOnlyOptionsThatExistHere) {
    EXPECT_THAT(audit(builder.now), IsEmpty());
}

TEST_F(Audit, LeavesOutOptionsItHasNoOpinionOf) {
    option("net.ipv4.tcp_ecn", "2");
    EXPECT_THAT(audit(builder.now), IsEmpty());
}

TEST_F(Audit, SurvivesValuesThatAreNoNumbers) {
    option("net.ipv4.tcp_sack", "");
    option("net.ipv4.tcp_mem", "x y");
    EXPECT_THAT(audit(builder.now), IsEmpty());
}

TEST_F(Audit, ShowsTheWorstFirst) {
    option("net.ipv4.tcp_fin_timeout", "15");
    option("net.ipv4.tcp_retries2", "3");
    option("net.ipv4.tcp_sack", "0");
    option("net.ipv4.tcp_window_scaling", "1");
    const auto entries = audit(builder.now);
    ASSERT_THAT(entries, SizeIs(4));
    EXPECT_EQ(entries[0].option, "net.ipv4.tcp_sack");
    EXPECT_EQ(entries[1].option, "net.ipv4.tcp_retries2");
    EXPECT_EQ(entries[2].option, "net.ipv4.tcp_fin_timeout");
    EXPECT_EQ(entries[3].verdict, Verdict::Ok);
}

TEST_F(Audit, GivesTheCommandThatSetsWhatItAdvises) {
    option("net.ipv4.tcp_sack", "0");
    EXPECT_EQ(entry("net.ipv4.tcp_sack").change, "sysctl -w 'net.ipv4.tcp_sack=1'");
    option("net.ipv4.tcp_sack", "1");
    EXPECT_EQ(entry("net.ipv4.tcp_sack").change, "");
}

TEST_F(Audit, FindsNothingWrongWithTheDefaultsOfAnIdleHost) {
    for (const auto& [name, value] : std::initializer_list<std::pair<const char*, const char*>>{
             {"net.core.somaxconn", "4096"},
             {"net.ipv4.conf.all.rp_filter", "0"},
             {"net.ipv4.ip_local_port_range", "32768\t60999"},
             {"net.ipv4.tcp_abort_on_overflow", "0"},
             {"net.ipv4.tcp_fin_timeout", "60"},
             {"net.ipv4.tcp_keepalive_intvl", "75"},
             {"net.ipv4.tcp_keepalive_probes", "9"},
             {"net.ipv4.tcp_keepalive_time", "7200"},
             {"net.ipv4.tcp_low_latency", "0"},
             {"net.ipv4.tcp_max_orphans", "131072"},
             {"net.ipv4.tcp_max_tw_buckets", "131072"},
             {"net.ipv4.tcp_mem", "188000 251000 376000"},
             {"net.ipv4.tcp_moderate_rcvbuf", "1"},
             {"net.ipv4.tcp_mtu_probing", "0"},
             {"net.ipv4.tcp_orphan_retries", "0"},
             {"net.ipv4.tcp_retries2", "15"},
             {"net.ipv4.tcp_rfc1337", "0"},
             {"net.ipv4.tcp_sack", "1"},
             {"net.ipv4.tcp_slow_start_after_idle", "1"},
             {"net.ipv4.tcp_syn_retries", "6"},
             {"net.ipv4.tcp_synack_retries", "5"},
             {"net.ipv4.tcp_syncookies", "1"},
             {"net.ipv4.tcp_timestamps", "1"},
             {"net.ipv4.tcp_tw_reuse", "2"},
             {"net.ipv4.tcp_window_scaling", "1"},
             {"net.netfilter.nf_conntrack_max", "262144"},
             {"net.netfilter.nf_conntrack_tcp_timeout_established", "432000"}}) {
        option(name, value);
    }
    EXPECT_THAT(audit(builder.now), SizeIs(27));
    for (const TuneEntry& each : audit(builder.now)) {
        EXPECT_EQ(each.verdict, Verdict::Ok) << each.option;
        EXPECT_EQ(each.change, "") << each.option;
    }
}

TEST_F(Audit, KnowsWhatHurtsWhateverTheLoad) {
    for (const auto& [name, value] : std::initializer_list<std::pair<const char*, const char*>>{
             {"net.ipv4.tcp_abort_on_overflow", "1"},
             {"net.ipv4.tcp_moderate_rcvbuf", "0"},
             {"net.ipv4.tcp_rfc1337", "1"},
             {"net.ipv4.tcp_sack", "0"},
             {"net.ipv4.tcp_syncookies", "0"},
             {"net.ipv4.tcp_timestamps", "0"},
             {"net.ipv4.tcp_tw_recycle", "1"},
             {"net.ipv4.tcp_window_scaling", "0"}}) {
        EXPECT_EQ(verdict(name, value), Verdict::Harmful) << name;
    }
}

TEST_F(Audit, ShowsACounterOnlyWhenItIsKnown) {
    option("net.ipv4.tcp_abort_on_overflow", "1");
    EXPECT_THAT(entry("net.ipv4.tcp_abort_on_overflow").evidence, IsEmpty());
    builder.now.counters.set("TcpExtListenOverflows", 0);
    EXPECT_THAT(entry("net.ipv4.tcp_abort_on_overflow").evidence, SizeIs(1));
}

TEST_F(Audit, SaysThatFinTimeoutDoesNotShortenTimeWait) {
    outgoing_time_wait(5);
    EXPECT_EQ(verdict("net.ipv4.tcp_fin_timeout", "15"), Verdict::NoEffect);
    EXPECT_THAT(entry("net.ipv4.tcp_fin_timeout").claimed.text, HasSubstr("does not"));
    builder.add(testing::connection_in(TcpState::FinWait2)).owner.kind = OwnerKind::Kernel;
    EXPECT_EQ(entry("net.ipv4.tcp_fin_timeout").verdict, Verdict::Ok);
}

TEST_F(Audit, SaysThatTheSynBacklogHasNoEffectWithCookies) {
    option("net.ipv4.tcp_syncookies", "1");
    EXPECT_EQ(verdict("net.ipv4.tcp_max_syn_backlog", "65536"), Verdict::NoEffect);
    option("net.ipv4.tcp_syncookies", "0");
    EXPECT_EQ(entry("net.ipv4.tcp_max_syn_backlog").verdict, Verdict::Consider);
}

TEST_F(Audit, WouldRaiseSomaxconnOnlyWhenItIsWhatLimitsAFullQueue) {
    listener(128, 128);  // holds one more
    EXPECT_EQ(verdict("net.core.somaxconn", "128"), Verdict::Ok);
    listener(129, 128);
    EXPECT_EQ(entry("net.core.somaxconn").verdict, Verdict::Consider);
    EXPECT_EQ(verdict("net.core.somaxconn", "4096"), Verdict::NoEffect);
}

TEST_F(Audit, WouldReuseTimeWaitOnlyWhenItHoldsManyPorts) {
    option("net.ipv4.ip_local_port_range", "40000 40099");
    outgoing_time_wait(49);
    EXPECT_EQ(verdict("net.ipv4.tcp_tw_reuse", "2"), Verdict::Ok);
    outgoing_time_wait(50);
    EXPECT_EQ(entry("net.ipv4.tcp_tw_reuse").verdict, Verdict::Consider);
    EXPECT_EQ(verdict("net.ipv4.tcp_tw_reuse", "1"), Verdict::Ok);
}

TEST_F(Audit, KnowsThatTheDefaultReusesTimeWaitOnLoopback) {
    option("net.ipv4.ip_local_port_range", "40000 40099");
    outgoing_time_wait(60);
    for (Connection& connection : builder.now.connections) {
        connection.local.address = connection.remote.address = *parse_ip_address("127.0.0.1");
    }
    EXPECT_EQ(verdict("net.ipv4.tcp_tw_reuse", "2"), Verdict::Ok);
    EXPECT_EQ(verdict("net.ipv4.tcp_tw_reuse", "0"), Verdict::Consider);
}

TEST_F(Audit, KnowsThatReuseNeedsTimestamps) {
    option("net.ipv4.tcp_timestamps", "0");
    EXPECT_EQ(verdict("net.ipv4.tcp_tw_reuse", "1"), Verdict::NoEffect);
    EXPECT_THAT(entry("net.ipv4.tcp_timestamps").reason.text, HasSubstr("tcp_tw_reuse"));
}

TEST_F(Audit, WantsMoreRoomForTimeWaitWhenConnectionsSkipIt) {
    EXPECT_EQ(verdict("net.ipv4.tcp_max_tw_buckets", "100"), Verdict::Ok);
    outgoing_time_wait(80);
    EXPECT_EQ(entry("net.ipv4.tcp_max_tw_buckets").verdict, Verdict::Consider);
    builder.now.counters.set("TcpExtTCPTimeWaitOverflow", 3);
    EXPECT_EQ(entry("net.ipv4.tcp_max_tw_buckets").verdict, Verdict::Harmful);
}

TEST_F(Audit, DoesNotJudgeLimitsWhoseUseIsUnknown) {
    EXPECT_EQ(verdict("net.ipv4.tcp_max_orphans", "1"), Verdict::Ok);
    EXPECT_EQ(verdict("net.ipv4.tcp_mem", "1 2 3"), Verdict::Ok);
    EXPECT_EQ(verdict("net.netfilter.nf_conntrack_max", "1"), Verdict::Ok);
}

TEST_F(Audit, SeesLimitsThatAreNear) {
    builder.now.totals.orphans = 80;
    builder.now.totals.memory_pages = 80;
    builder.now.conntrack.emplace().count = 80;
    EXPECT_EQ(verdict("net.ipv4.tcp_max_orphans", "100"), Verdict::Consider);
    EXPECT_EQ(verdict("net.ipv4.tcp_mem", "50 100 200"), Verdict::Consider);
    EXPECT_EQ(verdict("net.netfilter.nf_conntrack_max", "100"), Verdict::Consider);
}

TEST_F(Audit, SeesListenersInsideTheSourcePorts) {
    listener(0, 128).local.port = 40001;
    EXPECT_EQ(verdict("net.ipv4.ip_local_port_range", "40000 40099"), Verdict::Consider);
    option("net.ipv4.ip_local_reserved_ports", "40001");
    EXPECT_EQ(entry("net.ipv4.ip_local_port_range").verdict, Verdict::Ok);
}

TEST_F(Audit, WantsEndsOfDifferentParity) {
    EXPECT_EQ(verdict("net.ipv4.ip_local_port_range", "1024 65534"), Verdict::Consider);
    EXPECT_THAT(entry("net.ipv4.ip_local_port_range").change, HasSubstr("1024 65535"));
    EXPECT_EQ(verdict("net.ipv4.ip_local_port_range", "1025 65535"), Verdict::Consider);
    EXPECT_THAT(entry("net.ipv4.ip_local_port_range").change, HasSubstr("1025 65534"));
    EXPECT_EQ(verdict("net.ipv4.ip_local_port_range", "1024 65535"), Verdict::Ok);
}

TEST_F(Audit, SaysThatKeepaliveOptionsAloneDoNothing) {
    EXPECT_EQ(verdict("net.ipv4.tcp_keepalive_time", "60"), Verdict::Ok);  // nothing known
    builder.add(testing::connection_in(TcpState::Established)).timer = Timer{};
    EXPECT_EQ(entry("net.ipv4.tcp_keepalive_time").verdict, Verdict::NoEffect);
    builder.now.connections.back().timer->kind = TimerKind::Keepalive;
    EXPECT_EQ(entry("net.ipv4.tcp_keepalive_time").verdict, Verdict::Ok);
}

TEST_F(Audit, JudgesTheReversePathFilterOfEachInterface) {
    builder.now.counters.set("TcpExtIPReversePathFilter", 0);
    EXPECT_EQ(verdict("net.ipv4.conf.eth0.rp_filter", "1"), Verdict::Ok);
    builder.now.counters.set("TcpExtIPReversePathFilter", 4);
    EXPECT_EQ(entry("net.ipv4.conf.eth0.rp_filter").verdict, Verdict::Consider);
    EXPECT_EQ(verdict("net.ipv4.conf.eth1.rp_filter", "2"), Verdict::Ok);
}

TEST_F(Audit, KnowsTimesThatAreTooShort) {
    EXPECT_EQ(verdict("net.ipv4.tcp_retries2", "5"), Verdict::Consider);
    EXPECT_EQ(verdict("net.ipv4.tcp_syn_retries", "1"), Verdict::Consider);
    EXPECT_EQ(verdict("net.ipv4.tcp_synack_retries", "1"), Verdict::Consider);
    EXPECT_EQ(verdict("net.ipv4.tcp_orphan_retries", "1"), Verdict::Consider);
    EXPECT_EQ(verdict("net.netfilter.nf_conntrack_tcp_timeout_established", "600"),
              Verdict::Consider);
}

TEST_F(Audit, KnowsOptionsOfOtherValues) {
    EXPECT_EQ(verdict("net.ipv4.tcp_syncookies", "2"), Verdict::Consider);
    EXPECT_EQ(verdict("net.ipv4.tcp_mtu_probing", "2"), Verdict::Consider);
    EXPECT_EQ(verdict("net.ipv4.tcp_mtu_probing", "1"), Verdict::Ok);
    EXPECT_EQ(verdict("net.ipv4.tcp_low_latency", "1"), Verdict::NoEffect);
    EXPECT_EQ(verdict("net.ipv4.tcp_slow_start_after_idle", "0"), Verdict::Ok);
}

bool mentions(const std::vector<Folklore>& all, const char* word) {
    return std::any_of(all.begin(), all.end(), [&](const Folklore& each) {
        return std::string(each.advice.text).find(word) != std::string::npos;
    });
}

TEST_F(Audit, MentionsTwRecycleAsGoneOnlyWhereItIsGone) {
    EXPECT_FALSE(mentions(folklore(builder.now), "tcp_tw_recycle"));  // options were not read
    option("net.ipv4.tcp_sack", "1");
    EXPECT_TRUE(mentions(folklore(builder.now), "tcp_tw_recycle"));
    option("net.ipv4.tcp_tw_recycle", "0");
    EXPECT_FALSE(mentions(folklore(builder.now), "tcp_tw_recycle"));
}

}  // namespace
}  // namespace tcpdx::diagnosis
