#include <libmnl/libmnl.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "sources/sockdiag/netlink_socket.h"

// The framing of a dump: no message may reach beyond the bytes that came.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // recv(2) gives an aligned buffer; the fuzzer's is not.
    std::vector<std::uint64_t> aligned((size + 7) / 8);
    if (size > 0) {
        std::memcpy(aligned.data(), data, size);
    }
    const auto bytes = std::as_bytes(std::span(aligned)).first(size);
    const auto more =
        tcpdx::sockdiag::read_messages(bytes, [&](const nlmsghdr& message) -> tcpdx::Result<> {
            const auto* begin = reinterpret_cast<const std::byte*>(&message);
            if (begin + message.nlmsg_len > bytes.data() + bytes.size()) {
                std::abort();
            }
            return {};
        });
    static_cast<void>(more);
    return 0;
}
