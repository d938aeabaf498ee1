// pcapng (draft-ietf-opsawg-pcapng): blocks that each say their type and length, at both ends.
//
//    0  type
//    4  length of the whole block, a multiple of 4
//    8  body
//       length again

#include <algorithm>

#include "sources/capture/packet_reader.h"

namespace tcpdx::capture {
namespace {

enum BlockType : std::uint32_t {
    kInterfaceDescription = 1,
    kObsoletePacket = 2,
    kSimplePacket = 3,
    kInterfaceStatistics = 5,
    kEnhancedPacket = 6,
    kSectionHeader = 0x0a0d0d0a,
};

constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::size_t kLeastBlock = 12;
constexpr std::uint32_t kMostBlock = 64U << 20U;

enum Option : std::uint16_t {
    kEndOfOptions = 0,
    kPacketFlags = 2,       // epb_flags
    kDropsByInterface = 5,  // isb_ifdrop
    kTimeResolution = 9,    // if_tsresol
    kTimeOffset = 14,       // if_tsoffset
};

std::size_t padded(std::size_t size) {
    return (size + 3) & ~std::size_t{3};
}

// Calls `take(code, value)` for each option from `at` on.
template <class Take>
void each_option(FileOrder order, std::span<const std::byte> body, std::size_t at, Take take) {
    while (at + 4 <= body.size()) {
        const std::uint16_t code = order.u16(body, at);
        const std::uint16_t length = order.u16(body, at + 2);
        if (code == kEndOfOptions || at + 4 + length > body.size()) {
            return;
        }
        take(code, body.subspan(at + 4, length));
        at += 4 + padded(length);
    }
}

// if_tsresol: a power of ten, or with the top bit set of two.
std::uint64_t ticks_per_second(std::uint8_t resolution) {
    const unsigned exponent = resolution & 0x7fU;
    if ((resolution & 0x80U) != 0) {
        return std::uint64_t{1} << std::min(exponent, 62U);
    }
    std::uint64_t ticks = 1;
    for (unsigned i = 0; i < std::min(exponent, 18U); ++i) {
        ticks *= 10;
    }
    return ticks;
}

}  // namespace

bool PacketReader::next_pcapng(PacketRecord& packet) {
    while (!ended_) {
        std::span<const std::byte> bytes = window_.at_least(kLeastBlock);
        if (bytes.size() < kLeastBlock) {
            return give_up(!bytes.empty());
        }
        const std::uint32_t type = order_.u32(bytes, 0);
        if (type == kSectionHeader && !start_section(bytes)) {
            ++counts_.damaged_places;
            return give_up(false);
        }
        const std::uint32_t stated = order_.u32(bytes, 4);
        const std::size_t length = padded(stated);
        if (stated < kLeastBlock || stated > kMostBlock) {
            // Without a length there is no next block.
            ++counts_.damaged_places;
            counts_.damaged_bytes += bytes.size();
            return give_up(false);
        }
        bytes = window_.at_least(length);
        std::size_t body = length - kLeastBlock;
        if (bytes.size() < length) {
            counts_.cut = ended_ = true;
            body = bytes.size() - 8;
        } else if (order_.u32(bytes, length - 4) != stated) {
            ++counts_.uneven_blocks;
        }
        const bool is_packet = take_block(type, bytes.subspan(8, body), packet);
        window_.consume(std::min(length, bytes.size()));
        if (is_packet) {
            ++counts_.packets;
            counts_.bytes += packet.bytes.size();
            return true;
        }
    }
    return false;
}

// A section may have another byte order than the one before, and counts its interfaces anew.
bool PacketReader::start_section(std::span<const std::byte> head) {
    const auto magic = FileOrder().u32(head, 8);
    if (magic != kByteOrderMagic && __builtin_bswap32(magic) != kByteOrderMagic) {
        return false;
    }
    order_ = FileOrder(magic != kByteOrderMagic);
    first_interface_ = interfaces_.size();
    return true;
}

bool PacketReader::take_block(std::uint32_t type, std::span<const std::byte> body,
                              PacketRecord& packet) {
    switch (type) {
        case kSectionHeader:
            return false;
        case kInterfaceDescription:
            add_interface(body);
            return false;
        case kEnhancedPacket:
            return take_enhanced(body, packet);
        case kObsoletePacket:
            return take_obsolete(body, packet);
        case kSimplePacket:
            return take_simple(body, packet);
        case kInterfaceStatistics:
            take_statistics(body);
            return false;
        default:
            ++counts_.skipped_blocks;
            return false;
    }
}

void PacketReader::add_interface(std::span<const std::byte> body) {
    // A file that declares interfaces without end has no packets to be read by them.
    constexpr std::size_t kMostInterfaces = 65536;
    if (body.size() < 8 || interfaces_.size() >= kMostInterfaces) {
        ++counts_.damaged_places;
        return;
    }
    Interface added{.link_type = order_.u16(body, 0), .snap_length = order_.u32(body, 4)};
    each_option(order_, body, 8, [&](std::uint16_t code, std::span<const std::byte> value) {
        if (code == kTimeResolution && !value.empty()) {
            added.ticks_per_second = ticks_per_second(std::to_integer<std::uint8_t>(value[0]));
        } else if (code == kTimeOffset && value.size() >= 8) {
            added.offset_seconds = static_cast<std::int64_t>(order_.load<std::uint64_t>(value, 0));
        }
    });
    interfaces_.push_back(added);
}

bool PacketReader::take_enhanced(std::span<const std::byte> body, PacketRecord& packet) {
    constexpr std::size_t kHead = 20;
    if (body.size() < kHead) {
        ++counts_.damaged_places;
        return false;
    }
    const std::uint64_t ticks = (std::uint64_t{order_.u32(body, 4)} << 32U) | order_.u32(body, 8);
    const std::uint32_t captured = order_.u32(body, 12);
    if (!take_packet(body, order_.u32(body, 0), ticks, captured, order_.u32(body, 16), kHead,
                     packet)) {
        return false;
    }
    if (kHead + padded(captured) < body.size()) {
        each_option(order_, body, kHead + padded(captured),
                    [&](std::uint16_t code, std::span<const std::byte> value) {
                        if (code == kPacketFlags && value.size() >= 4) {
                            const std::uint32_t way = order_.u32(value, 0) & 3U;
                            packet.passage = way == 1   ? Passage::In
                                             : way == 2 ? Passage::Out
                                                        : Passage::Unknown;
                        }
                    });
    }
    return true;
}

bool PacketReader::take_obsolete(std::span<const std::byte> body, PacketRecord& packet) {
    constexpr std::size_t kHead = 20;
    if (body.size() < kHead) {
        ++counts_.damaged_places;
        return false;
    }
    const std::uint64_t ticks = (std::uint64_t{order_.u32(body, 4)} << 32U) | order_.u32(body, 8);
    return take_packet(body, order_.u16(body, 0), ticks, order_.u32(body, 12), order_.u32(body, 16),
                       kHead, packet);
}

bool PacketReader::take_simple(std::span<const std::byte> body, PacketRecord& packet) {
    if (body.size() < 4 || first_interface_ >= interfaces_.size()) {
        ++(body.size() < 4 ? counts_.damaged_places : counts_.undeclared_interface);
        return false;
    }
    const std::uint32_t on_wire = order_.u32(body, 0);
    // Its captured length is not written: all of it, or what the interface's snap length left.
    const std::uint32_t snap = interfaces_[first_interface_].snap_length;
    const std::uint32_t captured = snap == 0 ? on_wire : std::min(on_wire, snap);
    if (!take_packet(body, 0, 0, captured, on_wire, 4, packet)) {
        return false;
    }
    packet.has_time = false;
    counts_.no_times = true;
    return true;
}

bool PacketReader::take_packet(std::span<const std::byte> body, std::uint32_t interface,
                               std::uint64_t ticks, std::uint32_t captured, std::uint32_t on_wire,
                               std::size_t start, PacketRecord& packet) {
    const std::size_t index = first_interface_ + interface;
    if (index >= interfaces_.size()) {
        ++counts_.undeclared_interface;
        return false;
    }
    const Interface& from = interfaces_[index];
    const std::uint64_t seconds = ticks / from.ticks_per_second;
    // Of units far below a nanosecond the last bits are left out, so that the product fits.
    std::uint64_t unit = from.ticks_per_second;
    std::uint64_t rest = ticks % unit;
    while (unit > (std::uint64_t{1} << 33U)) {
        unit >>= 1U;
        rest >>= 1U;
    }
    const std::uint64_t fraction = rest * 1'000'000'000U / unit;
    // Of a nonsense time any value will do, as long as it is computed without overflow.
    const std::uint64_t whole =
        (seconds + static_cast<std::uint64_t>(from.offset_seconds)) * 1'000'000'000U + fraction;
    packet = {.bytes = body.subspan(start, std::min<std::size_t>(captured, body.size() - start)),
              .wire_bytes = std::max(on_wire, captured),
              .time_ns = static_cast<std::int64_t>(whole),
              .link_type = from.link_type,
              .interface = static_cast<std::uint32_t>(index)};
    return true;
}

void PacketReader::take_statistics(std::span<const std::byte> body) {
    if (body.size() < 12) {
        return;
    }
    each_option(order_, body, 12, [&](std::uint16_t code, std::span<const std::byte> value) {
        if (code == kDropsByInterface && value.size() >= 8) {
            counts_.dropped_by_capture += order_.load<std::uint64_t>(value, 0);
        }
    });
}

}  // namespace tcpdx::capture
