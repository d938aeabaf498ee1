#include "app/serve/http_stream.h"

#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace tcpdx::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kWholeRequest = 10s;
constexpr auto kBetweenRequests = 30s;
constexpr auto kOneWrite = 10s;
constexpr std::size_t kMostBytes = 64UL * 1024;

void name_of(int socket, decltype(&::getpeername) ask, std::string& ip, int& port) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    char host[NI_MAXHOST] = {};
    char service[NI_MAXSERV] = {};
    if (ask(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
        ::getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host, sizeof host, service,
                      sizeof service, NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
        ip = host;
        port = static_cast<int>(std::strtol(service, nullptr, 10));
    }
}

}  // namespace

HttpStream::HttpStream(int socket, SSL_CTX* tls) : socket_(socket) {
    ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
    if (tls != nullptr) {
        tls_.reset(SSL_new(tls));
        SSL_set_fd(tls_.get(), socket);
    }
}

HttpStream::~HttpStream() {
    if (tls_ != nullptr && !gave_up_) {
        SSL_shutdown(tls_.get());
    }
    ::shutdown(socket_.get(), SHUT_RDWR);
}

bool HttpStream::wait(short events, Clock::time_point until) const {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        if (left.count() <= 0) {
            return false;
        }
        pollfd ready{.fd = socket_.get(), .events = events, .revents = 0};
        const int count = ::poll(&ready, 1, static_cast<int>(left.count()));
        if (count > 0) {
            return true;
        }
        if (count < 0 && errno != EINTR) {
            return false;
        }
    }
}

bool HttpStream::wait_for_tls(int result, Clock::time_point until) {
    switch (SSL_get_error(tls_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return wait(POLLIN, until);
        case SSL_ERROR_WANT_WRITE:
            return wait(POLLOUT, until);
        default:
            ERR_clear_error();
            gave_up_ = true;
            return false;
    }
}

std::string HttpStream::remote_address() const {
    std::string address;
    int port = 0;
    get_remote_ip_and_port(address, port);
    return address;
}

bool HttpStream::begin() {
    if (tls_ == nullptr) {
        return true;
    }
    const auto until = Clock::now() + kWholeRequest;
    for (;;) {
        const int result = SSL_accept(tls_.get());
        if (result == 1) {
            return true;
        }
        if (!wait_for_tls(result, until)) {
            gave_up_ = true;
            return false;
        }
    }
}

bool HttpStream::wait_for_request(const std::function<bool()>& stop) {
    if (begin_ < end_ || (tls_ != nullptr && SSL_pending(tls_.get()) > 0)) {
        return true;
    }
    const auto until = Clock::now() + (first_ ? kWholeRequest : kBetweenRequests);
    while (!stop() && Clock::now() < until) {
        if (wait(POLLIN, std::min(until, Clock::now() + 200ms))) {
            return true;
        }
    }
    return false;
}

void HttpStream::expect_request() {
    first_ = false;
    deadline_ = Clock::now() + kWholeRequest;
    left_ = kMostBytes;
}

bool HttpStream::is_readable() const {
    return begin_ < end_ || wait(POLLIN, deadline_);
}

bool HttpStream::is_writable() const {
    return wait(POLLOUT, Clock::now() + kOneWrite);
}

ssize_t HttpStream::read(char* data, std::size_t size) {
    if (begin_ == end_) {
        const std::size_t room = std::min(buffer_.size(), left_);
        ssize_t got = -1;
        while (room > 0 && Clock::now() < deadline_) {
            if (tls_ != nullptr) {
                const int result = SSL_read(tls_.get(), buffer_.data(), static_cast<int>(room));
                got = result;
                if (result > 0 || !wait_for_tls(result, deadline_)) {
                    break;
                }
                continue;
            }
            got = ::recv(socket_.get(), buffer_.data(), room, 0);
            if (got >= 0 || (errno != EAGAIN && errno != EINTR) || !wait(POLLIN, deadline_)) {
                break;
            }
        }
        if (got <= 0) {
            gave_up_ = true;
            return got == 0 ? 0 : -1;
        }
        begin_ = 0;
        end_ = static_cast<std::size_t>(got);
        left_ -= end_;
    }
    const std::size_t given = std::min(size, end_ - begin_);
    std::memcpy(data, buffer_.data() + begin_, given);
    begin_ += given;
    return static_cast<ssize_t>(given);
}

ssize_t HttpStream::write(const char* data, std::size_t size) {
    const auto until = Clock::now() + kOneWrite;
    for (;;) {
        if (tls_ != nullptr) {
            const int result = SSL_write(tls_.get(), data,
                                         static_cast<int>(std::min<std::size_t>(size, 1U << 30U)));
            if (result > 0) {
                return result;
            }
            if (!wait_for_tls(result, until)) {
                return -1;
            }
            continue;
        }
        const ssize_t sent = ::send(socket_.get(), data, size, MSG_NOSIGNAL);
        if (sent >= 0) {
            return sent;
        }
        if ((errno != EAGAIN && errno != EINTR) || !wait(POLLOUT, until)) {
            gave_up_ = true;
            return -1;
        }
    }
}

void HttpStream::get_remote_ip_and_port(std::string& ip, int& port) const {
    name_of(socket_.get(), ::getpeername, ip, port);
}

void HttpStream::get_local_ip_and_port(std::string& ip, int& port) const {
    name_of(socket_.get(), ::getsockname, ip, port);
}

}  // namespace tcpdx::app
