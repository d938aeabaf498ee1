#include "diagnosis/lookups.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tcpdx::diagnosis {
namespace {

// The finaliser of MurmurHash3: every bit of the input reaches every bit of the result, so that
// cookies and ports that count upwards do not end up in one run of slots.
std::uint64_t mix(std::uint64_t value) {
    value ^= value >> 33U;
    value *= 0xff51afd7ed558ccdU;
    value ^= value >> 33U;
    value *= 0xc4ceb9fe1a85ec53U;
    return value ^ (value >> 33U);
}

std::uint64_t hash_of(const IpAddress& address) {
    std::array<std::uint64_t, 2> halves{};
    static_assert(sizeof(halves) == sizeof(address.bytes));
    std::memcpy(halves.data(), address.bytes.data(), sizeof(halves));
    return mix(halves[0] ^ mix(halves[1]));
}

std::uint64_t hash_of(const SocketAddress& first, const SocketAddress& second) {
    return mix(hash_of(first.address) + first.port) ^
           (mix(hash_of(second.address) + second.port) * 3);
}

// Family-blind: one end can be an IPv6 socket with a mapped address while the other is IPv4.
bool same_place(const SocketAddress& a, const SocketAddress& b) {
    return a.port == b.port && a.address.same_host(b.address);
}

}  // namespace

FlatIndex::FlatIndex(std::size_t expected)
    : slots_(std::bit_ceil(expected * 2 + 1), kEmpty), mask_(slots_.size() - 1) {}

void FlatIndex::insert(std::uint64_t hash, std::uint32_t index) {
    std::size_t slot = hash & mask_;
    while (slots_[slot] != kEmpty) {
        slot = (slot + 1) & mask_;
    }
    slots_[slot] = index;
}

void Lookups::sort_by_state() {
    auto& states = by_state_.emplace();
    for (std::uint32_t index = 0; index < now_.connections.size(); ++index) {
        states[static_cast<std::size_t>(now_.connections[index].state)].push_back(index);
    }
}

std::span<const std::uint32_t> Lookups::in_state(TcpState state) {
    if (!by_state_) {
        sort_by_state();
    }
    return (*by_state_)[static_cast<std::size_t>(state)];
}

std::size_t Lookups::number_of(const OwnerKey& owner, TcpState state) {
    auto& numbers = by_owner_[static_cast<std::size_t>(state)];
    if (!numbers) {
        numbers.emplace();
        for (const std::uint32_t index : in_state(state)) {
            ++(*numbers)[owner_key(now_, now_.connections[index])];
        }
    }
    const auto found = numbers->find(owner);
    return found == numbers->end() ? 0 : found->second;
}

const Connection* Lookups::earlier_of(const Connection& connection) {
    if (earlier_ == nullptr) {
        return nullptr;
    }
    const std::vector<Connection>& before = earlier_->connections;
    if (connection.cookie) {
        if (!earlier_by_cookie_) {
            earlier_by_cookie_.emplace(before.size());
            for (std::uint32_t index = 0; index < before.size(); ++index) {
                if (before[index].cookie) {
                    earlier_by_cookie_->insert(mix(*before[index].cookie), index);
                }
            }
        }
        if (const auto found = earlier_by_cookie_->find(
                mix(*connection.cookie),
                [&](std::uint32_t index) { return before[index].cookie == connection.cookie; })) {
            return &before[*found];
        }
    }
    if (!earlier_by_addresses_) {
        earlier_by_addresses_.emplace(before.size());
        for (std::uint32_t index = 0; index < before.size(); ++index) {
            earlier_by_addresses_->insert(hash_of(before[index].local, before[index].remote),
                                          index);
        }
    }
    const auto found = earlier_by_addresses_->find(
        hash_of(connection.local, connection.remote), [&](std::uint32_t index) {
            const Connection& other = before[index];
            // With two cookies the addresses do not count: they were used again.
            return !(connection.cookie && other.cookie) && connection.local == other.local &&
                   connection.remote == other.remote;
        });
    return found ? &before[*found] : nullptr;
}

std::span<const std::uint32_t> Lookups::listeners_on(std::uint16_t port) {
    if (!listeners_) {
        listeners_.emplace();
        for (const std::uint32_t index : in_state(TcpState::Listen)) {
            (*listeners_)[now_.connections[index].local.port].push_back(index);
        }
    }
    const auto found = listeners_->find(port);
    return found == listeners_->end() ? std::span<const std::uint32_t>() : found->second;
}

std::vector<std::uint32_t> Lookups::listeners_for(const SocketAddress& local) {
    std::vector<std::uint32_t> exact;
    std::vector<std::uint32_t> wildcard;
    for (const std::uint32_t index : listeners_on(local.port)) {
        const IpAddress& address = now_.connections[index].local.address;
        if (address.same_host(local.address)) {
            exact.push_back(index);
        } else if (address.is_any()) {
            wildcard.push_back(index);
        }
    }
    return exact.empty() ? wildcard : exact;
}

const Connection* Lookups::other_end_of(const Connection& connection) {
    const auto has_other_end = [](TcpState state) {
        return state != TcpState::TimeWait && state != TcpState::Listen &&
               state != TcpState::Closed;
    };
    if (!ends_) {
        std::size_t expected = 0;
        for (const TcpState state : kAllTcpStates) {
            expected += has_other_end(state) ? in_state(state).size() : 0U;
        }
        ends_.emplace(expected);
        for (const TcpState state : kAllTcpStates) {
            if (!has_other_end(state)) {
                continue;
            }
            for (const std::uint32_t index : in_state(state)) {
                const Connection& end = now_.connections[index];
                ends_->insert(hash_of(end.local, end.remote), index);
            }
        }
    }
    const auto found =
        ends_->find(hash_of(connection.remote, connection.local), [&](std::uint32_t index) {
            const Connection& other = now_.connections[index];
            // A socket that connected to itself (simultaneous open on one port) is its own end.
            return &other != &connection && same_place(other.local, connection.remote) &&
                   same_place(other.remote, connection.local);
        });
    return found ? &now_.connections[*found] : nullptr;
}

}  // namespace tcpdx::diagnosis
