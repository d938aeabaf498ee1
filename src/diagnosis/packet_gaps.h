#pragma once

#include <cstdint>
#include <optional>

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

// A packet filter drops without moving any counter of IP or TCP, but what it dropped is missing
// between two that do move. Both gaps are of IPv4, between the two looks.
//
// The kernel adds up the counters of all processors while packets run, so a gap of one or two
// packets may be only that.
inline constexpr std::uint64_t kCertainGap = 3;

// IPv4 packets that came in and were neither delivered, nor forwarded, nor counted as faulty, nor
// fragments that were put together. Empty when a counter is missing or there was only one look.
[[nodiscard]] std::optional<std::uint64_t> lost_before_tcp(const Situation& situation);

// IPv4 packets that this host made and that never reached a device. Empty also on kernels without
// IpOutTransmits, and while the host forwards: dropped forwarded packets make the same gap.
[[nodiscard]] std::optional<std::uint64_t> lost_after_tcp(const Situation& situation);

}  // namespace tcpdx::diagnosis
