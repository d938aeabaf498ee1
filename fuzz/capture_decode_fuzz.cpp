// One packet of any link type: the first byte chooses it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sources/capture/decode.h"
#include "sources/capture/fragments.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tcpdx::capture;
    constexpr std::array<std::uint32_t, 16> kTypes{0,   1,   9,   10,  14,  51,  101, 104,
                                                   105, 108, 113, 117, 127, 192, 239, 276};
    if (size == 0) {
        return 0;
    }
    const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
    Packet packet;
    static Fragments fragments;
    const PacketRecord record{.bytes = bytes,
                              .wire_bytes = bytes.size() + (data[0] >> 4U),
                              .link_type = kTypes.at(data[0] & 0x0fU)};
    if (decode(record, packet) == Decoded::Fragment) {
        static_cast<void>(fragments.add(packet.fragment, packet.segment));
    }
    return 0;
}
