#pragma once

#include <memory>

#include "model/captured.h"
#include "model/observations.h"

namespace tcpdx::capture {

// A capture as the rules look at things: the end that it was made at is "this host". Only what is
// certain becomes a connection there, with its age when the capture ended.
[[nodiscard]] Observations observe(std::shared_ptr<const Captured> captured);

// The connection of one end, for filters; its state is the last certain one. `ended`: of the
// capture.
[[nodiscard]] Connection connection_of(const CapturedConnection& connection, std::size_t end,
                                       CaptureTime ended);

}  // namespace tcpdx::capture
