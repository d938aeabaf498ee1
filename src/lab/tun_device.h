#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tcpdx::lab {

// A TUN device: IP datagrams that the kernel routes to it are read here, and what is written here
// reaches the kernel as if it came from a wire. Needs CAP_NET_ADMIN in its network namespace.
class TunDevice {
public:
    // Makes the device, or attaches to one that was made with `ip tuntap add`. It must be brought
    // up and given an address by someone else.
    [[nodiscard]] static Result<TunDevice> open(const std::string& name);

    [[nodiscard]] int fd() const { return fd_.get(); }
    // Zero when there is nothing to read. The descriptor does not block.
    [[nodiscard]] Result<std::size_t> read(std::span<std::byte> out);
    // False when the kernel had no room: the datagram is lost, as on any wire.
    [[nodiscard]] Result<bool> write(std::span<const std::byte> datagram);

private:
    explicit TunDevice(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
};

}  // namespace tcpdx::lab
