#include "sources/capture/packet_writer.h"

#include <algorithm>
#include <cstring>

#include "sources/capture/decode.h"
#include "sources/capture/state_run.h"
#include "sources/capture/tracker.h"

namespace tcpdx::capture {
namespace {

constexpr std::size_t kFlushAt = std::size_t{1} << 20U;

std::array<std::uint8_t, 40> bytes_of(const FlowKey& key) {
    std::array<std::uint8_t, 40> bytes{};
    static_assert(sizeof(FlowKey) == 40);
    std::memcpy(bytes.data(), &key, bytes.size());
    return bytes;
}

}  // namespace

void PacketWriter::u16(std::uint32_t value) {
    buffer_.push_back(static_cast<std::byte>(value));
    buffer_.push_back(static_cast<std::byte>(value >> 8U));
}

void PacketWriter::u32(std::uint32_t value) {
    u16(value & 0xffffU);
    u16(value >> 16U);
}

Result<> PacketWriter::start() {
    u32(0x0a0d0d0a);
    u32(28);
    u32(0x1a2b3c4d);
    u16(1);
    u16(0);
    u32(0xffffffff);
    u32(0xffffffff);
    u32(28);
    return {};
}

Result<> PacketWriter::add(const PacketRecord& packet) {
    auto known = std::find(link_types_.begin(), link_types_.end(), packet.link_type);
    if (known == link_types_.end()) {
        u32(1);
        u32(32);
        u16(packet.link_type);
        u16(0);
        u32(262144);
        u16(9);  // if_tsresol: nanoseconds
        u16(1);
        u32(9);
        u32(0);
        u32(32);
        link_types_.push_back(packet.link_type);
        known = link_types_.end() - 1;
    }
    const auto size = static_cast<std::uint32_t>(packet.bytes.size());
    const std::uint32_t padded = (size + 3) & ~3U;
    const auto time = static_cast<std::uint64_t>(packet.time_ns);
    u32(6);
    u32(32 + padded);
    u32(static_cast<std::uint32_t>(known - link_types_.begin()));
    u32(static_cast<std::uint32_t>(time >> 32U));
    u32(static_cast<std::uint32_t>(time));
    u32(size);
    u32(static_cast<std::uint32_t>(packet.wire_bytes));
    buffer_.insert(buffer_.end(), packet.bytes.begin(), packet.bytes.end());
    buffer_.insert(buffer_.end(), padded - size, std::byte{0});
    u32(32 + padded);
    return buffer_.size() >= kFlushAt ? flush() : Result<>{};
}

Result<> PacketWriter::flush() {
    TRY(write_(buffer_));
    buffer_.clear();
    return {};
}

PacketChoice::PacketChoice(const Captured& captured, const std::vector<std::uint32_t>& indexes) {
    for (const std::uint32_t index : indexes) {
        const CapturedConnection& connection = captured.connections[index];
        Segment segment{.source = connection.ends[0].address,
                        .destination = connection.ends[1].address,
                        .network = connection.network};
        std::uint8_t side = 0;
        wanted_.emplace_back(bytes_of(key_of(segment, side)),
                             std::pair(connection.first, connection.last));
    }
    std::sort(wanted_.begin(), wanted_.end());
}

bool PacketChoice::contains(const PacketRecord& record) const {
    Packet packet;
    const Decoded how = decode(record, packet);
    // Pieces of a segment are kept whole: which connection they are of shows only in the first.
    if (how == Decoded::Fragment) {
        return true;
    }
    if (how != Decoded::Tcp && how != Decoded::Icmp) {
        return false;
    }
    std::uint8_t side = 0;
    const auto key =
        bytes_of(key_of(how == Decoded::Tcp ? packet.segment : packet.icmp.quoted, side));
    const CaptureTime time = capture_time(record.time_ns);
    for (auto at =
             std::lower_bound(wanted_.begin(), wanted_.end(), key,
                              [](const auto&one, const auto&other) { return one.first < other; });
         at != wanted_.end() && at->first == key; ++at) {
        // An ICMP error may come after the last segment.
        const auto late = how == Decoded::Icmp ? std::chrono::seconds(10) : std::chrono::seconds(0);
        if (!record.has_time || (time >= at->second.first && time <= at->second.second + late)) {
            return true;
        }
    }
    return false;
}

}  // namespace tcpdx::capture
