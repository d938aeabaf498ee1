#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/ip_address.h"

namespace tcpdx::lab {

// A TCP socket of this kernel, as a program of the lab has one. IPv4.
class KernelSocket {
public:
    // Any address, so that it is reachable from the peer.
    [[nodiscard]] static Result<KernelSocket> listen(std::uint16_t port, int backlog = 64);
    // Does not wait for the answer. `from_port` zero: the kernel chooses one.
    [[nodiscard]] static Result<KernelSocket> connect(const SocketAddress& to,
                                                      std::uint16_t from_port = 0);

    // Nothing when nobody comes in that time.
    [[nodiscard]] std::optional<KernelSocket> accept(std::chrono::milliseconds patience) const;
    // Zero once connected, else the error that connect() ended with, or EINPROGRESS.
    [[nodiscard]] int connect_error(std::chrono::milliseconds patience) const;
    [[nodiscard]] std::size_t send(std::string_view text) const;
    // Until there is something, or the end of the stream (zero), or nothing for so long (nothing).
    [[nodiscard]] std::optional<std::size_t> read(std::chrono::milliseconds patience) const;
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] int fd() const { return fd_.get(); }
    void shutdown_send() const;
    void set_option(int level, int name, int value) const;
    void close() { fd_ = UniqueFd(); }
    void reset();

    KernelSocket() = default;

private:
    explicit KernelSocket(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
};

}  // namespace tcpdx::lab
