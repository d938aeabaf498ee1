// Reading and writing.

#include <algorithm>
#include <cerrno>
#include <limits>
#include <vector>

#include "socket_table.h"

namespace tcpdx::packetdrill {

using endpoint::CallError;
using endpoint::Connection;

ssize_t SocketTable::read(int fd, std::span<const iovec> parts, int flags) {
    auto lock = engine_->lock();
    engine_->arrived();
    ssize_t total = 0;
    std::size_t part = 0;
    std::size_t part_used = 0;
    while (true) {
        Socket* socket = find(fd);
        if (socket == nullptr) {
            return fail(EBADF);
        }
        if ((flags & MSG_ERRQUEUE) != 0) {
            return fail(EAGAIN);
        }
        const Connection* from = connection(*socket);
        if ((flags & MSG_OOB) != 0) {
            return read_urgent(*socket, parts, flags);
        }
        if (from != nullptr && total == 0) {
            take_out_urgent(*socket);
        }
        const std::size_t limit = from == nullptr ? 0 : bytes_before_mark(*socket);
        if (from == nullptr) {
            const int error = take_error(*socket);
            return socket->role == Role::Connected ? 0 : fail(error != 0 ? error : ENOTCONN);
        }
        bool would_block = false;
        bool ended = false;
        while (part < parts.size()) {
            std::span room(static_cast<std::byte*>(parts[part].iov_base) + part_used,
                           parts[part].iov_len - part_used);
            if (!room.empty() && total > 0 && static_cast<std::size_t>(total) >= limit) {
                ended = true;  // a read stops before the urgent octet
                break;
            }
            room = room.first(std::min(room.size(), limit - static_cast<std::size_t>(total)));
            if (room.empty()) {
                ++part;
                part_used = 0;
                continue;
            }
            const auto got = (flags & MSG_PEEK) != 0
                                 ? from->peek(room)
                                 : engine_->stack().read(socket->handle, room, engine_->now());
            if (!got) {
                would_block = got.error() == CallError::WouldBlock;
                ended = !would_block;
                break;
            }
            if (*got == 0) {
                ended = true;
                break;
            }
            total += static_cast<ssize_t>(*got);
            part_used += *got;
            if ((flags & MSG_PEEK) != 0) {
                ended = true;  // the same bytes would come again
                break;
            }
        }
        engine_->pump();
        const bool wants_all = (flags & MSG_WAITALL) != 0 && part < parts.size();
        if (total > 0 && (!wants_all || ended)) {
            return total;
        }
        if (part >= parts.size()) {
            return total;
        }
        if (ended) {
            if (linux_like() && from->receiver().fin_taken()) {
                return 0;  // SOCK_DONE is looked at before the error
            }
            const int error = take_error(*socket);
            return error != 0 ? fail(error) : 0;
        }
        if (!blocks(*socket, flags)) {
            return total > 0 ? total : fail(EAGAIN);
        }
        const auto ready = [&] {
            const Socket* now = find(fd);
            const Connection* open = now == nullptr ? nullptr : connection(*now);
            return open == nullptr || open->readable() > 0 || open->at_end_of_stream() ||
                   open->state() == TcpState::Closed;
        };
        if (would_block && !engine_->wait(lock, ready, receive_timeout(*socket))) {
            return total > 0 ? total : fail(EAGAIN);
        }
    }
}

ssize_t SocketTable::write(int fd, std::span<const iovec> parts, int flags) {
    auto lock = engine_->lock();
    engine_->arrived();
    ssize_t total = 0;
    for (const iovec& part : parts) {
        std::span left(static_cast<const std::byte*>(part.iov_base), part.iov_len);
        while (!left.empty()) {
            Socket* socket = find(fd);
            if (socket == nullptr) {
                return fail(EBADF);
            }
            if (const int error = take_error(*socket); error != 0) {
                return total > 0 ? total : fail(error);
            }
            if (socket->role != Role::Connected) {
                return fail(linux_like() ? EPIPE : ENOTCONN);
            }
            const Connection* to = connection(*socket);
            const bool closed = to == nullptr || to->state() == TcpState::Closed;
            const bool opening = !closed && !to->is_synchronized();
            if (opening && linux_like() && !blocks(*socket, flags)) {
                return fail(EAGAIN);
            }
            if (closed || socket->write_shut_down) {
                return total > 0 ? total : fail(EPIPE);
            }
            if (opening && !blocks(*socket, flags)) {
                return fail(EAGAIN);
            }
            if (!opening) {
                if (socket->options.cork || (flags & MSG_MORE) != 0) {
                    auto corked = socket->options;
                    corked.cork = true;
                    engine_->stack().apply(socket->handle, corked, engine_->now());
                } else {
                    engine_->stack().apply(socket->handle, socket->options, engine_->now());
                }
                const auto taken = engine_->stack().send(socket->handle, left, engine_->now(),
                                                         (flags & MSG_OOB) != 0);
                engine_->pump();
                if (taken) {
                    total += static_cast<ssize_t>(*taken);
                    left = left.subspan(*taken);
                    continue;
                }
                if (taken.error() != CallError::WouldBlock) {
                    return total > 0 ? total : fail(EPIPE);
                }
                if (!blocks(*socket, flags)) {
                    return total > 0 ? total : fail(EAGAIN);
                }
            }
            const auto ready = [&] {
                const Socket* now = find(fd);
                const Connection* open = now == nullptr ? nullptr : connection(*now);
                return open == nullptr || open->state() == TcpState::Closed ||
                       (open->is_synchronized() && open->send_room() > 0);
            };
            if (!engine_->wait(lock, ready, std::nullopt)) {
                return total > 0 ? total : fail(EAGAIN);
            }
        }
    }
    return total;
}

// ---- urgent data, of which the last octet is taken out of the stream (unless SO_OOBINLINE)

bool SocketTable::keeps_urgent_inline(const Socket& socket) {
    const auto found = socket.numbers.find({SOL_SOCKET, SO_OOBINLINE});
    return found != socket.numbers.end() && found->second != 0;
}

// How much a read may take at once.
std::size_t SocketTable::bytes_before_mark(const Socket& socket) const {
    const std::uint32_t urgent =
        keeps_urgent_inline(socket) ? 0 : connection(socket)->urgent_bytes();
    return urgent > 1 ? urgent - 1 : std::numeric_limits<std::size_t>::max();
}

// Where the urgent octet is the next to be read.
void SocketTable::take_out_urgent(Socket& socket) {
    const Connection& from = *connection(socket);
    if (keeps_urgent_inline(socket) || from.urgent_bytes() != 1 || from.readable() == 0) {
        return;
    }
    std::byte octet{};
    if (engine_->stack().read(socket.handle, {&octet, 1}, engine_->now())) {
        if (!socket.urgent_was_read) {
            socket.urgent_octet = octet;
        }
        socket.urgent_was_read = false;
    }
}

ssize_t SocketTable::read_urgent(Socket& socket, std::span<const iovec> parts, int flags) {
    const Connection* from = connection(socket);
    if (from == nullptr || keeps_urgent_inline(socket) || parts.empty()) {
        return fail(from == nullptr ? ENOTCONN : EINVAL);
    }
    const std::uint32_t urgent = from->urgent_bytes();
    if (urgent > 0 && !socket.urgent_was_read) {
        if (from->readable() < urgent) {
            return fail(EAGAIN);
        }
        std::vector<std::byte> until_it(urgent);
        if (from->peek(until_it)) {
            socket.urgent_octet = until_it.back();
        }
    }
    if (!socket.urgent_octet || parts[0].iov_len == 0) {
        return fail(EINVAL);
    }
    *static_cast<std::byte*>(parts[0].iov_base) = *socket.urgent_octet;
    if ((flags & MSG_PEEK) == 0) {
        socket.urgent_octet.reset();
        socket.urgent_was_read = urgent > 0;
    }
    return 1;
}

}  // namespace tcpdx::packetdrill
