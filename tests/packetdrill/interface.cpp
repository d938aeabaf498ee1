// The table of packetdrill's shared-object interface, and what the C library's callers need.

#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <memory>

#include "packetdrill_interface.h"
#include "socket_table.h"

namespace tcpdx::packetdrill {
namespace {

struct Instance {
    explicit Instance(const Flags& flags) : engine(flags), sockets(engine) {}
    Engine engine;
    SocketTable sockets;
};

// packetdrill makes one. Scripts' own code looks at its sockets through close() and getsockopt()
// of the C library, which have no userdata.
Instance* current = nullptr;

Instance& of(void* userdata) {
    return *static_cast<Instance*>(userdata);
}

void* writable(const void* buffer) {
    // iovec has no const; what is written is not changed.
    return const_cast<void*>(buffer);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

ssize_t read_one(void* self, int fd, void* buffer, size_t count, int flags) {
    const iovec part{.iov_base = buffer, .iov_len = count};
    return of(self).sockets.read(fd, {&part, 1}, flags);
}

ssize_t write_one(void* self, int fd, const void* buffer, size_t count, int flags) {
    const iovec part{.iov_base = writable(buffer), .iov_len = count};
    return of(self).sockets.write(fd, {&part, 1}, flags);
}

constexpr int kMaxParts = 1024;  // UIO_MAXIOV

ssize_t read_parts(void* self, int fd, const iovec* parts, int count) {
    if (count < 0 || count > kMaxParts) {
        errno = EINVAL;
        return -1;
    }
    return of(self).sockets.read(fd, {parts, static_cast<size_t>(count)}, 0);
}

ssize_t write_parts(void* self, int fd, const iovec* parts, int count) {
    if (count < 0 || count > kMaxParts) {
        errno = EINVAL;
        return -1;
    }
    return of(self).sockets.write(fd, {parts, static_cast<size_t>(count)}, 0);
}

ssize_t receive_from(void* self, int fd, void* buffer, size_t count, int flags,
                     sockaddr* /*address*/, socklen_t* size) {
    if (size != nullptr) {
        *size = 0;  // TCP says nothing there
    }
    return read_one(self, fd, buffer, count, flags);
}

ssize_t receive_message(void* self, int fd, msghdr* message, int flags) {
    message->msg_namelen = 0;
    message->msg_flags = 0;
    const ssize_t got = of(self).sockets.read(fd, {message->msg_iov, message->msg_iovlen}, flags);
    of(self).sockets.put_control_messages(fd, *message);
    return got;
}

int receive_from_wire(void* self, void* buffer, size_t* count, long long* time_us) {
    Engine& engine = of(self).engine;
    auto lock = engine.lock();
    const auto sniffed = engine.sniff(lock);
    if (!sniffed) {
        *count = 0;
        *time_us = engine.now().time_since_epoch().count();
        return 0;  // anything else would make packetdrill ask again for ever
    }
    *count = std::min(*count, sniffed->datagram.size());
    std::memcpy(buffer, sniffed->datagram.data(), *count);
    *time_us = sniffed->sent_at.time_since_epoch().count();
    return 0;
}

int send_to_wire(void* self, const void* buffer, size_t count) {
    Engine& engine = of(self).engine;
    auto lock = engine.lock();
    engine.inject(lock, {static_cast<const std::byte*>(buffer), count});
    return 0;
}

int tell_time(void* self, timeval* time, struct timezone* /*zone*/) {
    Engine& engine = of(self).engine;
    auto lock = engine.lock();
    const auto now = engine.read_clock(lock).time_since_epoch().count();
    *time = {.tv_sec = now / 1'000'000, .tv_usec = now % 1'000'000};
    return 0;
}

int pass_time(void* self, useconds_t duration) {
    Engine& engine = of(self).engine;
    auto lock = engine.lock();
    engine.sleep(lock, endpoint::Duration(duration));
    return 0;
}

int control_file(void* self, int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    const long argument = va_arg(arguments, long);
    va_end(arguments);
    return of(self).sockets.fcntl(fd, command, argument);
}

int control_device(void* self, int fd, unsigned long request, ...) {
    va_list arguments;
    va_start(arguments, request);
    int* const argument = va_arg(arguments, int*);
    va_end(arguments);
    return of(self).sockets.ioctl(fd, request, argument);
}

void destroy(void* self) {
    if (current == self) {
        current = nullptr;
    }
    const std::unique_ptr<Instance> owned(static_cast<Instance*>(self));
}

}  // namespace
}  // namespace tcpdx::packetdrill

namespace pd = tcpdx::packetdrill;

extern "C" void packetdrill_interface_init(const char* flags, packetdrill_interface* table) {
    auto instance = std::make_unique<pd::Instance>(pd::parse_flags(flags == nullptr ? "" : flags));
    pd::current = instance.get();
    *table = packetdrill_interface{
        .userdata = instance.release(),  // freed by destroy()
        .free = pd::destroy,
        .socket = [](void* self, int domain, int type,
                     int protocol) { return pd::of(self).sockets.socket(domain, type, protocol); },
        .bind = [](void* self, int fd, const sockaddr* address,
                   socklen_t size) { return pd::of(self).sockets.bind(fd, address, size); },
        .listen = [](void* self, int fd,
                     int backlog) { return pd::of(self).sockets.listen(fd, backlog); },
        .accept = [](void* self, int fd, sockaddr* address,
                     socklen_t* size) { return pd::of(self).sockets.accept(fd, address, size); },
        .connect = [](void* self, int fd, const sockaddr* address,
                      socklen_t size) { return pd::of(self).sockets.connect(fd, address, size); },
        .read = [](void* self, int fd, void* buffer,
                   size_t count) { return pd::read_one(self, fd, buffer, count, 0); },
        .readv = pd::read_parts,
        .recv = pd::read_one,
        .recvfrom = pd::receive_from,
        .recvmsg = pd::receive_message,
        .write = [](void* self, int fd, const void* buffer,
                    size_t count) { return pd::write_one(self, fd, buffer, count, 0); },
        .writev = pd::write_parts,
        .send = pd::write_one,
        .sendto = [](void* self, int fd, const void* buffer, size_t count, int flags,
                     const sockaddr* /*address*/,
                     socklen_t /*size*/) { return pd::write_one(self, fd, buffer, count, flags); },
        .sendmsg =
            [](void* self, int fd, const msghdr* message, int flags) {
                return pd::of(self).sockets.write(fd, {message->msg_iov, message->msg_iovlen},
                                                  flags);
            },
        .fcntl = pd::control_file,
        .ioctl = pd::control_device,
        .close = [](void* self, int fd) { return pd::of(self).sockets.close(fd); },
        .shutdown = [](void* self, int fd,
                       int how) { return pd::of(self).sockets.shutdown(fd, how); },
        .getsockopt =
            [](void* self, int fd, int level, int name, void* value, socklen_t* size) {
                return pd::of(self).sockets.getsockopt(fd, level, name, value, size);
            },
        .setsockopt =
            [](void* self, int fd, int level, int name, const void* value, socklen_t size) {
                return pd::of(self).sockets.setsockopt(fd, level, name, value, size);
            },
        .poll = [](void* self, pollfd* fds, nfds_t count,
                   int timeout) { return pd::of(self).sockets.poll(fds, count, timeout); },
        .netdev_send = pd::send_to_wire,
        .netdev_receive = pd::receive_from_wire,
        .usleep = pd::pass_time,
        .gettimeofday = pd::tell_time,
        .epoll_create = [](void* self,
                           int /*size*/) { return pd::of(self).sockets.epoll_create(); },
        .epoll_ctl =
            [](void* self, int epoll_fd, int operation, int fd, epoll_event* event) {
                return pd::of(self).sockets.epoll_ctl(epoll_fd, operation, fd, event);
            },
        .epoll_wait =
            [](void* self, int epoll_fd, epoll_event* events, int max, int timeout) {
                return pd::of(self).sockets.epoll_wait(epoll_fd, events, max, timeout);
            },
        .pipe = [](void* /*self*/, int fds[2]) { return ::pipe(fds); },
        .splice = [](void* /*self*/, int /*fd_in*/, loff_t* /*offset_in*/, int /*fd_out*/,
                     loff_t* /*offset_out*/, size_t /*size*/, unsigned int /*flags*/) -> int {
            errno = EINVAL;  // what the kernel says of files that cannot splice
            return -1;
        },
    };
}

// With LD_PRELOAD of this library, a script's %{ }% code finds its sockets too.
extern "C" int close(int fd) {
    if (pd::current != nullptr && pd::current->sockets.owns(fd)) {
        return pd::current->sockets.close(fd);
    }
    return static_cast<int>(::syscall(SYS_close, fd));
}

extern "C" int getsockopt(int fd, int level, int name, void* value, socklen_t* size) noexcept {
    if (pd::current != nullptr && pd::current->sockets.owns(fd)) {
        return pd::current->sockets.getsockopt(fd, level, name, value, size);
    }
    return static_cast<int>(::syscall(SYS_getsockopt, fd, level, name, value, size));
}
