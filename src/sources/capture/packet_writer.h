#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/captured.h"
#include "sources/capture/packet_reader.h"

namespace tcpdx::capture {

// Writes pcapng, since packets of several link types may come together.
class PacketWriter {
public:
    // Calls `write` with what belongs into the file next.
    explicit PacketWriter(std::function<Result<>(std::span<const std::byte>)> write)
        : write_(std::move(write)) {}
    [[nodiscard]] Result<> start();
    [[nodiscard]] Result<> add(const PacketRecord& packet);
    // Writes out what is collected.
    [[nodiscard]] Result<> flush();

private:
    void u16(std::uint32_t value);
    void u32(std::uint32_t value);

    std::function<Result<>(std::span<const std::byte>)> write_;
    std::vector<std::byte> buffer_;
    std::vector<std::uint32_t> link_types_;  // one interface for each
};

// Of which connections packets are kept.
class PacketChoice {
public:
    // `indexes` into captured.connections.
    PacketChoice(const Captured& captured, const std::vector<std::uint32_t>& indexes);
    // ICMP errors belong to what they quote.
    [[nodiscard]] bool contains(const PacketRecord& record) const;

private:
    std::vector<std::pair<std::array<std::uint8_t, 40>, std::pair<CaptureTime, CaptureTime>>>
        wanted_;  // sorted by key
};

}  // namespace tcpdx::capture
