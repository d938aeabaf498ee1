#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "endpoint/stack.h"

namespace tcpdx::bench {

// A TUN device that carries many segments in one datagram of up to 64 KiB, both ways: the kernel's
// come so (TSO), and the stack's are joined before they are written (GSO). The cost of a TUN device
// is that of its system calls, and this makes them thirty times as few.
class TunWithOffload {
public:
    // Makes the device in this network namespace; ends the program where it cannot.
    explicit TunWithOffload(const char* name);

    [[nodiscard]] int fd() const { return fd_; }
    // Gives the stack what is there, up to a batch.
    void read_into(endpoint::TcpStack& stack, endpoint::Time now);
    // Writes what the stack has to send.
    void write_from(endpoint::TcpStack& stack, endpoint::Time now);

private:
    struct Shape {
        std::size_t ip_bytes = 0;
        std::size_t header_bytes = 0;  // IP and TCP
        std::size_t payload_bytes = 0;
        std::uint32_t sequence = 0;
        std::uint8_t flags = 0;
    };
    [[nodiscard]] static Shape shape_of(std::span<const std::byte> datagram);
    [[nodiscard]] bool joins(std::span<const std::byte> datagram, const Shape& shape) const;
    void begin(std::span<const std::byte> datagram, const Shape& shape);
    void flush();

    int fd_ = -1;
    std::vector<std::byte> in_ = std::vector<std::byte>(70000);
    std::vector<std::byte> segment_ = std::vector<std::byte>(70000);
    // The joined datagram, behind room for the header of the device.
    std::vector<std::byte> out_ = std::vector<std::byte>(70000);
    std::size_t out_bytes_ = 0;
    Shape first_;
    std::uint32_t next_sequence_ = 0;
    bool complete_ = false;
};

}  // namespace tcpdx::bench
