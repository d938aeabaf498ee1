#pragma once

// Reads the packets of a pcap or pcapng file, without libpcap: that one gives up on a pcapng file
// whose interfaces differ in link type, and on everything behind the first damage.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "sources/capture/file_bytes.h"
#include "sources/capture/input_window.h"

namespace tcpdx::capture {

// Which way a packet went at the machine that captured it, when the file says so.
enum class Passage : std::uint8_t { Unknown, In, Out };

struct PacketRecord {
    std::span<const std::byte> bytes;  // as captured; valid until the next packet
    std::uint64_t wire_bytes = 0;      // as it was on the wire
    std::int64_t time_ns = 0;          // since 1970; meaningless when !has_time
    std::uint32_t link_type = 0;       // LINKTYPE_
    std::uint32_t interface = 0;
    Passage passage = Passage::Unknown;
    bool has_time = true;
};

struct ReadCounts {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;                 // captured
    std::uint64_t skipped_blocks = 0;        // pcapng blocks that hold no packet
    std::uint64_t undeclared_interface = 0;  // packets of an interface that no block declares
    std::uint64_t damaged_places = 0;
    std::uint64_t damaged_bytes = 0;       // passed over, in search of the next packet
    std::uint64_t uneven_blocks = 0;       // pcapng blocks whose two lengths differ
    std::uint64_t dropped_by_capture = 0;  // what the capturing program says it lost
    bool cut = false;                      // the file ends within a packet
    bool no_times = false;                 // some packets have none (pcapng simple packets)
};

enum class FileFormat : std::uint8_t { Pcap, PcapNg };

class PacketReader {
public:
    // Malformed when it is neither format; Truncated when it has no whole file header.
    [[nodiscard]] static Result<PacketReader> open(InputWindow window);

    // False at the end, and when nothing more can be made of the file.
    [[nodiscard]] bool next(PacketRecord& packet) {
        return format_ == FileFormat::Pcap ? next_pcap(packet) : next_pcapng(packet);
    }

    [[nodiscard]] const ReadCounts& counts() const { return counts_; }
    [[nodiscard]] FileFormat format() const { return format_; }
    [[nodiscard]] const InputWindow& window() const { return window_; }
    void release_what_was_read() { window_.release_what_was_read(); }

private:
    struct Interface {
        std::uint32_t link_type = 0;
        std::uint32_t snap_length = 0;
        std::uint64_t ticks_per_second = 1'000'000;
        std::int64_t offset_seconds = 0;
    };
    struct Record {
        std::uint32_t seconds = 0;
        std::uint32_t fraction = 0;
        std::uint32_t captured = 0;
        std::uint32_t on_wire = 0;
    };

    explicit PacketReader(InputWindow window) : window_(std::move(window)) {}

    [[nodiscard]] bool start_pcap(std::uint32_t magic);
    [[nodiscard]] bool next_pcap(PacketRecord& packet);
    [[nodiscard]] Record record_at(std::span<const std::byte> bytes, std::size_t at) const;
    [[nodiscard]] bool is_plausible(const Record& record) const;
    [[nodiscard]] bool find_next_record();

    [[nodiscard]] bool next_pcapng(PacketRecord& packet);
    [[nodiscard]] bool start_section(std::span<const std::byte> head);
    [[nodiscard]] bool take_block(std::uint32_t type, std::span<const std::byte> body,
                                  PacketRecord& packet);
    void add_interface(std::span<const std::byte> body);
    [[nodiscard]] bool take_enhanced(std::span<const std::byte> body, PacketRecord& packet);
    [[nodiscard]] bool take_obsolete(std::span<const std::byte> body, PacketRecord& packet);
    [[nodiscard]] bool take_simple(std::span<const std::byte> body, PacketRecord& packet);
    void take_statistics(std::span<const std::byte> body);
    [[nodiscard]] bool take_packet(std::span<const std::byte> body, std::uint32_t interface,
                                   std::uint64_t ticks, std::uint32_t captured,
                                   std::uint32_t on_wire, std::size_t start, PacketRecord& packet);
    bool give_up(bool cut);

    InputWindow window_;
    FileFormat format_ = FileFormat::Pcap;
    FileOrder order_;
    ReadCounts counts_;

    // pcap
    std::uint32_t link_type_ = 0;
    std::uint32_t record_head_bytes_ = 16;
    std::uint32_t most_captured_ = 0;
    std::uint32_t fraction_ns_ = 1000;
    std::int64_t last_seconds_ = 0;  // of a packet that was believed; 0: none yet

    // pcapng: numbers of interfaces start anew in each section
    std::vector<Interface> interfaces_;
    std::size_t first_interface_ = 0;
    bool ended_ = false;
};

}  // namespace tcpdx::capture
