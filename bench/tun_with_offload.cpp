#include "tun_with_offload.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "wire/checksum.h"

namespace tcpdx::bench {
namespace {

// struct virtio_net_hdr, whose own header names a member `class`.
struct DeviceHeader {
    std::uint8_t flags;
    std::uint8_t gso_type;
    std::uint16_t hdr_len;
    std::uint16_t gso_size;
    std::uint16_t csum_start;
    std::uint16_t csum_offset;
};
static_assert(sizeof(DeviceHeader) == 10);
constexpr std::uint8_t kNeedsChecksum = 1;
constexpr std::uint8_t kDataValid = 2;
constexpr std::uint8_t kTcpV4 = 1;
constexpr std::uint8_t kTcpV6 = 4;

constexpr std::size_t kDeviceHeader = sizeof(DeviceHeader);
constexpr std::size_t kLargest = 65535;
constexpr int kBatch = 64;
constexpr std::uint8_t kFin = 1;
constexpr std::uint8_t kPsh = 8;
constexpr std::uint8_t kAck = 16;

std::uint8_t octet(std::span<const std::byte> bytes, std::size_t at) {
    return std::to_integer<std::uint8_t>(bytes[at]);
}

void put16(std::span<std::byte> bytes, std::size_t at, std::size_t value) {
    bytes[at] = static_cast<std::byte>(value >> 8);
    bytes[at + 1] = static_cast<std::byte>(value);
}

bool same(std::span<const std::byte> a, std::span<const std::byte> b, std::size_t from,
          std::size_t count) {
    return std::memcmp(a.data() + from, b.data() + from, count) == 0;
}

}  // namespace

TunWithOffload::TunWithOffload(const char* name)
    : fd_(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)) {
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
    std::snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (fd_ < 0 || ::ioctl(fd_, TUNSETIFF, &request) < 0 ||
        ::ioctl(fd_, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0) {
        std::perror("the TUN device");
        std::exit(1);
    }
}

void TunWithOffload::read_into(endpoint::TcpStack& stack, endpoint::Time now) {
    using enum endpoint::TcpStack::Checksum;
    for (int i = 0; i < kBatch; ++i) {
        const ssize_t size = ::read(fd_, in_.data(), in_.size());
        if (size <= static_cast<ssize_t>(kDeviceHeader)) {
            return;
        }
        DeviceHeader header{};
        std::memcpy(&header, in_.data(), sizeof header);
        const bool trusted = (header.flags & (kNeedsChecksum | kDataValid)) != 0;
        stack.receive(
            std::span(in_).subspan(kDeviceHeader, static_cast<std::size_t>(size) - kDeviceHeader),
            now, trusted ? Verified : ToVerify);
    }
}

TunWithOffload::Shape TunWithOffload::shape_of(std::span<const std::byte> datagram) {
    Shape shape;
    shape.ip_bytes = octet(datagram, 0) >> 4U == 4 ? (octet(datagram, 0) & 15U) * 4U : 40U;
    const auto tcp = datagram.subspan(shape.ip_bytes);
    shape.header_bytes = shape.ip_bytes + (octet(tcp, 12) >> 4U) * 4U;
    shape.payload_bytes = datagram.size() - shape.header_bytes;
    for (std::size_t i = 4; i < 8; ++i) {
        shape.sequence = shape.sequence << 8 | octet(tcp, i);
    }
    shape.flags = octet(tcp, 13);
    return shape;
}

// The same headers, except for lengths, sums, PSH and FIN, and the next number.
bool TunWithOffload::joins(std::span<const std::byte> datagram, const Shape& shape) const {
    if (out_bytes_ == 0 || complete_ || shape.payload_bytes == 0 ||
        shape.payload_bytes > first_.payload_bytes || shape.header_bytes != first_.header_bytes ||
        shape.ip_bytes != first_.ip_bytes || shape.sequence != next_sequence_ ||
        (shape.flags & ~(kPsh | kFin)) != kAck || (first_.flags & ~(kPsh | kFin)) != kAck ||
        out_bytes_ + shape.payload_bytes > kLargest) {
        return false;
    }
    const auto first = std::span(out_).subspan(kDeviceHeader);
    const std::size_t addresses = first_.ip_bytes == 40 ? 8 : 12;
    const std::size_t tcp = first_.ip_bytes;
    return same(first, datagram, addresses, first_.ip_bytes - addresses + 4) &&
           same(first, datagram, tcp + 8, 4) && same(first, datagram, tcp + 14, 2) &&
           same(first, datagram, tcp + 18, first_.header_bytes - tcp - 18);
}

void TunWithOffload::begin(std::span<const std::byte> datagram, const Shape& shape) {
    std::copy(datagram.begin(), datagram.end(),
              out_.begin() + static_cast<std::ptrdiff_t>(kDeviceHeader));
    out_bytes_ = datagram.size();
    first_ = shape;
    next_sequence_ = shape.sequence + static_cast<std::uint32_t>(shape.payload_bytes);
    complete_ = (shape.flags & (kPsh | kFin)) != 0;
}

void TunWithOffload::flush() {
    if (out_bytes_ == 0) {
        return;
    }
    DeviceHeader header{};
    auto datagram = std::span(out_).subspan(kDeviceHeader, out_bytes_);
    if (out_bytes_ > first_.header_bytes + first_.payload_bytes) {
        const bool v4 = first_.ip_bytes != 40;
        header.flags = kNeedsChecksum;
        header.gso_type = v4 ? kTcpV4 : kTcpV6;
        header.hdr_len = static_cast<std::uint16_t>(first_.header_bytes);
        header.gso_size = static_cast<std::uint16_t>(first_.payload_bytes);
        header.csum_start = static_cast<std::uint16_t>(first_.ip_bytes);
        header.csum_offset = 16;
        if (v4) {
            put16(datagram, 2, out_bytes_);
            put16(datagram, 10, 0);
            put16(datagram, 10, wire::internet_checksum(datagram.first(first_.ip_bytes)));
        } else {
            put16(datagram, 4, out_bytes_ - 40);
        }
        // The kernel finishes the sum: it wants that of the pseudo-header, not inverted.
        std::vector<std::byte> pseudo(datagram.begin() + (v4 ? 12 : 8),
                                      datagram.begin() + (v4 ? 20 : 40));
        pseudo.resize(pseudo.size() + 4);
        put16(pseudo, pseudo.size() - 4, 6);
        put16(pseudo, pseudo.size() - 2, out_bytes_ - first_.ip_bytes);
        put16(datagram, first_.ip_bytes + 16, 0xffffU & ~unsigned{wire::internet_checksum(pseudo)});
    }
    std::memcpy(out_.data(), &header, sizeof header);
    if (::write(fd_, out_.data(), kDeviceHeader + out_bytes_) < 0) {
        std::perror("writing to the TUN device");
    }
    out_bytes_ = 0;
}

void TunWithOffload::write_from(endpoint::TcpStack& stack, endpoint::Time now) {
    while (const std::size_t size = stack.poll_output(now, segment_)) {
        const auto datagram = std::span(segment_).first(size);
        const Shape shape = shape_of(datagram);
        if (!joins(datagram, shape)) {
            flush();
            begin(datagram, shape);
            continue;
        }
        std::copy(datagram.begin() + static_cast<std::ptrdiff_t>(shape.header_bytes),
                  datagram.end(),
                  out_.begin() + static_cast<std::ptrdiff_t>(kDeviceHeader + out_bytes_));
        out_bytes_ += shape.payload_bytes;
        next_sequence_ += static_cast<std::uint32_t>(shape.payload_bytes);
        out_[kDeviceHeader + first_.ip_bytes + 13] |=
            static_cast<std::byte>(shape.flags & (kPsh | kFin));
        complete_ =
            shape.payload_bytes < first_.payload_bytes || (shape.flags & (kPsh | kFin)) != 0;
    }
    flush();
}

}  // namespace tcpdx::bench
