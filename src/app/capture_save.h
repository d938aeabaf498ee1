#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/captured.h"

namespace tcpdx::app {

// Goes through the files once more and writes the packets of these connections (indexes) to `to`.
[[nodiscard]] Result<> save_packets(const std::vector<std::string>& files, const Captured& captured,
                                    const std::vector<std::uint32_t>& indexes,
                                    const std::string& to);

[[nodiscard]] Result<> write_all(int fd, std::span<const std::byte> bytes);

}  // namespace tcpdx::app
