#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "lab/stage.h"
#include "model/tcp_state.h"

namespace tcpdx::lab {

// One thing that the lab can show. To add one: write the function in the file of its family under
// scenarios/, and a row in the table at that file's end.
struct Scenario {
    std::string_view name;
    const char* title = "";   // N_() marked, one line
    const char* text = "";    // N_() marked: why it is so, in plain words
    const char* ending = "";  // N_() marked: what ends it, and when; often empty
    // The state that it brings the kernel's socket into and holds it in. For the others the last
    // word is tcpdx's diagnosis, made inside the lab.
    std::optional<TcpState> holds;
    // Sockets that it makes live in `held` until everything has been shown.
    Result<> (*play)(Stage& stage, std::vector<KernelSocket>& held) = nullptr;
};

[[nodiscard]] std::span<const Scenario> state_scenarios();
[[nodiscard]] std::span<const Scenario> opening_scenarios();
[[nodiscard]] std::span<const Scenario> closing_scenarios();
[[nodiscard]] std::span<const Scenario> unreachable_scenarios();
[[nodiscard]] std::span<const Scenario> queue_scenarios();
[[nodiscard]] std::span<const Scenario> data_scenarios();
[[nodiscard]] std::span<const Scenario> port_scenarios();
[[nodiscard]] std::span<const Scenario> program_scenarios();

[[nodiscard]] std::vector<const Scenario*> all_scenarios();
// By its name, or a state in any spelling; null when there is none.
[[nodiscard]] const Scenario* find_scenario(std::string_view name);

}  // namespace tcpdx::lab
