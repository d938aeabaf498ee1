#pragma once

// What `tcpdx lab` shows, piece by piece as it happens.

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/lab.h"
#include "presentation/text/output.h"

namespace tcpdx {

// What is shown, and why it is so.
[[nodiscard]] std::string lab_heading(const LabResult& result, const Screen& screen);
// One thing that was done or seen.
[[nodiscard]] std::string lab_told(const Message& told, const Screen& screen);
// Both ends' states and the segments between them, at most 80 columns wide in any language.
[[nodiscard]] std::string lab_ladder(const LabResult& result, const Screen& screen, bool unicode);
// A rung alone, for stepping through.
[[nodiscard]] std::string lab_rung(const LabRung& rung, bool unicode);
[[nodiscard]] std::string lab_netstat(const LabResult& result, const Screen& screen);
// What the kernel's table says of the socket now, and what ends the state.
[[nodiscard]] std::string lab_held(const LabResult& result, const Screen& screen);
// "FIN_WAIT2, 0.1 s; timer ...": one line.
[[nodiscard]] std::string lab_socket_line(const Connection& socket);
// For --hold: the socket, so long after the lab began; nothing when it is gone.
[[nodiscard]] std::string lab_change(std::chrono::milliseconds at,
                                     const std::optional<Connection>& socket, const Screen& screen);
[[nodiscard]] std::string lab_look(const LabLook& look, const Screen& screen);

[[nodiscard]] std::string lab_list(std::span<const LabEntry> entries, const Screen& screen);

}  // namespace tcpdx
