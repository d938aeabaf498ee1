#pragma once

#include <string>

#include "base/result.h"

namespace tcpdx::app {

// Where a history is unless told otherwise: /var/lib/tcpdx/history.db for root, else
// $XDG_STATE_HOME/tcpdx/history.db.
[[nodiscard]] std::string default_history_path();

// Makes the folder that a file is to be in, readable by nobody else.
[[nodiscard]] Result<> make_folder_for(const std::string& path);

}  // namespace tcpdx::app
