#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sources/text/read_paste.h"

namespace {

void check(const tcpdx::Observations& seen) {
    if (!seen.paste || seen.connections.size() > seen.paste->socket_rows ||
        seen.paste->unread.size() > seen.paste->unread_lines) {
        std::abort();
    }
    for (const tcpdx::Connection& connection : seen.connections) {
        const bool line =
            connection.source_line >= 1 && connection.source_line <= seen.paste->lines;
        const bool owner = connection.owner.process == tcpdx::kNoProcess ||
                           connection.owner.process < seen.processes.size();
        const bool timer = !connection.timer || connection.timer->expires.count() >= 0;
        const bool queues = !connection.is_listener() || !connection.receive_queue;
        if (!line || !owner || !timer || !queues) {
            std::abort();
        }
        for (const auto& address : {connection.local.address, connection.remote.address}) {
            if (address.family == tcpdx::IpFamily::Name && seen.paste->host_name(address).empty()) {
                std::abort();
            }
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto reading =
        tcpdx::text::read_paste(std::string_view(reinterpret_cast<const char*>(data), size));
    check(reading.now);
    if (reading.earlier) {
        check(*reading.earlier);
    }
    return 0;
}
