#pragma once

// For tests of writers: a few connections, and a way to see what was written.

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "presentation/list/list_context.h"
#include "presentation/list/output_stream.h"

namespace tcpdx::testing {

class ListTest : public ::testing::Test {
protected:
    ListTest() {
        context.processes = processes;
        context.namespaces = namespaces;
    }

    // Everything that `use` writes to the stream it is given.
    template <class Use>
    static std::string written_by(const Use& use) {
        const UniqueFd file(::memfd_create("output", MFD_CLOEXEC));
        OutputStream out(file.get());
        use(out);
        EXPECT_TRUE(out.finish());
        std::string text(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
        EXPECT_EQ(::pread(file.get(), text.data(), text.size(), 0),
                  static_cast<ssize_t>(text.size()));
        return text;
    }

    // 192.0.2.1:8080 <- 198.51.100.7:40000, held by nginx.
    static Connection established() {
        Connection connection;
        connection.local = {*parse_ip_address("192.0.2.1"), 8080};
        connection.remote = {*parse_ip_address("198.51.100.7"), 40000};
        connection.state = TcpState::Established;
        connection.opener = Opener::Passive;
        connection.opener_basis = OpenerBasis::ByteCounters;
        connection.age = Age::exact(std::chrono::seconds(192), AgeMethod::Watched);
        connection.receive_queue = 0;
        connection.send_queue = 12;
        connection.owner = {.kind = OwnerKind::Process, .process = 0, .descriptor = 7};
        return connection;
    }
    static Connection listener() {
        Connection connection;
        connection.local = {IpAddress::any(IpFamily::V4), 8080};
        connection.remote = {IpAddress::any(IpFamily::V4), 0};
        connection.state = TcpState::Listen;
        connection.accept_queue = 3;
        connection.backlog_limit = 128;
        connection.owner = {.kind = OwnerKind::Process, .process = 0, .descriptor = 6};
        return connection;
    }
    static Connection time_wait() {
        Connection connection;
        connection.local = {*parse_ip_address("2001:db8::1"), 50000};
        connection.remote = {*parse_ip_address("2001:db8::2"), 443};
        connection.state = TcpState::TimeWait;
        connection.kind = SocketKind::TimeWaitSocket;
        connection.age = Age::at_least(std::chrono::milliseconds(1500), AgeMethod::TimerRemaining);
        connection.owner = {.kind = OwnerKind::Kernel};
        return connection;
    }

    std::vector<Process> processes{{.pid = 42, .name = "nginx", .unit = "nginx.service"}};
    std::vector<NetworkNamespace> namespaces{{.inode = 4026531840, .name = "blue"}};
    ListContext context;
};

}  // namespace tcpdx::testing
