#pragma once

#include <optional>
#include <string_view>

#include "model/observations.h"
#include "sources/procfs/kernel_counters.h"

namespace tcpdx::procfs {

// /proc/net/stat/nf_conntrack: a line of names, then a line of hexadecimal numbers for each CPU.
// Sums the columns that a Conntrack has.
void parse_conntrack_statistics(std::string_view text, Conntrack& figures);

// Nothing when connection tracking is not loaded in the calling thread's network namespace. The
// limit is one for the whole host. The drops are missing on kernels without
// CONFIG_NF_CONNTRACK_PROCFS.
[[nodiscard]] std::optional<Conntrack> read_conntrack(const char* net_directory = kOwnNetDirectory);

}  // namespace tcpdx::procfs
