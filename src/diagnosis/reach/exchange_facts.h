#pragma once

#include "diagnosis/reach/facts.h"
#include "model/probe_report.h"

namespace tcpdx::diagnosis::reach {

// What talking over the connection says, and its certificate.
void add_exchange_facts(const Exchange& exchange, Facts& facts);

}  // namespace tcpdx::diagnosis::reach
