#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sources/text/endpoint.h"

using tcpdx::text::Endpoint;
using tcpdx::text::Separator;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view cell(reinterpret_cast<const char*>(data), size);
    for (const Separator separator : {Separator::Unknown, Separator::Colon, Separator::Dot}) {
        const auto numeric = parse_numeric_endpoint(cell, separator);
        const auto any = parse_endpoint(cell, separator);
        // Numbers are endpoints wherever names are, and never names.
        if (numeric && (!any || numeric->host == Endpoint::Host::Name ||
                        any->address != numeric->address || any->port != numeric->port)) {
            std::abort();
        }
    }
    (void)tcpdx::text::parse_bare_address(cell);
    if (const auto glued = tcpdx::text::split_glued(cell)) {
        if (glued->local.size() + glued->remote.size() != cell.size()) {
            std::abort();
        }
    }
    return 0;
}
