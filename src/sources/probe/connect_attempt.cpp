#include "sources/probe/connect_attempt.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "sources/probe/error_queue.h"

namespace tcpdx::probe {
namespace {

using std::chrono::ceil;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kPiece(100);  // how often `stop` is asked

microseconds since(Clock::time_point start) {
    return duration_cast<microseconds>(Clock::now() - start);
}

void set_number(int socket, int level, int name, int value) {
    ::setsockopt(socket, level, name, &value, sizeof value);
}

void prepare(int socket, const ConnectRequest& request) {
    const IpFamily family = request.target.address.address.family;
    keep_icmp_errors(socket, family);
    if (request.hop_limit) {
        if (family == IpFamily::V4) {
            set_number(socket, SOL_IP, IP_TTL, *request.hop_limit);
        } else {
            set_number(socket, SOL_IPV6, IPV6_UNICAST_HOPS, *request.hop_limit);
        }
    }
    if (request.largest_segment) {
        set_number(socket, IPPROTO_TCP, TCP_MAXSEG, *request.largest_segment);
    }
    if (request.source_port != 0) {
        set_number(socket, SOL_SOCKET, SO_REUSEADDR, 1);
        const KernelAddress local = kernel_address(
            {.address = {IpAddress::any(family), request.source_port}, .interface = 0});
        // Where the port cannot be had the kernel chooses another, as `source` will show.
        static_cast<void>(::bind(socket, local.get(), local.size));
    }
}

void read_tcp_info(int socket, ConnectAttempt& attempt) {
    // An older kernel fills less of the structure.
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
        return;
    }
    // After a failure the kernel has forgotten both.
    if (attempt.outcome == ConnectAttempt::Outcome::NoAnswer ||
        attempt.outcome == ConnectAttempt::Outcome::Connected) {
        attempt.timeouts = info.tcpi_retransmits;
        attempt.in_flight = info.tcpi_retrans;
        if (size >= offsetof(tcp_info, tcpi_total_retrans) + sizeof info.tcpi_total_retrans) {
            attempt.retransmissions = info.tcpi_total_retrans;
        }
    }
}

// The next event on the socket: 0 when the time is over or it was stopped.
short next_event(int socket, short wanted, Clock::time_point end, const Stop& stop) {
    while (!stop()) {
        const auto left = ceil<milliseconds>(end - Clock::now());
        if (left.count() <= 0) {
            return 0;
        }
        pollfd waiting{.fd = socket, .events = wanted, .revents = 0};
        const auto piece = static_cast<int>(std::min(left, kPiece).count());
        if (::poll(&waiting, 1, piece) > 0) {
            return waiting.revents;
        }
    }
    return 0;
}

int take_socket_error(int socket) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

void take_errors(int socket, ConnectAttempt& attempt, Clock::time_point start) {
    for (IcmpError& error : take_icmp_errors(socket)) {
        error.after = since(start);
        attempt.icmp.push_back(error);
    }
}

void wait_for_outcome(int socket, const ConnectRequest& request, const Stop& stop,
                      Clock::time_point start, ConnectAttempt& attempt) {
    const auto end = start + request.patience;
    while (next_event(socket, POLLOUT, end, stop) != 0) {
        attempt.took = since(start);
        // First the error, then the queue: taking the last ICMP error off the queue clears the
        // socket's error (sock_dequeue_err_skb()).
        int error = take_socket_error(socket);
        if (error == 0) {
            // The kernel queues the ICMP error and wakes us before it sets the socket's.
            ::poll(nullptr, 0, 1);
            error = take_socket_error(socket);
        }
        take_errors(socket, attempt, start);
        if (error == ECONNRESET) {
            // A SYN is refused with ECONNREFUSED: this one was connected before we woke up.
            attempt.outcome = ConnectAttempt::Outcome::Connected;
            attempt.afterwards = ConnectAttempt::Afterwards{.error = error};
            return;
        }
        if (error != 0) {
            attempt.outcome = ConnectAttempt::Outcome::Refused;
            attempt.error = error;
            return;
        }
        sockaddr_storage peer{};
        socklen_t size = sizeof peer;
        // A queued ICMP error wakes us up too; only a peer means that it is connected.
        if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) == 0) {
            attempt.outcome = ConnectAttempt::Outcome::Connected;
            return;
        }
    }
    attempt.took = since(start);
    take_errors(socket, attempt, start);
}

}  // namespace

bool wait_until(Clock::time_point until, const Stop& stop) {
    while (!stop()) {
        const auto left = ceil<milliseconds>(until - Clock::now());
        if (left.count() <= 0) {
            return true;
        }
        ::poll(nullptr, 0, static_cast<int>(std::min(left, kPiece).count()));
    }
    return false;
}

Connecting try_to_connect(const ConnectRequest& request, const Stop& stop) {
    Connecting made;
    ConnectAttempt& attempt = made.attempt;
    attempt.target = request.target.address;
    attempt.hop_limit = request.hop_limit;
    attempt.started = std::chrono::system_clock::now();
    const auto start = Clock::now();
    const int family = kernel_family(request.target.address.address.family);
    made.socket = UniqueFd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!made.socket) {
        attempt.outcome = ConnectAttempt::Outcome::NotSent;
        attempt.error = errno;
        return made;
    }
    const int socket = made.socket.get();
    prepare(socket, request);
    const KernelAddress remote = kernel_address(request.target);
    const int called = ::connect(socket, remote.get(), remote.size);
    const int error = called == 0 ? 0 : errno;
    attempt.took = since(start);
    attempt.source = local_address_of(socket);
    if (called == 0) {
        attempt.outcome = ConnectAttempt::Outcome::Connected;
    } else if (error == EINPROGRESS) {
        wait_for_outcome(socket, request, stop, start, attempt);
    } else {
        take_errors(socket, attempt, start);
        // Over loopback or through a filter of this host the answer can come while connect() still
        // runs; but then a port has been chosen, for a SYN was made.
        attempt.outcome = attempt.source && attempt.source->port != 0
                              ? ConnectAttempt::Outcome::Refused
                              : ConnectAttempt::Outcome::NotSent;
        attempt.error = error;
    }
    read_tcp_info(socket, attempt);
    if (attempt.outcome != ConnectAttempt::Outcome::Connected || attempt.afterwards) {
        made.socket = UniqueFd();
    }
    return made;
}

ConnectAttempt::Afterwards watch_connection(int socket, milliseconds duration, const Stop& stop) {
    ConnectAttempt::Afterwards seen;
    const auto start = Clock::now();
    while (const short events = next_event(socket, POLLIN, start + duration, stop)) {
        std::array<std::byte, 4096> data{};
        const ssize_t size = ::recv(socket, data.data(), data.size(), MSG_DONTWAIT);
        if (size > 0) {
            seen.bytes_received += static_cast<std::uint64_t>(size);
            continue;
        }
        if (size == 0) {
            seen.closed_by_peer = true;
            break;
        }
        if (errno != EAGAIN) {
            seen.error = errno;
            break;
        }
        if ((events & POLLERR) != 0) {
            static_cast<void>(take_icmp_errors(socket));  // or poll() would not wait any more
        }
    }
    seen.watched = since(start);
    return seen;
}

}  // namespace tcpdx::probe
