#pragma once

#include <string_view>

#include "model/netstat_tables.h"
#include "presentation/netstat/line_buffer.h"
#include "presentation/netstat/options.h"

namespace tcpdx::netstat {

// netstat -s: counters as sentences. One object for one run, since the indent of a table goes on
// into the next when netstat does not know that one.
class Statistics {
public:
    explicit Statistics(const Options& options) : options_(options) {}

    // A group of /proc/net/snmp, netstat or sctp/snmp.
    void append(LineBuffer& out, const CounterGroup& group);
    // A group of /proc/net/snmp6.
    void append_v6(LineBuffer& out, const CounterGroup& group);

private:
    struct Table;

    enum class Place { Plain, IcmpInput, IcmpOutput };

    void append_group(LineBuffer& out, const CounterGroup& group, const Table* table);
    void append_counter(LineBuffer& out, const Table* table, std::string_view name,
                        std::uint64_t value);
    [[nodiscard]] bool wants(const Table& table) const;

    const Options& options_;
    Place place_ = Place::Plain;
};

}  // namespace tcpdx::netstat
