#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "sources/procfs/real_sockets_for_tests.h"
#include "sources/procfs/tcp_table.h"

namespace tcpdx::procfs {
namespace {

using testing::Optional;

std::optional<Connection> in_table(const UniqueFd& socket) {
    const std::uint32_t inode = inode_of(socket);
    std::optional<Connection> found;
    const auto outcome = read_tcp_table([&](Connection& connection) {
        if (connection.inode == inode) {
            found = connection;
        }
    });
    EXPECT_TRUE(outcome);
    EXPECT_EQ(outcome->unreadable, 0U);
    return found;
}

TEST(ReadTcpTable, ShowsARealConnection) {
    const RealConnection made = connect_over_loopback();
    const auto client = in_table(made.client);
    ASSERT_TRUE(client);
    EXPECT_EQ(client->state, TcpState::Established);
    EXPECT_EQ(client->local.port, made.client_port);
    EXPECT_EQ(client->remote.port, made.server_port);
    EXPECT_EQ(to_string(client->remote.address), "127.0.0.1");
    EXPECT_EQ(client->kind, SocketKind::Full);
}

TEST(ReadTcpTable, ShowsUnreadBytes) {
    const RealConnection made = connect_over_loopback();
    ASSERT_EQ(::send(made.client.get(), "hello", 5, 0), 5);
    EXPECT_THAT(in_table(made.server)->receive_queue, Optional(5U));
}

TEST(ReadTcpTable, ShowsAListenersAcceptQueue) {
    const RealConnection made = connect_over_loopback();
    EXPECT_THAT(in_table(made.listener)->accept_queue, Optional(0U));

    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(made.server_port);
    const UniqueFd second(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(second.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
    EXPECT_THAT(in_table(made.listener)->accept_queue, Optional(1U));
}

}  // namespace
}  // namespace tcpdx::procfs
