#include <cstddef>
#include <cstdint>
#include <span>

#include "sources/probe/path_lookup.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    static_cast<void>(tcpdx::probe::parse_route(bytes));
    static_cast<void>(tcpdx::probe::parse_neighbour(bytes));
    return 0;
}
