// The endpoint on a TUN device, with the kernel as its peer, and the kernel with itself over
// loopback, in one run: bytes in and out, connections, requests. Needs root; everything happens in
// a network namespace of its own.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <random>
#include <thread>

#include "tun_with_offload.h"

namespace {

using namespace tcpdx;            // NOLINT(google-build-using-namespace): a benchmark
using namespace tcpdx::endpoint;  // NOLINT(google-build-using-namespace)
using Clock = std::chrono::steady_clock;

constexpr std::size_t kChunk = 256 * 1024;
constexpr auto kRunTime = std::chrono::seconds(4);
constexpr std::uint16_t kSink = 5001;    // reads
constexpr std::uint16_t kSource = 5002;  // writes
constexpr std::uint16_t kHello = 5003;   // closes at once
constexpr std::uint16_t kEcho = 5004;    // gives back what it gets
constexpr std::array kPorts{kSink, kSource, kHello, kEcho};

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

// ---- the same four services, by the endpoint and by the kernel

class EndpointServer {
public:
    explicit EndpointServer(TcpStack& stack) : stack_(&stack) {
        for (const std::uint16_t port : kPorts) {
            listeners_[port] =
                *stack.listen({.address = IpAddress::any(IpFamily::V4), .port = port}, 1000);
        }
    }
    void run(Time now) {
        while (const auto event = stack_->poll_event()) {
        }
        for (const auto& [port, listener] : listeners_) {
            while (const auto accepted = stack_->accept(listener)) {
                if (port == kHello) {
                    stack_->close(*accepted, now);
                } else {
                    open_[*accepted] = port;
                }
            }
        }
        std::erase_if(open_,
                      [&](const auto& each) { return !serve(each.first, each.second, now); });
    }

private:
    bool serve(Handle id, std::uint16_t port, Time now) {
        const Connection* connection = stack_->find(id);
        if (connection == nullptr) {
            return false;
        }
        if (port == kSource) {
            if (connection->can_send() && connection->send_room() >= kChunk / 4) {
                (void)stack_->send(id, room_, now).has_value();
            }
        } else {
            while (stack_->find(id)->readable() > 0) {
                const auto got = stack_->read(id, room_, now);
                if (port == kEcho && got) {
                    (void)stack_->send(id, std::span(room_).first(*got), now).has_value();
                }
            }
        }
        if (stack_->find(id)->at_end_of_stream() || stack_->find(id)->failure() != Failure::None) {
            stack_->close(id, now);
            return false;
        }
        return true;
    }

    TcpStack* stack_;
    std::map<std::uint16_t, Handle> listeners_;
    std::map<Handle, std::uint16_t> open_;
    std::vector<std::byte> room_ = std::vector<std::byte>(kChunk);
};

void kernel_server(std::uint16_t port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    const int one = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 ||
        ::listen(listener, 1000) < 0) {
        std::perror("the kernel's server");
        std::exit(1);
    }
    std::vector<char> room(kChunk);
    while (true) {
        const int fd = ::accept(listener, nullptr, nullptr);
        ssize_t got = 1;
        while (port != kHello && got > 0) {
            got = port == kSource ? ::send(fd, room.data(), room.size(), MSG_NOSIGNAL)
                                  : ::read(fd, room.data(), room.size());
            if (port == kEcho && got > 0) {
                got = ::send(fd, room.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
            }
        }
        ::close(fd);
    }
}

// ---- the client, which is the kernel's

int connect_to(const char* host, std::uint16_t port, int flags = 0) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | flags, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, host, &address.sin_addr);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 &&
        errno != EINPROGRESS) {
        std::perror("connect");
        std::exit(1);
    }
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

double bulk(const char* host, std::uint16_t port) {
    const int fd = connect_to(host, port);
    std::vector<char> room(kChunk);
    double bytes = 0;
    const auto begin = Clock::now();
    while (Clock::now() - begin < kRunTime) {
        const ssize_t moved = port == kSink ? ::send(fd, room.data(), room.size(), MSG_NOSIGNAL)
                                            : ::read(fd, room.data(), room.size());
        if (moved <= 0) {
            std::perror("the client");
            break;
        }
        bytes += static_cast<double>(moved);
    }
    ::close(fd);
    return bytes * 8 / seconds_since(begin) / 1e9;
}

double round_trips(const char* host) {
    const int fd = connect_to(host, kEcho);
    char octet = 0;
    double count = 0;
    const auto begin = Clock::now();
    while (Clock::now() - begin < kRunTime && ::send(fd, &octet, 1, MSG_NOSIGNAL) == 1 &&
           ::read(fd, &octet, 1) == 1) {
        ++count;
    }
    ::close(fd);
    return count / seconds_since(begin);
}

// The server closes first, so that TIME-WAIT is on its side. `at_least` connections are made, so
// many at a time.
double connections(const char* host, double at_least) {
    std::array<pollfd, 64> fds{};
    char octet = 0;
    double count = 0;
    const auto begin = Clock::now();
    while (Clock::now() - begin < kRunTime || count < at_least) {
        for (pollfd& each : fds) {
            each = {.fd = connect_to(host, kHello, SOCK_NONBLOCK), .events = POLLIN, .revents = 0};
        }
        for (pollfd& each : fds) {
            if (::poll(&each, 1, 3000) != 1 || ::read(each.fd, &octet, 1) != 0) {
                std::perror("a short connection");
                std::exit(1);
            }
            ::close(each.fd);
            ++count;
        }
    }
    return count / seconds_since(begin);
}

void client(const char* name, const char* host, const std::function<std::size_t()>& time_waits) {
    std::printf("%-10s %6.2f Gbit/s in  %6.2f Gbit/s out", name, bulk(host, kSink),
                bulk(host, kSource));
    std::printf("  %8.0f requests/s", round_trips(host));
    std::printf("  %8.0f connections/s", connections(host, 0));
    connections(host, 20000);
    std::printf("  %8.0f with %zu TIME-WAITs\n", connections(host, 0), time_waits());
    std::fflush(stdout);
}

void must(const char* command) {
    if (std::system(command) != 0) {  // NOLINT(cert-env33-c,concurrency-mt-unsafe): constants
        std::exit(1);
    }
}

}  // namespace

int main() {
    if (::unshare(CLONE_NEWNET) < 0) {
        std::perror("unshare");
        return 1;
    }
    bench::TunWithOffload tun("tun0");
    must(
        "ip link set lo up && ip address add 10.9.0.1/24 dev tun0 && ip link set tun0 up && "
        "sysctl -qw net.ipv4.tcp_congestion_control=reno net.ipv4.tcp_tw_reuse=1 "
        "net.ipv4.ip_local_port_range='1024 65535'");
    Settings settings = linux_settings();
    std::random_device random;
    settings.secret = {random(), random()};
    settings.receive_buffer = settings.send_buffer = 4U << 20;
    settings.window_shift = 7;
    auto stack = std::make_unique<TcpStack>(settings);
    EndpointServer server(*stack);
    const auto now = [] { return std::chrono::time_point_cast<Duration>(Clock::now()); };

    std::atomic<bool> done = false;
    std::atomic<std::size_t> time_waits = 0;
    std::thread driver([&] {
        client("endpoint", "10.9.0.2", [&] { return time_waits.load(); });
        done = true;
    });
    while (!done) {
        pollfd fd{.fd = tun.fd(), .events = POLLIN, .revents = 0};
        ::poll(&fd, 1, stack->next_deadline() && *stack->next_deadline() <= now() ? 0 : 10);
        tun.read_into(*stack, now());
        stack->advance_time(now());
        server.run(now());
        tun.write_from(*stack, now());
        time_waits = stack->time_waits();
    }
    driver.join();
    for (const std::uint16_t port : kPorts) {
        std::thread(kernel_server, port).detach();
    }
    ::usleep(100'000);
    client("kernel", "127.0.0.1", [] { return std::size_t{0}; });
    std::fflush(stdout);
    std::_Exit(0);  // its servers would wait for ever
}
