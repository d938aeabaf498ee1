#include <cstdint>
#include <cstdlib>

#include "wire/ip_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    for (const auto& datagram :
         {tcpdx::wire::parse_ip_datagram(bytes), tcpdx::wire::parse_quoted_datagram(bytes)}) {
        if (datagram &&
            (datagram->payload.data() < bytes.data() ||
             datagram->payload.data() + datagram->payload.size() > bytes.data() + bytes.size())) {
            std::abort();
        }
    }
    return 0;
}
