#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "wire/ip_packet.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto packet = tcpdx::wire::parse_ip(bytes);
    // All that it gives are views, so the one thing a wrong offset would break is where they point.
    if (packet && (packet->payload.data() < bytes.data() ||
                   packet->payload.data() + packet->payload.size() > bytes.data() + size)) {
        std::abort();
    }
    return 0;
}
