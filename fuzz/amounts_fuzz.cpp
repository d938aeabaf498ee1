#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "app/amounts.h"

using namespace std::chrono_literals;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tcpdx::app;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    constexpr std::chrono::microseconds kNow = 1795608000s;
    const auto duration = parse_duration(text);
    if (duration && (*duration < 0s || *duration > 24h * 366 * 100)) {
        std::abort();
    }
    static_cast<void>(parse_size(text));
    // Whatever it is, it can be counted in microseconds, from the year 1000 to the year 9999 and a
    // day for its zone.
    const auto moment = parse_moment(text, kNow);
    if (moment &&
        (*moment < -24h * 366 * 1000 || *moment > std::chrono::seconds(253402300800) + 100h)) {
        std::abort();
    }
    return 0;
}
