#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "history/step_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tcpdx;
    trace::Life life;
    if (!history::steps_from_bytes(std::as_bytes(std::span(data, size)), life)) {
        return 0;
    }
    // What was read once is written and read again as the same. (A time before all others is
    // written as what it was read as, so that the bytes need not be the same the first time.)
    const auto bytes = history::steps_to_bytes(life);
    trace::Life again;
    if (!history::steps_from_bytes(bytes, again) || again.steps().size() != life.steps().size() ||
        history::steps_to_bytes(again) != bytes) {
        std::abort();
    }
    return 0;
}
