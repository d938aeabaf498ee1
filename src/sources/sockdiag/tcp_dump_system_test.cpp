// Real sockets on loopback, in a network namespace of the test's own. Needs CAP_SYS_ADMIN.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
#include <map>
#include <thread>

#include "base/unique_fd.h"
#include "model/age_estimate.h"
#include "model/opener.h"
#include "sources/sockdiag/exact_ages.h"
#include "sources/sockdiag/tcp_dump.h"

namespace tcpdx::sockdiag {
namespace {

// One namespace for the whole test program: it is left only by ending the program.
bool enter_own_namespace() {
    static const bool entered = [] {
        if (::unshare(CLONE_NEWNET) != 0) {
            return false;
        }
        const UniqueFd control(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        ifreq loopback{};
        std::strcpy(loopback.ifr_name, "lo");
        loopback.ifr_flags = IFF_UP;
        return ::ioctl(control.get(), SIOCSIFFLAGS, &loopback) == 0;
    }();
    return entered;
}

UniqueFd tcp_socket() {
    return UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

UniqueFd listener_on(std::uint16_t port, int backlog = 8) {
    UniqueFd socket = tcp_socket();
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    const sockaddr_in address = loopback(port);
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
    EXPECT_EQ(::listen(socket.get(), backlog), 0);
    return socket;
}

UniqueFd connected_to(std::uint16_t port) {
    UniqueFd socket = tcp_socket();
    const sockaddr_in address = loopback(port);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
    return socket;
}

std::vector<Connection> dump(const DumpRequest& request = {}) {
    std::vector<Connection> seen;
    const auto outcome = dump_tcp(request, [&](Connection& connection) {
        infer_opener(connection);
        connection.age = estimate_age(connection, {});
        seen.push_back(connection);
    });
    EXPECT_TRUE(outcome) << outcome.error().doing;
    return seen;
}

class TcpDump : public ::testing::Test {
protected:
    void SetUp() override {
        if (!enter_own_namespace()) {
            GTEST_SKIP() << "needs CAP_SYS_ADMIN for a network namespace";
        }
    }
};

TEST_F(TcpDump, SeesBothEndsOfAConnectionAndWhoOpenedIt) {
    const UniqueFd listener = listener_on(7001);
    const UniqueFd client = connected_to(7001);
    const UniqueFd server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    ASSERT_EQ(::send(client.get(), "hello", 5, 0), 5);

    std::map<std::uint16_t, Connection> by_remote_port;
    for (const Connection& connection : dump({.states = StateSet().add(TcpState::Established)})) {
        by_remote_port[connection.remote.port == 7001 ? 7001 : 0] = connection;
    }
    ASSERT_EQ(by_remote_port.size(), 2U);
    EXPECT_EQ(by_remote_port[7001].opener, Opener::Active);
    EXPECT_EQ(by_remote_port[0].opener, Opener::Passive);
    EXPECT_EQ(by_remote_port[0].receive_queue, 5U);
    EXPECT_NE(by_remote_port[0].inode, 0U);
}

TEST_F(TcpDump, SeesANeverAcceptedConnectionAsInodeZeroAndInTheAcceptQueue) {
    const UniqueFd listener = listener_on(7002, 5);
    const UniqueFd client = connected_to(7002);
    bool never_accepted = false;
    for (const Connection& connection : dump()) {
        if (connection.is_listener() && connection.local.port == 7002) {
            EXPECT_EQ(connection.accept_queue, 1U);
            EXPECT_EQ(connection.backlog_limit, 5U);
        }
        never_accepted |= connection.local.port == 7002 &&
                          connection.state == TcpState::Established && connection.inode == 0U;
    }
    EXPECT_TRUE(never_accepted);
}

TEST_F(TcpDump, EstimatesHowLongCloseWaitHasLasted) {
    const UniqueFd listener = listener_on(7003);
    UniqueFd client = connected_to(7003);
    const UniqueFd server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    client = UniqueFd();
    std::this_thread::sleep_for(std::chrono::milliseconds(700));

    const auto seen = dump({.states = StateSet().add(TcpState::CloseWait)});
    ASSERT_EQ(seen.size(), 1U);
    ASSERT_TRUE(seen[0].age.known());
    EXPECT_GE(seen[0].age.lower->count(), 600);
    EXPECT_LE(seen[0].age.lower->count(), 2000);
    // The peer, an orphan by now, is a mini-socket in FIN-WAIT-2.
    const auto peers = dump({.states = StateSet().add(TcpState::FinWait2)});
    ASSERT_EQ(peers.size(), 1U);
    EXPECT_EQ(peers[0].kind, SocketKind::TimeWaitSocket);
}

TEST_F(TcpDump, ReadsTheExactAgeOfTimeWaitWhereTheKernelStampsIt) {
    const UniqueFd listener = listener_on(7007);
    UniqueFd client = connected_to(7007);
    UniqueFd server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    client = UniqueFd();
    server = UniqueFd();
    std::this_thread::sleep_for(std::chrono::milliseconds(500));

    const auto seen = dump({.states = StateSet().add(TcpState::TimeWait)});
    ASSERT_FALSE(seen.empty());
    const auto ages = read_exact_ages();
    if (!ages || ages->empty()) {
        GTEST_SKIP() << "no permission, no TCP iterator, or no stamp in TIME-WAIT sockets";
    }
    const auto age = ages->find(*seen.back().cookie);
    ASSERT_NE(age, ages->end());
    EXPECT_GE(age->second.count(), 490);
    EXPECT_LT(age->second.count(), 2000);
}

TEST_F(TcpDump, FiltersPortsAndPrefixesInTheKernel) {
    const UniqueFd first = listener_on(7004);
    const UniqueFd second = listener_on(7005);
    const auto listeners_at = [](EndCondition condition) {
        DumpRequest request{.states = StateSet().add(TcpState::Listen)};
        request.conditions.push_back(condition);
        std::vector<std::uint16_t> ports;
        for (const Connection& connection : dump(request)) {
            ports.push_back(connection.local.port);
        }
        std::sort(ports.begin(), ports.end());
        return ports;
    };
    using ::testing::ElementsAre;
    EXPECT_THAT(listeners_at({.lowest_port = 7004, .highest_port = 7004}), ElementsAre(7004));
    EXPECT_THAT(listeners_at({.lowest_port = 7004, .highest_port = 7005}), ElementsAre(7004, 7005));
    EXPECT_THAT(listeners_at({.lowest_port = 7004, .prefix = parse_ip_prefix("127.0.0.0/8")}),
                ElementsAre(7004, 7005));
    EXPECT_THAT(listeners_at({.prefix = parse_ip_prefix("10.0.0.0/8")}), ElementsAre());
}

TEST_F(TcpDump, FiltersAlternativesInTheKernel) {
    const UniqueFd first = listener_on(7004);
    const UniqueFd second = listener_on(7005);
    const UniqueFd third = listener_on(7006);
    using Row = std::vector<EndCondition>;
    const auto listeners_at = [](std::vector<Row> alternatives) {
        DumpRequest request{.states = StateSet().add(TcpState::Listen)};
        request.alternatives = std::move(alternatives);
        std::vector<std::uint16_t> ports;
        for (const Connection& connection : dump(request)) {
            ports.push_back(connection.local.port);
        }
        std::sort(ports.begin(), ports.end());
        return ports;
    };
    using ::testing::ElementsAre;
    const auto port = [](std::uint16_t number) {
        return EndCondition{.lowest_port = number, .highest_port = number};
    };
    const EndCondition ours{.prefix = parse_ip_prefix("127.0.0.0/8")};
    const EndCondition theirs{.prefix = parse_ip_prefix("10.0.0.0/8")};
    EXPECT_THAT(listeners_at({{port(7004)}, {port(7006)}}), ElementsAre(7004, 7006));
    EXPECT_THAT(listeners_at({{port(7004)}, {port(7005)}, {port(7006)}}),
                ElementsAre(7004, 7005, 7006));
    EXPECT_THAT(listeners_at({{port(7004), theirs}, {ours, port(7006)}}), ElementsAre(7006));
    EXPECT_THAT(listeners_at({{port(7005), ours}, {port(7006), theirs}}), ElementsAre(7005));
    EXPECT_THAT(listeners_at({{theirs}, {port(1)}}), ElementsAre());
    EXPECT_THAT(listeners_at({{port(7004)}, {}}), ElementsAre(7004, 7005, 7006));
}

TEST_F(TcpDump, ReadsALargeTableWithoutLosingASocket) {
    constexpr int kConnections = 3000;
    const UniqueFd listener = listener_on(7006, kConnections);
    std::vector<UniqueFd> ends;
    for (int i = 0; i < kConnections; ++i) {
        ends.push_back(connected_to(7006));
        ends.emplace_back(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }
    EXPECT_EQ(dump({.states = StateSet().add(TcpState::Established)}).size(), 2UL * kConnections);
}

}  // namespace
}  // namespace tcpdx::sockdiag
