#pragma once

#include <span>
#include <string>

#include "diagnosis/finding.h"
#include "model/host_now.h"

namespace tcpdx::prometheus {

// A finding as a gauge: its rule, and how many connections it is about.
struct FindingGauge {
    std::string rule;
    diagnosis::Severity severity = diagnosis::Severity::Information;
    std::size_t connections = 0;
};

// What of the last look becomes metrics. Numbers only: a look with 100,000 sockets is not kept for
// a scrape.
struct LookGauges {
    struct Listener {
        std::uint16_t port = 0;
        std::uint64_t length = 0;
        std::uint64_t limit = 0;
        std::uint64_t drops = 0;
        bool drops_known = false;
    };
    struct Destination {
        std::string address;  // and port
        std::uint64_t ports_used = 0;
    };
    std::vector<Listener> listeners;        // by port, those of one port together
    std::vector<Destination> destinations;  // the most ports first
    std::uint64_t destinations_left_out = 0;
    std::uint64_t ports_of_left_out = 0;
    std::optional<std::uint64_t> ports_usable;
    Counters counters;
    SocketTotals totals;
    std::optional<std::uint64_t> orphans_limit;
    std::optional<Conntrack> conntrack;
};

// `most`: ports and destinations that get a series of their own.
[[nodiscard]] LookGauges gauges_of(const Observations& seen, std::size_t most = 10);

// Everything, in the text format of Prometheus. `look` may be null: no look was done yet.
[[nodiscard]] std::string metrics_text(const HostNow& now, const LookGauges* look,
                                       std::span<const FindingGauge> findings,
                                       std::string_view version);

}  // namespace tcpdx::prometheus
