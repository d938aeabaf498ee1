// Reading and writing.

#include <linux/tcp.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <vector>

#include "socket_table.h"

namespace tcpdx::packetdrill {

using endpoint::CallError;
using endpoint::Connection;

namespace {

// What comes behind the first `skip` bytes.
Result<std::size_t, CallError> peek_behind(const Connection& from, std::size_t skip,
                                           std::span<std::byte> room) {
    std::vector<std::byte> all(skip + std::min(room.size(), from.readable() + 1));
    const auto got = from.peek(all);
    if (!got || skip == 0) {
        std::copy_n(all.begin(), got.value_or(0), room.begin());
        return got;
    }
    if (*got <= skip) {
        return unexpected(from.receiver().fin_taken() ? CallError::Closing : CallError::WouldBlock);
    }
    std::copy(all.begin() + static_cast<std::ptrdiff_t>(skip),
              all.begin() + static_cast<std::ptrdiff_t>(*got), room.begin());
    return *got - skip;
}

}  // namespace

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
                                 ? peek_behind(*from, static_cast<std::size_t>(total), room)
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
            const bool peeks = (flags & MSG_PEEK) != 0;
            return open == nullptr ||
                   open->readable() > (peeks ? static_cast<std::size_t>(total) : 0) ||
                   open->receiver().fin_taken() || open->at_end_of_stream() ||
                   open->state() == TcpState::Closed;
        };
        if (would_block && !engine_->wait(lock, ready, timeout_of(*socket, SO_RCVTIMEO))) {
            return total > 0 ? total : fail(EAGAIN);
        }
    }
}

// SIOCINQ: as much as a read can get at once.
int SocketTable::unread(const Socket& socket) const {
    const Connection* from = connection(socket);
    return from == nullptr
               ? 0
               : static_cast<int>(std::min(from->readable(), bytes_before_mark(socket)));
}

void SocketTable::put_control_messages(int fd, msghdr& message) {
    const auto lock = engine_->lock();
    const Socket* socket = find(fd);
    const auto wanted = socket == nullptr ? std::map<std::pair<int, int>, int>::const_iterator{}
                                          : socket->numbers.find({IPPROTO_TCP, TCP_INQ});
    if (socket == nullptr || wanted == socket->numbers.end() || wanted->second == 0 ||
        message.msg_controllen < CMSG_SPACE(sizeof(int))) {
        message.msg_controllen = 0;
        return;
    }
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    *header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = IPPROTO_TCP, .cmsg_type = TCP_INQ};
    const Connection* from = connection(*socket);
    // The end of the stream counts as one, so that there is a reason to read on.
    const int left = from == nullptr ? 0 : unread(*socket) + (from->at_end_of_stream() ? 1 : 0);
    std::memcpy(CMSG_DATA(header), &left, sizeof left);
    message.msg_controllen = CMSG_SPACE(sizeof(int));
}

// Why nothing can be written, now or ever.
std::optional<int> SocketTable::write_obstacle(Socket& socket, int flags) {
    if (const int error = take_error(socket); error != 0) {
        return error;
    }
    if (socket.role != Role::Connected) {
        return linux_like() ? EPIPE : ENOTCONN;
    }
    const Connection* to = connection(socket);
    const bool closed = to == nullptr || to->state() == TcpState::Closed;
    const bool opening = !closed && !to->is_synchronized();
    if (opening && linux_like() && !blocks(socket, flags)) {
        return EAGAIN;
    }
    if (closed || socket.write_shut_down) {
        return EPIPE;
    }
    return opening && !blocks(socket, flags) ? std::optional(EAGAIN) : std::nullopt;
}

ssize_t SocketTable::write(int fd, std::span<const iovec> parts, int flags) {
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
        if (const auto error = write_obstacle(*socket, flags)) {
            return total > 0 ? total : fail(*error);
        }
        while (part < parts.size() && part_used == parts[part].iov_len) {
            ++part;
            part_used = 0;
        }
        if (part == parts.size()) {
            return total;
        }
        const std::span left(static_cast<const std::byte*>(parts[part].iov_base) + part_used,
                             parts[part].iov_len - part_used);
        const Connection* to = connection(*socket);
        if (to->is_synchronized()) {
            auto options = socket->options;
            options.cork = options.cork || (flags & MSG_MORE) != 0;
            engine_->stack().apply(socket->handle, options, engine_->now());
            const auto taken =
                engine_->stack().send(socket->handle, left, engine_->now(), (flags & MSG_OOB) != 0);
            engine_->pump();
            if (taken) {
                total += static_cast<ssize_t>(*taken);
                part_used += *taken;
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
        if (!engine_->wait(lock, ready, timeout_of(*socket, SO_SNDTIMEO))) {
            return total > 0 ? total : fail(EAGAIN);
        }
    }
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

// The urgent octet has arrived, and is not read yet.
bool SocketTable::urgent_is_there(const Socket& socket) const {
    const Connection* from = connection(socket);
    if (from == nullptr || keeps_urgent_inline(socket)) {
        return false;
    }
    const std::uint32_t urgent = from->urgent_bytes();
    return socket.urgent_octet.has_value() ||
           (urgent > 0 && !socket.urgent_was_read && from->readable() >= urgent);
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
