// pcap: a file header of 24 bytes, then records one behind the other, without any mark by which a
// damaged one could be told, or the next one found.
//
//    file header                              record
//    0  magic: byte order, unit of time       0  seconds
//    4  version                               4  microseconds or nanoseconds
//    8  zone, accuracy (unused)               8  bytes captured
//   16  snap length                          12  bytes on the wire
//   20  link type, FCS length in the top     16  (8 more in the modified format)

#include <algorithm>

#include "sources/capture/packet_reader.h"

namespace tcpdx::capture {
namespace {

constexpr std::uint32_t kMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kModified = 0xa1b2cd34;  // Kuznetzov's patch: longer record headers

// libpcap's MAXIMUM_SNAPLEN. Files whose header names less than they hold are common.
constexpr std::uint32_t kUsualMost = 262144;
constexpr std::uint32_t kEverMost = 16U << 20U;
// A damaged place is searched this far for the next record.
constexpr std::size_t kSearched = std::size_t{1} << 20U;
// Two packets of a file are hardly further apart; only asked of what may not be a packet at all.
constexpr std::int64_t kFarApart = 7 * 24 * 3600;

}  // namespace

bool PacketReader::start_pcap(std::uint32_t magic) {
    const std::uint32_t swapped = __builtin_bswap32(magic);
    for (const std::uint32_t known : {kMicroseconds, kNanoseconds, kModified}) {
        if (magic != known && swapped != known) {
            continue;
        }
        order_ = FileOrder(magic != known);
        const std::span<const std::byte> head = window_.at_least(24);
        if (head.size() >= 24) {
            // The top bits say whether there is a frame check sequence, and how long it is.
            link_type_ = order_.u32(head, 20) & 0x03ffffffU;
            most_captured_ = std::clamp(order_.u32(head, 16), kUsualMost, kEverMost);
        }
        fraction_ns_ = known == kNanoseconds ? 1 : 1000;
        record_head_bytes_ = known == kModified ? 24 : 16;
        return true;
    }
    return false;
}

PacketReader::Record PacketReader::record_at(std::span<const std::byte> bytes,
                                             std::size_t at) const {
    return {.seconds = order_.u32(bytes, at),
            .fraction = order_.u32(bytes, at + 4),
            .captured = order_.u32(bytes, at + 8),
            .on_wire = order_.u32(bytes, at + 12)};
}

// What the header of a real packet looks like; asked after a damage, where anything may come.
bool PacketReader::is_plausible(const Record& record) const {
    const std::int64_t apart = std::int64_t{record.seconds} - last_seconds_;
    return record.captured > 0 && record.captured <= most_captured_ &&
           record.on_wire >= record.captured && record.on_wire <= kUsualMost &&
           record.fraction < (fraction_ns_ == 1 ? 1'000'000'000U : 1'000'000U) &&
           (last_seconds_ == 0 || (apart > -kFarApart && apart < kFarApart));
}

// Goes to the next place where a record may start: a plausible header, and behind its packet
// another one or the end of the file.
bool PacketReader::find_next_record() {
    ++counts_.damaged_places;
    const std::span<const std::byte> bytes = window_.at_least(kSearched + kUsualMost);
    const std::size_t head = record_head_bytes_;
    for (std::size_t at = 1; at + head <= bytes.size() && at < kSearched; ++at) {
        const Record record = record_at(bytes, at);
        if (!is_plausible(record)) {
            continue;
        }
        const std::size_t behind = at + head + record.captured;
        if (behind == bytes.size() ||
            (behind + head <= bytes.size() && is_plausible(record_at(bytes, behind)))) {
            window_.consume(at);
            counts_.damaged_bytes += at;
            return true;
        }
    }
    counts_.damaged_bytes += bytes.size();
    window_.consume(bytes.size());
    return give_up(false);
}

bool PacketReader::next_pcap(PacketRecord& packet) {
    for (;;) {
        if (ended_) {
            return false;
        }
        const std::size_t head = record_head_bytes_;
        std::span<const std::byte> bytes = window_.at_least(head);
        if (bytes.size() < head) {
            return give_up(!bytes.empty());
        }
        const Record record = record_at(bytes, 0);
        if (record.captured > most_captured_) {
            if (!find_next_record()) {
                return false;
            }
            continue;
        }
        const std::size_t wanted = head + record.captured;
        if (bytes.size() < wanted) {
            bytes = window_.at_least(wanted);
        }
        std::size_t there = record.captured;
        if (bytes.size() < wanted) {
            // The last packet was cut with the file: what is there of it may be all that matters.
            there = bytes.size() - head;
            counts_.cut = ended_ = true;
        } else if (record.captured == 0 && bytes.size() >= wanted + head &&
                   !is_plausible(record_at(bytes, wanted))) {
            // An empty packet with nonsense behind it: its length is what is wrong.
            if (!find_next_record()) {
                return false;
            }
            continue;
        }
        packet = {.bytes = bytes.subspan(head, there),
                  .wire_bytes = std::max(record.on_wire, record.captured),
                  .time_ns = std::int64_t{record.seconds} * 1'000'000'000 +
                             std::int64_t{record.fraction} * fraction_ns_,
                  .link_type = link_type_};
        last_seconds_ = record.seconds;
        if (bytes.size() >= wanted + 128) {
            // The next packet, while this one is being looked at.
            __builtin_prefetch(bytes.data() + wanted);
            __builtin_prefetch(bytes.data() + wanted + 64);
        }
        window_.consume(head + there);
        ++counts_.packets;
        counts_.bytes += there;
        return true;
    }
}

}  // namespace tcpdx::capture
