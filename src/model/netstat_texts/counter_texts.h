#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tcpdx::netstat {

enum class CounterKind : std::uint8_t {
    Always,   // shown also when zero
    NonZero,  // shown when not zero
    IcmpIn,   // one of the histograms, shown when not zero
    IcmpOut,
    Hidden,
};

// What netstat says for one counter of the kernel; "{}" stands for the number.
struct CounterText {
    std::string_view name;
    std::string_view text;
    CounterKind kind;
};

// Each table is sorted by name.
//
// net-tools searches its tables by bisection although two of them are not sorted, so it never finds
// some of its own texts ("Forwarding is %s", "%llu other TCP timeouts", "%llu DSACKs received",
// ...) and prints those counters under the kernel's name instead. Programs that parse netstat have
// long adapted, so these texts are left out here.
extern const std::span<const CounterText> kIpTexts;
extern const std::span<const CounterText> kIcmpTexts;
extern const std::span<const CounterText> kTcpTexts;
extern const std::span<const CounterText> kUdpTexts;
extern const std::span<const CounterText> kTcpExtTexts;
extern const std::span<const CounterText> kSctpTexts;
extern const std::span<const CounterText> kIp6Texts;
extern const std::span<const CounterText> kIcmp6Texts;
extern const std::span<const CounterText> kUdp6Texts;

}  // namespace tcpdx::netstat
