#pragma once

#include <string_view>

#include "endpoint/settings.h"
#include "model/ip_address.h"

namespace tcpdx::packetdrill {

// --so_flags: comma-separated key=value. What is not known is reported on stderr and left out.
//   local4=ADDR local6=ADDR  the host's addresses (packetdrill's --local_ip)
//   clock=virtual            time passes only when a caller waits for it
//   profile=rfc|linux        then single settings, in any order:
//   rfc5961 rfc1337 tw_reopen drop_synfin ecn sack timestamps wscale delayed_ack =0|1
//   shift=N iw=N msl_ms=N mtu=N rcvbuf=N sndbuf=N
//   invalid_ratelimit_ms=N   tcp_invalid_ratelimit; 0 unless given, also with profile=linux
struct Flags {
    endpoint::Settings settings;
    IpAddress local4;
    IpAddress local6;
    bool virtual_clock = false;
};

[[nodiscard]] Flags parse_flags(std::string_view text);

}  // namespace tcpdx::packetdrill
