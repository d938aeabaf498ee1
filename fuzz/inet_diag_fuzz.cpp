#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "model/age_estimate.h"
#include "model/opener.h"
#include "sources/sockdiag/inet_diag_message.h"

// An answer of the kernel, and what is derived from it, whatever its bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto connection = tcpdx::sockdiag::parse_inet_diag(std::as_bytes(std::span(data, size)));
    if (!connection) {
        return 0;
    }
    tcpdx::infer_opener(*connection);
    const tcpdx::Age age = tcpdx::estimate_age(*connection, {});
    if (age.lower && (age.lower->count() < 0 || (age.upper && *age.upper < *age.lower))) {
        std::abort();
    }
    if (std::memchr(connection->congestion_control.data(), 0, 16) == nullptr) {
        std::abort();
    }
    return 0;
}
