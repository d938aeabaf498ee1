#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tcpdx::app {

// Programs that run inside the lab. They end with it, however it ends: the kernel kills them.

// A tool that does its work and ends. ErrorCode::Unsupported when there is no such tool.
[[nodiscard]] Result<> run_tool_in_lab(const std::vector<std::string>& words);

// The user's shell, until it ends. What is started in it ends with it too.
[[nodiscard]] Result<> run_shell_in_lab();

}  // namespace tcpdx::app
