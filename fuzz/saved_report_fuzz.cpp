#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sources/saved/read_report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(tcpdx::saved::read_report(text));
    return 0;
}
