#include "endpoint/host_address.h"

namespace tcpdx::endpoint {

bool may_be_host(const IpAddress& address) {
    if (address.is_any()) {
        return false;
    }
    if (address.is_v4_mapped()) {
        const unsigned first = address.bytes[12];
        return first != 0 && (first & 0xf0U) != 0xe0U &&  // 0/8, multicast
               !(first == 255 && address.bytes[13] == 255 && address.bytes[14] == 255 &&
                 address.bytes[15] == 255);
    }
    return address.bytes[0] != 0xff;
}

}  // namespace tcpdx::endpoint
