// Fills the current network namespace with TCP sockets, for benchmarks, and holds them until its
// standard input ends:  hold_sockets established|time-wait COUNT
//
// "established" counts both ends. Connections spread over many processes, since a process may hold
// only so many descriptors, and over many destination ports, since one gives 28,232 at most.
// Prints "ready" when all are there.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace {

using tcpdx::UniqueFd;

constexpr std::uint16_t kFirstPort = 10000;
constexpr unsigned kPerPort = 20000;  // below the number of ephemeral ports

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

UniqueFd listener_on(std::uint16_t port) {
    UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    const sockaddr_in address = loopback(port);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        ::listen(socket.get(), 128) != 0) {
        fail("listening");
    }
    return socket;
}

struct Pair {
    UniqueFd client;
    UniqueFd server;
};

Pair connect_pair(const UniqueFd& listener, std::uint16_t port) {
    Pair pair{UniqueFd(::socket(AF_INET, SOCK_STREAM, 0)), {}};
    const sockaddr_in address = loopback(port);
    if (::connect(pair.client.get(), reinterpret_cast<const sockaddr*>(&address),
                  sizeof(address)) != 0) {
        fail("connecting");
    }
    pair.server = UniqueFd(::accept(listener.get(), nullptr, nullptr));
    if (!pair.server) {
        fail("accepting");
    }
    return pair;
}

// One process's share, on one destination port.
void hold(const UniqueFd& listener, std::uint16_t port, unsigned connections, bool established,
          int ready, int wait_for) {
    std::vector<Pair> held;
    for (unsigned i = 0; i < connections; ++i) {
        Pair pair = connect_pair(listener, port);
        if (established) {
            held.push_back(std::move(pair));
        } else {
            pair.client = UniqueFd();  // first closer: gets TIME-WAIT
            char end = 0;
            static_cast<void>(::read(pair.server.get(), &end, 1));
        }
    }
    char byte = 0;
    if (::write(ready, &byte, 1) != 1) {
        fail("reporting");
    }
    static_cast<void>(!::read(wait_for, &byte, 1));  // until the parent closes its end
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view kind = argc == 3 ? argv[1] : "";
    const bool established = kind == "established";
    const unsigned long count = argc == 3 ? std::strtoul(argv[2], nullptr, 10) : 0;
    if (count == 0 || (!established && kind != "time-wait")) {
        std::fputs("usage: hold_sockets established|time-wait COUNT\n", stderr);
        return 64;
    }
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    const unsigned long per_process =
        established ? std::min<unsigned long>(kPerPort, (files.rlim_cur - 50) / 2) : kPerPort;

    int ready[2];
    int release[2];
    if (::pipe(ready) != 0 || ::pipe(release) != 0) {
        fail("pipe");
    }
    unsigned long left = established ? count / 2 : count;
    const auto processes = static_cast<unsigned>((left + per_process - 1) / per_process);
    // All before the first connection, which could take one of these ports as its source.
    std::vector<UniqueFd> listeners;
    for (unsigned i = 0; i < processes; ++i) {
        listeners.push_back(listener_on(static_cast<std::uint16_t>(kFirstPort + i)));
    }
    for (unsigned i = 0; i < processes; ++i) {
        const auto share = static_cast<unsigned>(std::min(left, per_process));
        left -= share;
        if (::fork() == 0) {
            ::close(release[1]);
            hold(listeners[i], static_cast<std::uint16_t>(kFirstPort + i), share, established,
                 ready[1], release[0]);
            return 0;
        }
    }
    listeners.clear();
    ::close(release[0]);
    // So that a process that failed shows as an end of file, not as a wait for ever.
    ::close(ready[1]);
    for (unsigned i = 0; i < processes; ++i) {
        char byte = 0;
        if (::read(ready[0], &byte, 1) != 1) {
            fail("waiting for the processes");
        }
    }
    std::puts("ready");
    std::fflush(stdout);
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
    ::close(release[1]);
    while (::wait(nullptr) > 0) {
    }
    return 0;
}
