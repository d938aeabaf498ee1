#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/observations.h"

namespace tcpdx::diagnosis {

// What is to be said of one kernel option, given its value and this host's load.
enum class Verdict : std::uint8_t {
    Ok,        // nothing to change
    NoEffect,  // set to something, and does not do here what it is set for
    Consider,  // another value may suit this load better
    Harmful,   // this value hurts
};

struct TuneEntry {
    std::string option;
    std::string value;
    Verdict verdict = Verdict::Ok;
    Message reason;
    std::vector<Observation> evidence;  // of this host's load; may be empty
    Message claimed;     // what is often said of the option and is wrong; may be empty
    std::string change;  // a command that sets what is advised; empty when none is
};

// Judges the options that exist on this kernel and whose value is known, the worst first. An option
// that is not there is not judged, and a load that is not known makes no verdict worse.
[[nodiscard]] std::vector<TuneEntry> audit(const Observations& seen);

// Advice that circulates and is wrong, with what is right: about options that this kernel does not
// have, and about what no option does.
struct Folklore {
    Message advice;
    Message truth;
};
[[nodiscard]] std::vector<Folklore> folklore(const Observations& seen);

}  // namespace tcpdx::diagnosis
