#include "model/process_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using Kind = ProcessMap::Kind;

class ProcessMapTest : public ::testing::Test {
protected:
    std::uint32_t process(const char* name, int pid) {
        seen.processes.push_back({.pid = pid, .name = name});
        return static_cast<std::uint32_t>(seen.processes.size() - 1);
    }
    Connection& add(const char* local, std::uint16_t local_port, const char* remote,
                    std::uint16_t remote_port, Opener opener, std::uint32_t owner) {
        Connection connection;
        connection.local = {*parse_ip_address(local), local_port};
        connection.remote = {*parse_ip_address(remote), remote_port};
        connection.state = TcpState::Established;
        connection.opener = opener;
        connection.owner = {.kind = OwnerKind::Process, .process = owner};
        seen.connections.push_back(connection);
        return seen.connections.back();
    }
    Observations seen;
};

TEST_F(ProcessMapTest, PointsFromThePeerThatConnectedToTheServer) {
    add("192.0.2.1", 443, "198.51.100.7", 40000, Opener::Passive, process("nginx", 1));
    const ProcessMap map = map_processes(seen, 200);
    ASSERT_THAT(map.edges, SizeIs(1));
    EXPECT_EQ(map.nodes[map.edges[0].from].name, "198.51.100.7");
    EXPECT_EQ(map.nodes[map.edges[0].to].name, "nginx");
    EXPECT_EQ(map.edges[0].port, 443);
}

TEST_F(ProcessMapTest, DrawsAConnectionWithinTheHostOnce) {
    const auto client = process("curl", 1);
    const auto server = process("nginx", 2);
    add("127.0.0.1", 80, "127.0.0.1", 40000, Opener::Passive, server);
    add("127.0.0.1", 40000, "127.0.0.1", 80, Opener::Active, client);
    const ProcessMap map = map_processes(seen, 200);
    ASSERT_THAT(map.edges, SizeIs(1));
    EXPECT_EQ(map.edges[0].connections, 1);
    EXPECT_EQ(map.nodes[map.edges[0].from].name, "curl");
    EXPECT_EQ(map.nodes[map.edges[0].to].name, "nginx");
}

TEST_F(ProcessMapTest, KnowsFromOneEndWhoOpened) {
    const auto client = process("curl", 1);
    const auto server = process("nginx", 2);
    add("127.0.0.1", 80, "127.0.0.1", 40000, Opener::Passive, server);
    add("127.0.0.1", 40000, "127.0.0.1", 80, Opener::Unknown, client);
    const ProcessMap map = map_processes(seen, 200);
    ASSERT_THAT(map.edges, SizeIs(1));
    EXPECT_TRUE(map.edges[0].opener_known);
    EXPECT_EQ(map.nodes[map.edges[0].to].name, "nginx");
}

TEST_F(ProcessMapTest, DrawsWhatIsOverWithinTheHostToWhoListensThere) {
    add("127.0.0.1", 80, "0.0.0.0", 0, Opener::Unknown, process("nginx", 2)).state =
        TcpState::Listen;
    add("127.0.0.1", 40000, "127.0.0.1", 80, Opener::Active, kNoProcess).state = TcpState::TimeWait;
    const ProcessMap map = map_processes(seen, 200);
    ASSERT_THAT(map.edges, SizeIs(1));
    EXPECT_EQ(map.nodes[map.edges[0].to].name, "nginx");
}

TEST_F(ProcessMapTest, DrawsWhatIsElsewhereToItsAddressThoughAPortIsTheSame) {
    add("192.0.2.1", 80, "0.0.0.0", 0, Opener::Unknown, process("nginx", 2)).state =
        TcpState::Listen;
    add("192.0.2.1", 40000, "198.51.100.7", 80, Opener::Active, process("curl", 1));
    const ProcessMap map = map_processes(seen, 200);
    ASSERT_THAT(map.edges, SizeIs(1));
    EXPECT_EQ(map.nodes[map.edges[0].to].name, "198.51.100.7");
}

TEST_F(ProcessMapTest, TakesWorkersOfOneNameTogether) {
    add("192.0.2.1", 443, "198.51.100.7", 40000, Opener::Passive, process("nginx", 1));
    add("192.0.2.1", 443, "198.51.100.7", 40001, Opener::Passive, process("nginx", 2));
    const ProcessMap map = map_processes(seen, 200);
    ASSERT_THAT(map.nodes, SizeIs(2));
    ASSERT_THAT(map.edges, SizeIs(1));
    EXPECT_EQ(map.edges[0].connections, 2);
    const auto& server = map.nodes[map.edges[0].to];
    EXPECT_THAT(server.pids, ElementsAre(1, 2));
}

TEST_F(ProcessMapTest, SaysWhenItIsNotKnownWhoOpened) {
    add("192.0.2.1", 5000, "198.51.100.7", 6000, Opener::Unknown, process("x", 1));
    const ProcessMap map = map_processes(seen, 200);
    EXPECT_FALSE(map.edges.at(0).opener_known);
    EXPECT_EQ(map.edges.at(0).port, 0);
}

TEST_F(ProcessMapTest, PutsTheSmallestTogetherWhenThereAreTooMany) {
    const auto server = process("nginx", 1);
    for (int i = 1; i <= 20; ++i) {
        add("192.0.2.1", 443, ("198.51.100." + std::to_string(i)).c_str(), 40000, Opener::Passive,
            server);
    }
    const ProcessMap map = map_processes(seen, 5);
    ASSERT_THAT(map.nodes, SizeIs(5));
    EXPECT_EQ(map.nodes_in_all, 21);
    EXPECT_EQ(map.nodes.back().kind, Kind::Others);
    EXPECT_EQ(map.nodes.back().members, 17);
    std::size_t connections = 0;
    for (const auto& edge : map.edges) {
        connections += edge.connections;
    }
    EXPECT_EQ(connections, 20);
}

}  // namespace
}  // namespace tcpdx
