#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/words.h"
#include "model/proc_tcp_row.h"

namespace {

void check(const std::optional<tcpdx::Connection>& connection, tcpdx::IpFamily family) {
    if (!connection) {
        return;
    }
    const bool right_family = connection->local.address.family == family;
    // A listener's numbers mean other things, and must not be shown as queues of bytes.
    const bool queues_right = connection->is_listener() == connection->accept_queue.has_value() &&
                              connection->is_listener() != connection->receive_queue.has_value();
    if (!right_family || !queues_right || !connection->timer ||
        connection->timer->expires.count() < 0) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    while (const auto line = tcpdx::take_line(text)) {
        for (const auto family : {tcpdx::IpFamily::V4, tcpdx::IpFamily::V6}) {
            check(tcpdx::parse_tcp_row(*line, family), family);
        }
    }
    return 0;
}
