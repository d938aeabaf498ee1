#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sources/trace/kernel_symbols.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tcpdx::trace::TimerHandlers handlers;
    handlers.find_in({reinterpret_cast<const char*>(data), size});
    return 0;
}
