// A whole capture, pcap or pcapng, through to both ends' states. Few connections, so that they push
// each other out.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "sources/capture/read_capture.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tcpdx;
    capture::CaptureReading reading({.most_connections = 16});
    static_cast<void>(
        reading.read("fuzz", capture::InputWindow::of(std::as_bytes(std::span(data, size)))));
    const Captured captured = reading.finish();
    for (const std::uint32_t number : captured.numbers()) {
        const auto connection = captured.find(number);
        if (!connection) {
            std::abort();
        }
        for (const CapturedEnd& end : connection->ends) {
            for (const CapturedState& state : end.states) {
                // Whatever the packets: a row of the table leads to the state that it is shown
                // with.
                if (state.possible.empty() ||
                    (state.row != nullptr && state.row->to != state.certain())) {
                    std::abort();
                }
            }
        }
    }
    return 0;
}
