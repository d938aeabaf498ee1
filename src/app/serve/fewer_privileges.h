#pragma once

#include "base/result.h"

namespace tcpdx::app {

// Gives up, for good and for all threads that are still to come, every capability but those that
// watching needs, and the way to get new ones (no_new_privs). To be called before any thread.
[[nodiscard]] Result<> keep_only_what_watching_needs(bool all_namespaces);

}  // namespace tcpdx::app
