#pragma once

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "engine.h"

namespace tcpdx::packetdrill {

// Sockets as POSIX has them, over the stack. Results are those of the system calls: -1 and errno.
class SocketTable {
public:
    explicit SocketTable(Engine& engine);

    int socket(int domain, int type, int protocol);
    int bind(int fd, const sockaddr* address, socklen_t size);
    int listen(int fd, int backlog);
    int accept(int fd, sockaddr* address, socklen_t* size);
    int connect(int fd, const sockaddr* address, socklen_t size);
    ssize_t read(int fd, std::span<const iovec> parts, int flags);
    // What recvmsg() tells beside the bytes (TCP_INQ).
    void put_control_messages(int fd, msghdr& message);
    ssize_t write(int fd, std::span<const iovec> parts, int flags);
    int fcntl(int fd, int command, long argument);
    int ioctl(int fd, unsigned long request, int* argument);
    int close(int fd);
    int shutdown(int fd, int how);
    int getsockopt(int fd, int level, int name, void* value, socklen_t* size);
    int setsockopt(int fd, int level, int name, const void* value, socklen_t size);
    int poll(pollfd* fds, std::size_t count, int timeout);
    int epoll_create();
    int epoll_ctl(int epoll_fd, int operation, int fd, const epoll_event* event);
    int epoll_wait(int epoll_fd, epoll_event* events, int max, int timeout);

    [[nodiscard]] bool owns(int fd);

private:
    enum class Role : std::uint8_t { Fresh, Listening, Connected };
    struct Socket {
        int domain = AF_INET;
        Role role = Role::Fresh;
        bool nonblocking = false;
        bool bound = false;
        bool v6_only = false;
        bool write_shut_down = false;
        bool read_shut_down = false;
        bool error_reported = false;  // of a failed connection, once
        bool connect_finished = false;
        bool disconnecting = false;  // shut down after the attempt to connect had failed
        int pending_error = 0;  // of an attempt to connect that has left the socket unconnected
        std::optional<std::byte> urgent_octet;  // taken out of the stream, for MSG_OOB
        bool urgent_was_read = false;           // before the stream came to it
        SocketAddress local;
        endpoint::Handle handle;
        endpoint::SocketOptions options;
        linger linger_option{};
        std::map<std::pair<int, int>, int> numbers;  // options that are only remembered
        std::uint64_t activity = 0;
    };
    struct Epoll {
        struct Watch {
            epoll_event event{};
            std::uint64_t seen = 0;
            std::uint32_t reported = 0;
        };
        std::map<int, Watch> watches;
    };

    [[nodiscard]] Socket* find(int fd);
    [[nodiscard]] const endpoint::Connection* connection(const Socket& socket) const;
    [[nodiscard]] int fail(int error) const;
    [[nodiscard]] int error_of(const endpoint::Connection& connection) const;
    [[nodiscard]] bool linux_like() const;
    [[nodiscard]] static int queued(const endpoint::Connection& connection);
    [[nodiscard]] int unread(const Socket& socket) const;
    [[nodiscard]] bool urgent_is_there(const Socket& socket) const;
    [[nodiscard]] std::optional<int> write_obstacle(Socket& socket, int flags);
    // Zero, or why the address cannot be used.
    [[nodiscard]] static int read_address(const sockaddr* address, socklen_t size, int domain,
                                          SocketAddress& out);
    static void put_address(const SocketAddress& from, int domain, sockaddr* out, socklen_t* size);
    int add(const Socket& socket);
    [[nodiscard]] int take_error(Socket& socket);
    [[nodiscard]] short readiness(const Socket& socket) const;
    [[nodiscard]] bool blocks(const Socket& socket, int flags) const;
    // SO_RCVTIMEO or SO_SNDTIMEO; none is for ever.
    [[nodiscard]] static std::optional<endpoint::Duration> timeout_of(const Socket& socket,
                                                                      int option);
    int finish_connect(Socket& socket);
    [[nodiscard]] static bool keeps_urgent_inline(const Socket& socket);
    [[nodiscard]] std::size_t bytes_before_mark(const Socket& socket) const;
    void take_out_urgent(Socket& socket);
    ssize_t read_urgent(Socket& socket, std::span<const iovec> parts, int flags);
    void linger_on(Engine::Lock& lock, endpoint::Handle handle, int seconds);
    void options_changed(Socket& socket);
    int set_tcp_option(Socket& socket, int name, int value);
    int set_socket_option(Socket& socket, int name, const void* value, socklen_t size);
    [[nodiscard]] std::optional<int> tcp_option(const Socket& socket, int name) const;
    [[nodiscard]] std::optional<int> socket_option(Socket& socket, int name);
    int tcp_info_option(const Socket& socket, void* value, socklen_t* size) const;
    void note_events();

    Engine* engine_;
    std::map<int, Socket> sockets_;
    std::map<int, Epoll> epolls_;
};

}  // namespace tcpdx::packetdrill
