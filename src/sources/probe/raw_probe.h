#pragma once

#include <chrono>

#include "model/probe_report.h"
#include "sources/probe/connect_attempt.h"
#include "sources/probe/segment_watch.h"

namespace tcpdx::probe {

// Sends one segment made by hand and watches for its answer, `tries` times at most. It comes from a
// port that is reserved meanwhile, so that no connection of this host can get the answer; the
// kernel, which knows no such connection, answers a SYN+ACK with an RST, as it should.
[[nodiscard]] RawProbe send_raw_probe(RawProbe::Segment segment, const Target& target,
                                      SegmentWatch& watch, std::chrono::milliseconds patience,
                                      std::uint32_t tries, const Stop& stop);

}  // namespace tcpdx::probe
