#include "lab/kernel_socket.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/i18n.h"

namespace tcpdx::lab {
namespace {

UniqueFd tcp_socket() {
    return UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

sockaddr_in internet_address(const SocketAddress& address) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(address.port);
    std::memcpy(&in.sin_addr, address.address.bytes.data() + 12, 4);
    return in;
}

template <class Call>
int with_address(Call call, int fd, const sockaddr_in& in) {
    sockaddr_storage storage{};
    std::memcpy(&storage, &in, sizeof in);
    return call(fd, static_cast<const sockaddr*>(static_cast<const void*>(&storage)), sizeof in);
}

bool wait_for(int fd, short events, std::chrono::milliseconds patience) {
    pollfd wanted{.fd = fd, .events = events, .revents = 0};
    return ::poll(&wanted, 1, static_cast<int>(patience.count())) > 0;
}

}  // namespace

Result<KernelSocket> KernelSocket::listen(std::uint16_t port, int backlog) {
    KernelSocket socket(tcp_socket());
    socket.set_option(SOL_SOCKET, SO_REUSEADDR, 1);
    const auto any = internet_address({IpAddress::any(IpFamily::V4), port});
    if (!socket.fd_ || with_address(::bind, socket.fd(), any) != 0 ||
        ::listen(socket.fd(), backlog) != 0) {
        return os_failure(N_("listening in the lab"));
    }
    return socket;
}

Result<KernelSocket> KernelSocket::connect(const SocketAddress& to, std::uint16_t from_port) {
    KernelSocket socket(tcp_socket());
    if (from_port != 0) {
        socket.set_option(SOL_SOCKET, SO_REUSEADDR, 1);
        const auto from = internet_address({IpAddress::any(IpFamily::V4), from_port});
        if (with_address(::bind, socket.fd(), from) != 0) {
            return os_failure(N_("connecting in the lab"));
        }
    }
    if (!socket.fd_ ||
        (with_address(::connect, socket.fd(), internet_address(to)) != 0 && errno != EINPROGRESS)) {
        return os_failure(N_("connecting in the lab"));
    }
    return socket;
}

std::optional<KernelSocket> KernelSocket::accept(std::chrono::milliseconds patience) const {
    if (!wait_for(fd(), POLLIN, patience)) {
        return std::nullopt;
    }
    UniqueFd accepted(::accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    return accepted ? std::optional(KernelSocket(std::move(accepted))) : std::nullopt;
}

int KernelSocket::connect_error(std::chrono::milliseconds patience) const {
    if (!wait_for(fd(), POLLOUT, patience)) {
        return EINPROGRESS;
    }
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

std::size_t KernelSocket::send(std::string_view text) const {
    const ssize_t sent = ::send(fd(), text.data(), text.size(), MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

std::optional<std::size_t> KernelSocket::read(std::chrono::milliseconds patience) const {
    std::array<char, 65536> bytes{};
    if (!wait_for(fd(), POLLIN, patience)) {
        return std::nullopt;
    }
    const ssize_t got = ::recv(fd(), bytes.data(), bytes.size(), 0);
    return got < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(got));
}

std::uint16_t KernelSocket::port() const {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    sockaddr_in in{};
    if (::getsockname(fd(), static_cast<sockaddr*>(static_cast<void*>(&storage)), &size) == 0) {
        std::memcpy(&in, &storage, sizeof in);
    }
    return ntohs(in.sin_port);
}

void KernelSocket::shutdown_send() const {
    ::shutdown(fd(), SHUT_WR);
}

void KernelSocket::set_option(int level, int name, int value) const {
    ::setsockopt(fd(), level, name, &value, sizeof value);
}

void KernelSocket::reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

}  // namespace tcpdx::lab
