#include "sources/capture/packet_reader.h"

#include "base/i18n.h"

namespace tcpdx::capture {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;  // the same in both byte orders

}  // namespace

Result<PacketReader> PacketReader::open(InputWindow window) {
    PacketReader reader(std::move(window));
    const std::span<const std::byte> head = reader.window_.at_least(4);
    if (reader.window_.error()) {
        return unexpected(*reader.window_.error());
    }
    if (head.size() < 4) {
        return failure(ErrorCode::Truncated, N_("reading the header of the capture"));
    }
    const auto magic = FileOrder().u32(head, 0);
    if (magic == kSectionHeader) {
        reader.format_ = FileFormat::PcapNg;
        return reader;
    }
    if (!reader.start_pcap(magic)) {
        return failure(ErrorCode::Malformed, N_("reading the header of the capture"));
    }
    if (reader.window_.at_least(24).size() < 24) {
        return failure(ErrorCode::Truncated, N_("reading the header of the capture"));
    }
    reader.window_.consume(24);
    return reader;
}

bool PacketReader::give_up(bool cut) {
    counts_.cut |= cut;
    ended_ = true;
    return false;
}

}  // namespace tcpdx::capture
