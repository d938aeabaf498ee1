#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstdint>

#include "base/unique_fd.h"

namespace tcpdx::procfs {

// Both ends of a TCP connection over loopback, and their listener.
struct RealConnection {
    UniqueFd listener;
    UniqueFd client;
    UniqueFd server;
    std::uint16_t server_port = 0;
    std::uint16_t client_port = 0;
};

inline std::uint16_t local_port(const UniqueFd& socket) {
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    return ntohs(address.sin_port);
}

inline RealConnection connect_over_loopback() {
    RealConnection made;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof(address);

    made.listener = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(made.listener.get(), any, length), 0);
    EXPECT_EQ(::listen(made.listener.get(), 4), 0);
    made.server_port = local_port(made.listener);
    address.sin_port = htons(made.server_port);
    made.client = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(made.client.get(), any, length), 0);
    made.client_port = local_port(made.client);
    made.server = UniqueFd(::accept4(made.listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_TRUE(made.server);
    return made;
}

// Closes `socket` in a way that makes its peer receive a reset.
inline void close_with_reset(UniqueFd socket) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    EXPECT_EQ(::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
}

inline std::uint32_t inode_of(const UniqueFd& socket) {
    struct stat status {};
    EXPECT_EQ(::fstat(socket.get(), &status), 0);
    return static_cast<std::uint32_t>(status.st_ino);
}

}  // namespace tcpdx::procfs
