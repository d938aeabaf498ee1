#pragma once

#include <httplib.h>
#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>

#include "base/owned.h"
#include "base/unique_fd.h"

namespace tcpdx::app {

// One connection of a browser, plain or TLS, with an end to patience: a whole request has to come
// within some seconds and some kilobytes, however it trickles. The library only knows how long a
// single read may take.
class HttpStream final : public httplib::Stream {
public:
    // `tls` may be null.
    HttpStream(int socket, SSL_CTX* tls);
    HttpStream(const HttpStream&) = delete;
    HttpStream& operator=(const HttpStream&) = delete;
    HttpStream(HttpStream&&) = delete;
    HttpStream& operator=(HttpStream&&) = delete;
    ~HttpStream() override;

    // The TLS handshake, where there is one.
    [[nodiscard]] bool begin();
    // Whether the next request has begun to come, before `stop` says so or the other end leaves.
    [[nodiscard]] bool wait_for_request(const std::function<bool()>& stop);
    // From here on it is timed and counted.
    void expect_request();
    [[nodiscard]] bool gave_up() const { return gave_up_; }
    [[nodiscard]] std::string remote_address() const;

    [[nodiscard]] bool is_readable() const override;
    [[nodiscard]] bool is_writable() const override;
    ssize_t read(char* data, std::size_t size) override;
    ssize_t write(const char* data, std::size_t size) override;
    void get_remote_ip_and_port(std::string& ip, int& port) const override;
    void get_local_ip_and_port(std::string& ip, int& port) const override;
    [[nodiscard]] socket_t socket() const override { return socket_.get(); }

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] bool wait(short events, Clock::time_point until) const;
    // What SSL_get_error() asks for; false when it is over.
    [[nodiscard]] bool wait_for_tls(int result, Clock::time_point until);

    UniqueFd socket_;
    Owned<SSL, SSL_free> tls_;
    Clock::time_point deadline_{};
    std::size_t left_ = 0;  // bytes of this request
    bool first_ = true;
    bool gave_up_ = false;
    // The library reads lines byte by byte.
    std::array<char, 4096> buffer_{};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace tcpdx::app
