#include <cstdint>
#include <cstdlib>
#include <string>

#include "app/serve/configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto read = tcpdx::app::parse_configuration(text, "f");
    // A complaint names the line.
    if (!read && !(read.error().starts_with("f:") && read.error().size() > 5)) {
        std::abort();
    }
    return 0;
}
