// poll() and epoll over the sockets of the table.

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "socket_table.h"

namespace tcpdx::packetdrill {

using endpoint::Connection;
using endpoint::Duration;
using endpoint::Failure;

short SocketTable::readiness(const Socket& socket) const {
    int ready = 0;
    if (socket.role == Role::Listening) {
        ready = engine_->stack().acceptable(socket.handle) > 0 ? POLLIN | POLLRDNORM : 0;
    } else if (socket.role == Role::Fresh) {
        ready = POLLOUT | POLLHUP | (socket.pending_error != 0 ? POLLERR : 0);
    } else if (const Connection* open = connection(socket); open == nullptr) {
        ready = POLLIN | POLLOUT | POLLRDHUP | POLLHUP;
    } else {
        const bool closed = open->state() == TcpState::Closed;
        const bool ended = open->at_end_of_stream() || open->receiver().fin_taken();
        if (open->readable() > 0 || ended || closed) {
            ready |= POLLIN | POLLRDNORM;
        }
        if (ended || closed) {
            ready |= POLLRDHUP;
        }
        if ((open->can_send() && open->send_room() > 0) || socket.write_shut_down || closed) {
            ready |= POLLOUT | POLLWRNORM;
        }
        if (urgent_is_there(socket)) {
            ready |= POLLPRI;
        }
        if (open->failure() != Failure::None && !socket.error_reported) {
            ready |= POLLERR;
        }
        if (closed || (ended && socket.write_shut_down)) {
            ready |= POLLHUP;
        }
    }
    return static_cast<short>(ready);
}

int SocketTable::poll(pollfd* fds, std::size_t count, int timeout) {
    auto lock = engine_->lock();
    engine_->arrived();
    int ready_count = 0;
    const auto look = [&] {
        ready_count = 0;
        for (pollfd& each : std::span(fds, count)) {
            if (each.fd < 0) {
                each.revents = 0;  // it is left out
                continue;
            }
            const Socket* socket = find(each.fd);
            const int wanted = each.events | POLLERR | POLLHUP;
            each.revents = socket == nullptr ? short{POLLNVAL}
                                             : static_cast<short>(readiness(*socket) & wanted);
            ready_count += each.revents != 0 ? 1 : 0;
        }
        return ready_count > 0;
    };
    std::optional<Duration> limit;
    if (timeout >= 0) {
        limit = std::chrono::milliseconds(timeout);
    }
    engine_->wait(lock, look, limit);
    look();
    return ready_count;
}

int SocketTable::epoll_create() {
    const auto lock = engine_->lock();
    engine_->arrived();
    const int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd >= 0) {
        epolls_[fd];
    }
    return fd;
}

int SocketTable::epoll_ctl(int epoll_fd, int operation, int fd, const epoll_event* event) {
    const auto lock = engine_->lock();
    engine_->arrived();
    const auto epoll = epolls_.find(epoll_fd);
    if (epoll == epolls_.end() || find(fd) == nullptr) {
        return fail(EBADF);
    }
    auto& watches = epoll->second.watches;
    switch (operation) {
        case EPOLL_CTL_ADD:
            if (watches.contains(fd)) {
                return fail(EEXIST);
            }
            watches[fd] = {.event = *event};
            return 0;
        case EPOLL_CTL_MOD:
            if (!watches.contains(fd)) {
                return fail(ENOENT);
            }
            watches[fd] = {.event = *event};
            return 0;
        case EPOLL_CTL_DEL:
            return watches.erase(fd) > 0 ? 0 : fail(ENOENT);
        default:
            return fail(EINVAL);
    }
}

int SocketTable::epoll_wait(int epoll_fd, epoll_event* events, int max, int timeout) {
    auto lock = engine_->lock();
    engine_->arrived();
    if (!epolls_.contains(epoll_fd) || max <= 0) {
        return fail(EINVAL);
    }
    int filled = 0;
    // Edge-triggered: only what has become ready, or seen activity, since it was last reported.
    const auto look = [&](bool report) {
        int found = 0;
        for (auto& [fd, watch] : epolls_.at(epoll_fd).watches) {
            const Socket* socket = find(fd);
            if (socket == nullptr || found == max) {
                continue;
            }
            const auto ready = static_cast<std::uint32_t>(readiness(*socket)) &
                               (watch.event.events | EPOLLERR | EPOLLHUP);
            const bool edge = (watch.event.events & EPOLLET) != 0;
            if (ready == 0 ||
                (edge && watch.seen == socket->activity + 1 && (ready & ~watch.reported) == 0)) {
                continue;
            }
            if (report) {
                events[found] = {.events = ready, .data = watch.event.data};
                watch.seen = socket->activity + 1;
                watch.reported = ready;
                if ((watch.event.events & EPOLLONESHOT) != 0) {
                    watch.event.events = 0;
                }
            }
            ++found;
        }
        return found;
    };
    std::optional<Duration> limit;
    if (timeout >= 0) {
        limit = std::chrono::milliseconds(timeout);
    }
    engine_->wait(
        lock, [&] { return look(false) > 0; }, limit);
    filled = look(true);
    return filled;
}

}  // namespace tcpdx::packetdrill
