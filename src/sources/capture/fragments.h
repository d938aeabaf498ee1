#pragma once

// Puts the pieces of TCP segments together that IP cut up. Only the header is kept, and how much
// of the rest has come: that is all anybody asks for here.

#include <array>
#include <cstdint>
#include <vector>

#include "sources/capture/decode.h"

namespace tcpdx::capture {

class Fragments {
public:
    Fragments();

    // True when this piece completed its segment, which is then in `segment`. Memory is fixed: when
    // all places are taken, the oldest incomplete segment is given up and counted.
    [[nodiscard]] bool add(const Fragment& piece, Segment& segment);

    [[nodiscard]] std::uint64_t given_up() const { return given_up_; }
    // Segments that still lack a piece.
    [[nodiscard]] std::uint64_t waiting() const;

private:
    static constexpr std::size_t kPlaces = 64;
    static constexpr std::size_t kUnits = 8192;  // of 8 bytes, as IP counts offsets
    static constexpr std::size_t kHeadBytes = 64;

    struct Place {
        bool used = false;
        std::uint64_t started = 0;
        IpAddress source;
        IpAddress destination;
        std::uint32_t id = 0;
        std::uint32_t network = 0;
        std::uint32_t total = 0;                // bytes of the whole; 0 until the last piece came
        std::uint32_t units_there = 0;          // how many bits are set
        std::uint32_t head_limit = kHeadBytes;  // where the capture cut the first bytes off
        std::array<std::uint64_t, kUnits / 64> units{};
        std::array<std::byte, kHeadBytes> head{};
    };

    [[nodiscard]] Place& place_for(const Fragment& piece);

    std::vector<Place> places_;
    std::uint64_t clock_ = 0;
    std::uint64_t given_up_ = 0;
};

}  // namespace tcpdx::capture
