#include <cstddef>
#include <cstdint>
#include <span>

#include "sources/probe/error_queue.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static_cast<void>(tcpdx::probe::icmp_in_control(std::as_bytes(std::span(data, size))));
    return 0;
}
