#pragma once

#include "model/netstat_tables.h"
#include "presentation/netstat/line_buffer.h"
#include "presentation/netstat/names.h"
#include "presentation/netstat/options.h"

namespace tcpdx::netstat {

// netstat -r. How much of a route is shown is coded in how often -e was given.
void append_routes_heading_v4(LineBuffer& out, const Options& options);
void append_route(LineBuffer& out, const RouteV4& route, const Options& options,
                  const Names& names);
// The routing cache is gone since Linux 3.6: its file has a heading and nothing else.
void append_cache_heading_v4(LineBuffer& out, const Options& options);
void append_routes_heading_v6(LineBuffer& out, bool cache);
void append_route(LineBuffer& out, const RouteV6& route, bool cache, const Options& options,
                  const Names& names);

// netstat -g
void append_groups_heading(LineBuffer& out);
void append_group(LineBuffer& out, const GroupMembership& membership, const Options& options,
                  const Names& names);

// netstat -i, and -ie
void append_interfaces_heading(LineBuffer& out);
void append_interface(LineBuffer& out, const NetworkInterface& interface);
void append_interface_in_full(LineBuffer& out, const NetworkInterface& interface);

}  // namespace tcpdx::netstat
