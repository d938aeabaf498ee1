#include "socket_table.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tcpdx::packetdrill {

using endpoint::CallError;
using endpoint::Connection;
using endpoint::Duration;
using endpoint::Failure;
using endpoint::Handle;

SocketTable::SocketTable(Engine& engine) : engine_(&engine) {
    engine.on_progress = [this] { note_events(); };
}

int SocketTable::fail(int error) const {
    errno = error;
    return -1;
}

SocketTable::Socket* SocketTable::find(int fd) {
    const auto found = sockets_.find(fd);
    return found == sockets_.end() ? nullptr : &found->second;
}

bool SocketTable::owns(int fd) {
    const auto lock = engine_->lock();
    return sockets_.contains(fd) || epolls_.contains(fd);
}

const Connection* SocketTable::connection(const Socket& socket) const {
    return socket.role == Role::Connected ? engine_->stack().find(socket.handle) : nullptr;
}

void SocketTable::note_events() {
    while (const auto event = engine_->stack().poll_event()) {
        for (auto& [fd, socket] : sockets_) {
            if (socket.role == Role::Connected && socket.handle == event->connection) {
                ++socket.activity;
            }
            if (socket.role == Role::Listening &&
                event->event.kind == endpoint::EventKind::Connected) {
                ++socket.activity;
            }
        }
    }
}

// A real descriptor, since what a script leaves open is closed by the C library.
int SocketTable::add(const Socket& socket) {
    const int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd >= 0) {
        sockets_[fd] = socket;
    }
    return fd;
}

bool SocketTable::linux_like() const {
    return engine_->flags().settings.linux_arrivals;
}

// SIOCOUTQ counts the FIN too, and nothing before the connection is up.
int SocketTable::queued(const Connection& connection) {
    const endpoint::Sender& sender = connection.sender();
    const bool opening =
        connection.state() == TcpState::SynSent || connection.state() == TcpState::SynReceived;
    const bool fin = sender.fin_queued() && !sender.fin_acknowledged();
    const bool syn = !sender.syn_acknowledged();
    return opening ? 0 : static_cast<int>(sender.queued_bytes() + (fin ? 1 : 0) + (syn ? 1 : 0));
}

// ---- addresses

int SocketTable::read_address(const sockaddr* address, socklen_t size, int domain,
                              SocketAddress& out) {
    const std::size_t wanted = domain == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (address == nullptr || size < wanted) {
        return EINVAL;
    }
    if (address->sa_family != domain) {
        return EAFNOSUPPORT;
    }
    if (domain == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, address, sizeof in);
        out = {.address = IpAddress::v4(ntohl(in.sin_addr.s_addr)), .port = ntohs(in.sin_port)};
        return 0;
    }
    sockaddr_in6 in{};
    std::memcpy(&in, address, sizeof in);
    out = {.address = {.bytes = {}, .family = IpFamily::V6}, .port = ntohs(in.sin6_port)};
    std::memcpy(out.address.bytes.data(), &in.sin6_addr, 16);
    if (out.address.is_v4_mapped()) {
        out.address.family = IpFamily::V4;  // on the wire it is IPv4
    }
    return 0;
}

void SocketTable::put_address(const SocketAddress& from, int domain, sockaddr* out,
                              socklen_t* size) {
    if (out == nullptr || size == nullptr) {
        return;
    }
    const auto& bytes = from.address.bytes;
    if (domain == AF_INET) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(from.port);
        std::memcpy(&in.sin_addr, bytes.data() + 12, 4);
        std::memcpy(out, &in, std::min<std::size_t>(*size, sizeof in));
        *size = sizeof in;
    } else {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(from.port);
        std::memcpy(&in.sin6_addr, bytes.data(), 16);
        std::memcpy(out, &in, std::min<std::size_t>(*size, sizeof in));
        *size = sizeof in;
    }
}

// ---- opening

int SocketTable::socket(int domain, int type, int protocol) {
    const auto lock = engine_->lock();
    engine_->arrived();
    if (domain != AF_INET && domain != AF_INET6) {
        return fail(EAFNOSUPPORT);
    }
    if ((type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != SOCK_STREAM ||
        (protocol != 0 && protocol != IPPROTO_TCP)) {
        return fail(EPROTONOSUPPORT);
    }
    return add({.domain = domain, .nonblocking = (type & SOCK_NONBLOCK) != 0});
}

int SocketTable::bind(int fd, const sockaddr* address, socklen_t size) {
    const auto lock = engine_->lock();
    engine_->arrived();
    Socket* socket = find(fd);
    if (socket == nullptr) {
        return fail(EBADF);
    }
    SocketAddress local;
    if (const int error = read_address(address, size, socket->domain, local); error != 0) {
        return fail(error);
    }
    if (socket->bound || socket->role != Role::Fresh) {
        return fail(EINVAL);
    }
    const bool reuses = socket->numbers.contains({SOL_SOCKET, SO_REUSEADDR});
    for (const auto& [other_fd, other] : sockets_) {
        const bool both_reuse = reuses && other.numbers.contains({SOL_SOCKET, SO_REUSEADDR});
        if (other.bound && other.local.port == local.port && local.port != 0 &&
            (other.role == Role::Listening || (other.role == Role::Fresh && !both_reuse)) &&
            (other.local.address == local.address || other.local.address.is_any() ||
             local.address.is_any())) {
            return fail(EADDRINUSE);
        }
    }
    socket->local = local;
    socket->bound = true;
    return 0;
}

int SocketTable::listen(int fd, int backlog) {
    const auto lock = engine_->lock();
    engine_->arrived();
    Socket* socket = find(fd);
    if (socket == nullptr) {
        return fail(EBADF);
    }
    const auto places = static_cast<unsigned>(std::max(backlog, 0));
    if (socket->role == Role::Listening) {
        engine_->stack().set_backlog(socket->handle, places);
        return 0;
    }
    if (socket->role == Role::Connected) {
        return fail(EINVAL);
    }
    if (!socket->bound) {
        socket->local.address =
            IpAddress::any(socket->domain == AF_INET6 ? IpFamily::V6 : IpFamily::V4);
    }
    if (socket->local.port == 0) {
        socket->local.port = static_cast<std::uint16_t>(40000 + fd);
    }
    const auto listening =
        engine_->stack().listen(socket->local, places, socket->options, socket->v6_only);
    if (!listening) {
        return fail(EADDRINUSE);
    }
    socket->handle = *listening;
    socket->role = Role::Listening;
    return 0;
}

int SocketTable::accept(int fd, sockaddr* address, socklen_t* size) {
    auto lock = engine_->lock();
    engine_->arrived();
    Socket* socket = find(fd);
    if (socket == nullptr) {
        return fail(EBADF);
    }
    if (socket->role != Role::Listening) {
        return fail(EINVAL);
    }
    const Handle listener = socket->handle;
    if (engine_->stack().acceptable(listener) == 0) {
        if (socket->nonblocking) {
            return fail(EAGAIN);
        }
        const auto ready = [&] {
            const Socket* now = find(fd);
            return now == nullptr || now->role != Role::Listening ||
                   engine_->stack().acceptable(listener) > 0;
        };
        const bool in_time = engine_->wait(lock, ready, timeout_of(*socket, SO_RCVTIMEO));
        socket = find(fd);
        if (socket == nullptr || socket->role != Role::Listening) {
            return fail(EINVAL);
        }
        if (!in_time) {
            return fail(EAGAIN);
        }
    }
    const auto accepted = engine_->stack().accept(listener);
    if (!accepted) {
        return fail(EAGAIN);
    }
    const Connection* connection = engine_->stack().find(*accepted);
    put_address(connection->tuple().remote, socket->domain, address, size);
    Socket child{.domain = socket->domain,
                 .role = Role::Connected,
                 .bound = true,
                 .connect_finished = true,
                 .local = connection->tuple().local,
                 .handle = *accepted,
                 .options = socket->options,
                 .linger_option = socket->linger_option,
                 .numbers = socket->numbers};
    return add(child);
}

int SocketTable::finish_connect(Socket& socket) {
    const Connection* opened = connection(socket);
    if (opened != nullptr && opened->is_synchronized() && opened->failure() == Failure::None) {
        socket.connect_finished = true;
        return 0;
    }
    const int error = take_error(socket);
    engine_->stack().close(socket.handle, engine_->now());
    engine_->pump();
    socket.role = Role::Fresh;
    return fail(error != 0 ? error : ECONNABORTED);
}

int SocketTable::connect(int fd, const sockaddr* address, socklen_t size) {
    auto lock = engine_->lock();
    engine_->arrived();
    Socket* socket = find(fd);
    if (socket == nullptr) {
        return fail(EBADF);
    }
    if (socket->role == Role::Listening) {
        return fail(EISCONN);
    }
    const auto ready = [&] {
        const Socket* now = find(fd);
        const Connection* opening = now == nullptr ? nullptr : connection(*now);
        return opening == nullptr || opening->is_synchronized() ||
               opening->state() == TcpState::Closed;
    };
    const auto wait_and_finish = [&] {
        const bool decided = engine_->wait(lock, ready, timeout_of(*socket, SO_SNDTIMEO));
        socket = find(fd);
        if (socket == nullptr) {
            return fail(EBADF);
        }
        return decided ? finish_connect(*socket) : fail(EINPROGRESS);
    };
    if (socket->role == Role::Connected) {
        if (socket->connect_finished || socket->disconnecting) {
            return fail(socket->connect_finished ? EISCONN : EINVAL);
        }
        if (ready()) {
            return finish_connect(*socket);
        }
        // In Linux a second connect() waits for the first.
        return linux_like() && !socket->nonblocking ? wait_and_finish() : fail(EALREADY);
    }
    SocketAddress remote;
    if (const int error = read_address(address, size, socket->domain, remote); error != 0) {
        return fail(error);
    }
    SocketAddress local = socket->local;
    if (!socket->bound || local.address.is_any()) {
        local.address = remote.address.family == IpFamily::V4 ? engine_->flags().local4
                                                              : engine_->flags().local6;
    }
    const auto opened = engine_->stack().connect(local, remote, engine_->now(), socket->options);
    if (!opened) {
        return fail(opened.error() == CallError::Exists ? EADDRNOTAVAIL : ENETUNREACH);
    }
    socket->role = Role::Connected;
    socket->handle = *opened;
    socket->bound = true;
    socket->local = engine_->stack().find(*opened)->tuple().local;
    socket->error_reported = false;
    socket->connect_finished = socket->disconnecting = false;
    socket->write_shut_down = socket->read_shut_down = false;
    engine_->pump();
    if (socket->nonblocking) {
        return fail(EINPROGRESS);
    }
    return wait_and_finish();
}

// ---- errors

int SocketTable::error_of(const Connection& connection) const {
    switch (connection.failure()) {
        case Failure::None:
            return 0;
        case Failure::Refused:
            return ECONNREFUSED;
        case Failure::Reset:
            // tcp_reset(), in CLOSE-WAIT.
            return linux_like() && connection.receiver().fin_taken() &&
                           !connection.sender().fin_queued()
                       ? EPIPE
                       : ECONNRESET;
        case Failure::TimedOut:
        case Failure::Unreachable:
            break;
    }
    const endpoint::IcmpError icmp = connection.last_icmp();
    if (icmp == endpoint::IcmpError{}) {
        return ETIMEDOUT;
    }
    if (connection.tuple().local.address.family == IpFamily::V6) {
        constexpr std::array kByCode{ENETUNREACH, EACCES, EHOSTUNREACH, EHOSTUNREACH, ECONNREFUSED};
        return icmp.type == 1 && icmp.code < kByCode.size() ? kByCode[icmp.code] : EHOSTUNREACH;
    }
    // Linux' icmp_err_convert[].
    constexpr std::array kByCode{ENETUNREACH,  EHOSTUNREACH, ENOPROTOOPT,  ECONNREFUSED,
                                 EMSGSIZE,     EOPNOTSUPP,   ENETUNREACH,  EHOSTDOWN,
                                 ENONET,       ENETUNREACH,  EHOSTUNREACH, ENETUNREACH,
                                 EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH};
    return icmp.type == 3 && icmp.code < kByCode.size() ? kByCode[icmp.code] : EHOSTUNREACH;
}

// SO_ERROR and the first call after a failure get the error, once.
int SocketTable::take_error(Socket& socket) {
    if (socket.pending_error != 0) {
        return std::exchange(socket.pending_error, 0);
    }
    const Connection* failed = connection(socket);
    if (failed == nullptr || socket.error_reported) {
        return 0;
    }
    const int error = error_of(*failed);
    socket.error_reported = error != 0;
    return error;
}

bool SocketTable::blocks(const Socket& socket, int flags) const {
    return !socket.nonblocking && (flags & MSG_DONTWAIT) == 0;
}

std::optional<Duration> SocketTable::timeout_of(const Socket& socket, int option) {
    const auto found = socket.numbers.find({SOL_SOCKET, option});
    if (found == socket.numbers.end() || found->second == 0) {
        return std::nullopt;
    }
    return Duration(found->second);
}

// ---- closing

// SO_LINGER: until the peer has acknowledged the FIN, or the time is over.
void SocketTable::linger_on(Engine::Lock& lock, Handle handle, int seconds) {
    const auto is_closed = [&] {
        const Connection* closing = engine_->stack().find(handle);
        return closing == nullptr || closing->sender().fin_acknowledged() ||
               closing->state() == TcpState::Closed;
    };
    engine_->wait(lock, is_closed, std::chrono::seconds(seconds));
}

int SocketTable::close(int fd) {
    auto lock = engine_->lock();
    engine_->arrived();
    if (epolls_.erase(fd) > 0) {
        return static_cast<int>(::syscall(SYS_close, fd));
    }
    Socket* socket = find(fd);
    if (socket == nullptr) {
        return fail(EBADF);
    }
    if (socket->role == Role::Listening) {
        engine_->stack().close_listener(socket->handle, engine_->now());
    } else if (socket->role == Role::Connected) {
        if (socket->linger_option.l_onoff != 0 && socket->linger_option.l_linger == 0) {
            engine_->stack().abort(socket->handle, engine_->now());
        } else {
            engine_->stack().close(socket->handle, engine_->now());
        }
    }
    const Socket closed = *socket;
    sockets_.erase(fd);
    for (auto& [epoll_fd, epoll] : epolls_) {
        epoll.watches.erase(fd);
    }
    engine_->pump();
    if (closed.role == Role::Connected && closed.linger_option.l_onoff != 0 &&
        closed.linger_option.l_linger > 0 && (!closed.nonblocking || linux_like())) {
        linger_on(lock, closed.handle, closed.linger_option.l_linger);
    }
    // Not ::close(), which this library also exports.
    return static_cast<int>(::syscall(SYS_close, fd));
}

int SocketTable::shutdown(int fd, int how) {
    const auto lock = engine_->lock();
    engine_->arrived();
    Socket* socket = find(fd);
    if (socket == nullptr) {
        return fail(EBADF);
    }
    if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) {
        return fail(EINVAL);
    }
    if (socket->role == Role::Listening && how == SHUT_WR && linux_like()) {
        return 0;
    }
    if (socket->role == Role::Listening && how != SHUT_WR) {
        engine_->stack().close_listener(socket->handle, engine_->now());
        socket->role = Role::Fresh;
        engine_->pump();
        return 0;
    }
    const Connection* open = connection(*socket);
    if (open == nullptr || open->state() == TcpState::Closed ||
        open->state() == TcpState::TimeWait) {
        socket->disconnecting =
            linux_like() && open != nullptr && !socket->connect_finished;  // inet_shutdown()
        return fail(ENOTCONN);
    }
    if (open->state() == TcpState::SynSent && linux_like()) {
        // tcp_disconnect(): the socket can connect again.
        engine_->stack().close(socket->handle, engine_->now());
        engine_->pump();
        socket->role = Role::Fresh;
        socket->pending_error = ECONNRESET;
        return 0;
    }
    socket->connect_finished = socket->connect_finished || linux_like();
    if (how != SHUT_WR) {
        engine_->stack().shutdown_receive(socket->handle, engine_->now());
        socket->read_shut_down = true;
    }
    if (how != SHUT_RD && !socket->write_shut_down) {
        socket->write_shut_down = true;
        (void)engine_->stack().shutdown_send(socket->handle, engine_->now()).has_value();
    }
    engine_->pump();
    return 0;
}

int SocketTable::fcntl(int fd, int command, long argument) {
    const auto lock = engine_->lock();
    engine_->arrived();
    Socket* socket = find(fd);
    if (socket == nullptr) {
        return static_cast<int>(::syscall(SYS_fcntl, fd, command, argument));
    }
    switch (command) {
        case F_GETFL:
            return O_RDWR | (socket->nonblocking ? O_NONBLOCK : 0);
        case F_SETFL:
            socket->nonblocking = (argument & O_NONBLOCK) != 0;
            return 0;
        case F_GETFD:
        case F_SETFD:
            return 0;
        default:
            return fail(EINVAL);
    }
}

int SocketTable::ioctl(int fd, unsigned long request, int* argument) {
    const auto lock = engine_->lock();
    engine_->arrived();
    Socket* socket = find(fd);
    if (socket == nullptr) {
        return fail(EBADF);
    }
    if (request == FIONBIO) {
        socket->nonblocking = *argument != 0;
        return 0;
    }
    if (socket->role == Role::Listening) {
        return fail(EINVAL);
    }
    const Connection* open = connection(*socket);
    switch (request) {
        case FIONREAD:  // SIOCINQ
            *argument = unread(*socket);
            return 0;
        case SIOCATMARK:
            *argument = open != nullptr && open->urgent_bytes() == 1 ? 1 : 0;
            return 0;
        case SIOCOUTQ:
            *argument = open == nullptr ? 0 : queued(*open);
            return 0;
        case SIOCOUTQNSD:
            *argument = open == nullptr ? 0 : static_cast<int>(open->sender().unsent_bytes());
            return 0;
        default:
            return fail(EINVAL);
    }
}

}  // namespace tcpdx::packetdrill
