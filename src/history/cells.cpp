#include "history/cells.h"

#include <cstring>

namespace tcpdx::history {

std::span<const std::byte> bytes_of(const IpAddress& address) {
    const std::span<const std::uint8_t> all(address.bytes);
    return std::as_bytes(address.family == IpFamily::V4 ? all.last(4) : all);
}

IpAddress address_from(std::span<const std::byte> bytes) {
    IpAddress address = IpAddress::any(bytes.size() == 4 ? IpFamily::V4 : IpFamily::V6);
    if (bytes.size() == 4 || bytes.size() == 16) {
        std::memcpy(address.bytes.data() + (16 - bytes.size()), bytes.data(), bytes.size());
    }
    return address;
}

std::uint8_t flags_of(const trace::Life& life) {
    return static_cast<std::uint8_t>((life.syn_cookie ? 1 : 0) | (life.fast_open ? 2 : 0) |
                                     (life.steps_lost ? 4 : 0) | (life.details_lost ? 8 : 0) |
                                     (life.more_owners ? 16 : 0));
}

void set_flags(trace::Life& life, std::uint8_t flags) {
    life.syn_cookie = (flags & 1U) != 0;
    life.fast_open = (flags & 2U) != 0;
    life.steps_lost = (flags & 4U) != 0;
    life.details_lost = (flags & 8U) != 0;
    life.more_owners = (flags & 16U) != 0;
}

}  // namespace tcpdx::history
