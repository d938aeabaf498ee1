#pragma once

#include "model/observations.h"

namespace tcpdx {

// Works out what a pasted listing implies beyond what it says, as a look at a live host does from
// what the kernel says: which end opened, ages, and what a row without a process means. Facts that
// are there already stay; nothing is made up where the listing does not decide.
void complete_listing(Observations& listing);

}  // namespace tcpdx
