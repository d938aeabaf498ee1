#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "model/trace/life.h"

namespace tcpdx::trace {

// What lives at rest have in common when they are of one program: kept once, by a number that takes
// one byte. There is room for 255 such; whose does not fit has to keep it itself.
class SharedParts {
public:
    struct Part {
        std::uint32_t network_namespace = 0;
        IpAddress local;
        LifeOwner owner;
        std::optional<std::uint32_t> user;
        friend auto operator<=>(const Part&, const Part&) = default;
    };

    [[nodiscard]] static Part of(const Life& life);

    // For one more life. 0 when there is no room.
    [[nodiscard]] std::uint8_t take(const Part& part);
    // That life is not at rest any more. Of a number from take(); 0 is nothing.
    void give_back(std::uint8_t number);
    // Into the life that has this number, which is not 0.
    void put_into(Life& life, std::uint8_t number) const;

private:
    struct Entry {
        Part part;
        std::uint32_t lives = 0;
    };
    std::array<Entry, 256> entries_{};  // of 0 none
    std::map<Part, std::uint8_t> numbers_;
    std::uint8_t latest_ = 0;  // the next one is mostly of the same
};

}  // namespace tcpdx::trace
