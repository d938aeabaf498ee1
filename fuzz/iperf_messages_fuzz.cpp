#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lab/iperf_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto message = tcpdx::lab::iperf_message(bytes, tcpdx::lab::kIperfMostParameterBytes);
    const std::string_view json = message && *message ? **message : bytes;
    const auto parameters = tcpdx::lab::parse_iperf_parameters(json);
    if (parameters &&
        (parameters->streams == 0 || parameters->streams > tcpdx::lab::kIperfMostStreams)) {
        std::abort();
    }
    static_cast<void>(tcpdx::lab::is_iperf_result(json));
    return 0;
}
