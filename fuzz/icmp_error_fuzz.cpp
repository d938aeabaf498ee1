#include <cstdint>
#include <cstdlib>

#include "wire/icmp_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    for (const tcpdx::IpFamily family : {tcpdx::IpFamily::V4, tcpdx::IpFamily::V6}) {
        const auto error = tcpdx::wire::parse_icmp_error_about_tcp(family, bytes);
        // What is quoted is of the same family, and behind it are both ports.
        if (error && (error->source.address.family != family || size < 8 + 20 + 4)) {
            std::abort();
        }
    }
    return 0;
}
