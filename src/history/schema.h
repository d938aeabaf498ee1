#pragma once

#include "base/result.h"
#include "history/database.h"

namespace tcpdx::history {

// The version that this program writes.
inline constexpr std::int64_t kSchemaVersion = 2;

// Brings a file of any earlier version, or a new one, up to kSchemaVersion. Forward only; one
// transaction per version. ErrorCode::Usage for a file of a later version: it is left alone.
[[nodiscard]] Result<> migrate(Database& database);

// For readers, who change nothing: ErrorCode::Usage unless the file has this version.
[[nodiscard]] Result<> check_version(Database& database);

}  // namespace tcpdx::history
