#include "endpoint/reset.h"

namespace tcpdx::endpoint {

std::uint32_t sequence_length(const wire::TcpSegment& segment) {
    return static_cast<std::uint32_t>(segment.payload.size()) + (segment.flags.syn ? 1U : 0U) +
           (segment.flags.fin ? 1U : 0U);
}

std::optional<wire::TcpSegment> reset_for(const wire::TcpSegment& segment) {
    if (segment.flags.rst) {
        return std::nullopt;
    }
    wire::TcpSegment reset{.source_port = segment.destination_port,
                           .destination_port = segment.source_port,
                           .flags = {.rst = true}};
    if (segment.flags.ack) {
        reset.sequence = segment.acknowledgment;
    } else {
        reset.flags.ack = true;
        reset.acknowledgment = segment.sequence + sequence_length(segment);
    }
    return reset;
}

}  // namespace tcpdx::endpoint
