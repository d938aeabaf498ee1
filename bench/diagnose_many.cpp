// How long all rules take over one listing, without the look itself: `diagnose_many [SOCKETS]`.
// Two looks at a busy server, nine sockets in ten in TIME-WAIT.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "diagnosis/engine.h"

namespace {

using namespace tcpdx;

Observations busy_server(std::size_t sockets) {
    constexpr std::uint32_t kProcesses = 200;
    Observations seen;
    seen.coverage.listeners = seen.coverage.connections = seen.coverage.owners = true;
    seen.coverage.tcp_details = seen.coverage.privileged_view = true;
    for (std::uint32_t i = 0; i < kProcesses; ++i) {
        seen.processes.push_back({.pid = static_cast<int>(i) + 1, .name = "worker"});
    }
    for (std::uint32_t i = 0; i < sockets; ++i) {
        Connection connection;
        connection.local = {IpAddress::v4(0x0a000001), static_cast<std::uint16_t>(8000 + i % 20)};
        connection.remote = {IpAddress::v4(0x0b000000 + i / 50000 * 256 + i % 199),
                             static_cast<std::uint16_t>(1024 + i % 50000)};
        connection.cookie = i + 1;
        connection.receive_queue = connection.send_queue = 0;
        connection.inode = 0;
        connection.age = Age::at_least(std::chrono::milliseconds(i % 60000), AgeMethod::Watched);
        if (i < 20) {
            connection.state = TcpState::Listen;
            connection.local.address = IpAddress::any(IpFamily::V4);
            connection.remote = {};
            connection.accept_queue = 0;
            connection.backlog_limit = 4096;
        } else if (i % 10 != 0) {
            connection.state = TcpState::TimeWait;
            connection.kind = SocketKind::TimeWaitSocket;
        } else {
            connection.state = i % 100 == 0 ? TcpState::CloseWait : TcpState::Established;
            connection.opener = Opener::Passive;
            connection.inode = i;
            connection.tcp = TcpDetails{.last_data_sent_ms = 90000};
            connection.age =
                Age::at_least(std::chrono::milliseconds(i % 120000), AgeMethod::Watched);
        }
        if (connection.inode != 0U) {
            connection.owner = {.kind = OwnerKind::Process, .process = i % kProcesses};
        }
        seen.connections.push_back(connection);
    }
    return seen;
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t sockets = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 300000;
    const Observations earlier = busy_server(sockets);
    Observations now = earlier;
    now.taken += std::chrono::seconds(10);
    for (const bool two_looks : {false, true}) {
        std::vector<double> milliseconds;
        std::size_t findings = 0;
        for (int round = 0; round < 9; ++round) {
            const auto begin = std::chrono::steady_clock::now();
            const diagnosis::Situation situation{.now = now,
                                                 .earlier = two_looks ? &earlier : nullptr};
            findings = diagnosis::diagnose(situation).size();
            milliseconds.push_back(
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
                    .count());
        }
        std::sort(milliseconds.begin(), milliseconds.end());
        std::printf("%zu sockets, %s: %.1f ms (median of 9; %.1f to %.1f), %zu findings\n", sockets,
                    two_looks ? "two looks" : "one look", milliseconds[4], milliseconds.front(),
                    milliseconds.back(), findings);
    }
}
