#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tcpdx::procfs {

// The capabilities that make something visible.
enum class Capability : std::uint8_t {
    NetAdmin,       // marks of sockets, some counters, netfilter
    SysPtrace,      // other users' descriptors and namespaces
    DacReadSearch,  // other users' /proc/PID/fd directories
    Bpf,            // iterators, together with PerfMon
    PerfMon,
    SysAdmin,  // entering network namespaces
};

inline constexpr std::array kAllCapabilities{
    Capability::NetAdmin, Capability::SysPtrace, Capability::DacReadSearch,
    Capability::Bpf,      Capability::PerfMon,   Capability::SysAdmin,
};

// "CAP_NET_ADMIN", as capabilities(7) and systemd units spell it. Never translated.
[[nodiscard]] std::string_view name_of(Capability capability);

class Capabilities {
public:
    void add(Capability capability) { bits_ |= 1U << static_cast<unsigned>(capability); }
    [[nodiscard]] bool has(Capability capability) const {
        return (bits_ & (1U << static_cast<unsigned>(capability))) != 0;
    }
    // What is not there, in the order of kAllCapabilities.
    [[nodiscard]] std::vector<Capability> missing() const;

private:
    unsigned bits_ = 0;
};

// Those of the calling thread that are in force now.
[[nodiscard]] Capabilities effective_capabilities();

}  // namespace tcpdx::procfs
