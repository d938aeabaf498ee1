#include "endpoint/identity.h"

#include <bit>
#include <cstddef>

namespace tcpdx::endpoint {
namespace {

enum class Purpose : std::uint8_t { Sequence = 1, Timestamps = 2, Port = 3 };

struct SipState {
    std::uint64_t v0;
    std::uint64_t v1;
    std::uint64_t v2;
    std::uint64_t v3;

    void round() {
        v0 += v1;
        v2 += v3;
        v1 = std::rotl(v1, 13) ^ v0;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 = std::rotl(v0, 32) + v3;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 = std::rotl(v2, 32);
    }
    void add(std::uint64_t word) {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }
};

std::uint64_t hash_of(const Secret& key, const FourTuple& tuple, Purpose purpose) {
    std::array<std::byte, 37> bytes{};
    std::size_t at = 0;
    const auto put = [&](unsigned byte) { bytes[at++] = static_cast<std::byte>(byte); };
    for (const SocketAddress* end : {&tuple.local, &tuple.remote}) {
        for (const std::uint8_t byte : end->address.bytes) {
            put(byte);
        }
        put(end->port >> 8U);
        put(end->port & 0xffU);
    }
    put(static_cast<unsigned>(purpose));
    return siphash(key, bytes);
}

}  // namespace

std::uint64_t siphash(const Secret& key, std::span<const std::byte> bytes) {
    SipState state{.v0 = key[0] ^ 0x736f6d6570736575U,
                   .v1 = key[1] ^ 0x646f72616e646f6dU,
                   .v2 = key[0] ^ 0x6c7967656e657261U,
                   .v3 = key[1] ^ 0x7465646279746573U};
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        word |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * (i % 8));
        if (i % 8 == 7) {
            state.add(word);
            word = 0;
        }
    }
    state.add(word | (std::uint64_t{bytes.size()} << 56));
    state.v2 ^= 0xff;
    for (int i = 0; i < 4; ++i) {
        state.round();
    }
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

std::uint32_t initial_sequence(const Secret& key, const FourTuple& tuple, Time now) {
    const auto ticks = static_cast<std::uint64_t>(now.time_since_epoch().count()) / 4;
    return static_cast<std::uint32_t>(hash_of(key, tuple, Purpose::Sequence) + ticks);
}

std::uint32_t timestamp_offset(const Secret& key, const FourTuple& tuple) {
    return static_cast<std::uint32_t>(hash_of(key, tuple, Purpose::Timestamps));
}

std::uint32_t port_offset(const Secret& key, const FourTuple& tuple) {
    return static_cast<std::uint32_t>(hash_of(key, tuple, Purpose::Port));
}

}  // namespace tcpdx::endpoint
