#pragma once

#include "sources/text/row.h"
#include "sources/text/tokens.h"

namespace tcpdx::text {

// LocalAddress LocalPort RemoteAddress RemotePort State [AppliedSetting] [OwningProcess]: a row of
// Get-NetTCPConnection that begins at the token `at`. TCPView has the same columns.
[[nodiscard]] RowReading read_powershell_row(const Tokens& tokens, std::size_t at);

}  // namespace tcpdx::text
