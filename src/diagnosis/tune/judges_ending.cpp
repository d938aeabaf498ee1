// Options about how connections end and what remains of them: TIME-WAIT, orphans, source ports.

#include <string>

#include "base/i18n.h"
#include "diagnosis/tune/judges.h"

namespace tcpdx::diagnosis {
namespace {

// From here on a destination's use of source ports is worth a thought.
constexpr double kManyPorts = 50;
constexpr double kNearLimit = 80;
constexpr std::size_t kShownPorts = 5;

Observation port_use(const Load& load, const SourcePortUse& use) {
    return {{N_("{0} of {1} source ports are in use towards {2}, {3} of them in TIME-WAIT"),
             {static_cast<std::int64_t>(use.used), static_cast<std::int64_t>(load.ports->count),
              use.remote, static_cast<std::int64_t>(use.time_wait)}},
            Origin::SocketTable,
            "ss -tan 'dst " + to_string(use.remote) + "'"};
}

Observation time_wait_now(const Load& load) {
    return {{N_("{0} sockets in TIME-WAIT"), {static_cast<std::int64_t>(load.time_wait)}},
            Origin::SocketTable,
            "ss -tan state time-wait"};
}

}  // namespace

Judgement judge_fin_timeout(const Load& load, const OptionValue& option) {
    const Observation orphans{
        {N_("{0} orphans in FIN-WAIT-2"), {static_cast<std::int64_t>(load.orphaned_fin_wait2)}},
        Origin::SocketTable,
        "ss -tano state fin-wait-2"};
    if (option.number == 60) {
        return {Verdict::Ok,
                {N_("The default. It limits how long an orphan stays in FIN-WAIT-2.")}};
    }
    if (load.orphaned_fin_wait2 == 0) {
        return {Verdict::NoEffect,
                {N_("It is about orphans in FIN-WAIT-2 only, and there are none now.")},
                {orphans}};
    }
    return {Verdict::Ok, {N_("It limits how long an orphan stays in FIN-WAIT-2.")}, {orphans}};
}

Judgement judge_tw_recycle(const Load& /*load*/, const OptionValue& option) {
    if (option.number == 0) {
        return {Verdict::Ok, {N_("Off, as it must be.")}};
    }
    return {Verdict::Harmful,
            {N_("It drops SYNs of clients behind NAT, whose timestamps are not in order.")},
            {},
            "0"};
}

Judgement judge_tw_reuse(const Load& load, const OptionValue& option) {
    const bool timestamps = load.option("net.ipv4.tcp_timestamps", 1) != 0;
    if (option.number == 1) {
        return timestamps
                   ? Judgement{Verdict::Ok,
                               {N_("Outgoing connections take ports in TIME-WAIT again after a "
                                   "second.")}}
                   : Judgement{Verdict::NoEffect,
                               {N_("It needs net.ipv4.tcp_timestamps=1, which is off.")}};
    }
    // With 2 loopback is served already.
    const auto& fullest = option.number == 2 ? load.fullest_remote : load.fullest;
    if (load.ports_percent(fullest) >= kManyPorts && fullest->time_wait * 2 >= fullest->used) {
        return {Verdict::Consider,
                {N_("TIME-WAIT holds many of the source ports towards one destination; with 1 "
                    "they are taken again after a second.")},
                {port_use(load, *fullest)},
                "1"};
    }
    return {Verdict::Ok, {N_("No destination is short of source ports because of TIME-WAIT.")}};
}

Judgement judge_max_tw_buckets(const Load& load, const OptionValue& option) {
    constexpr const char* kOverflow = "TcpExtTCPTimeWaitOverflow";
    if (load.counted(kOverflow) > 0) {
        return {Verdict::Harmful,
                {N_("It is too small: connections have skipped TIME-WAIT since the host came up.")},
                counted_since_boot(load, kOverflow, {time_wait_now(load)}),
                std::to_string(option.number * 2)};
    }
    if (100.0 * static_cast<double>(load.time_wait) >=
        kNearLimit * static_cast<double>(option.number)) {
        return {Verdict::Consider,
                {N_("It is nearly reached. Beyond it connections skip TIME-WAIT.")},
                {time_wait_now(load)},
                std::to_string(option.number * 2)};
    }
    return {Verdict::Ok, {N_("There is room for more TIME-WAIT.")}, {time_wait_now(load)}};
}

Judgement judge_max_orphans(const Load& load, const OptionValue& option) {
    const auto orphans = load.seen.totals.orphans;
    if (!orphans) {
        return {Verdict::Ok, {N_("How many orphans there are is not known.")}};
    }
    const Observation now{{N_("{0} orphans on this host"), {static_cast<std::int64_t>(*orphans)}},
                          Origin::Counter,
                          "cat /proc/net/sockstat"};
    if (100.0 * static_cast<double>(*orphans) >= kNearLimit * static_cast<double>(option.number)) {
        return {Verdict::Consider,
                {N_("It is nearly reached. Beyond it the kernel resets connections that programs "
                    "have closed. First find out why peers do not acknowledge.")},
                {now}};
    }
    return {Verdict::Ok, {N_("There is room for more orphans.")}, {now}};
}

Judgement judge_orphan_retries(const Load& /*load*/, const OptionValue& option) {
    if (option.number == 0) {
        return {Verdict::Ok, {N_("The default, which means 8: about 107 s.")}};
    }
    if (option.number < 3) {
        return {Verdict::Consider,
                {N_("The end of a closed connection is given up within seconds, so a peer behind a "
                    "bad link may lose the last data. 3 gives it 7 s.")},
                {},
                "0"};
    }
    return {Verdict::Ok, {N_("Orphans are given up earlier than by default.")}};
}

Judgement judge_rfc1337(const Load& load, const OptionValue& option) {
    if (option.number == 0) {
        return {Verdict::Ok, {N_("The default.")}};
    }
    return {Verdict::Harmful,
            {N_("Clients that use a source port again, as NAT does, cannot connect for up to "
                "60 s.")},
            counted_since_boot(load, "TcpExtPAWSTimewait", {time_wait_now(load)}),
            "0"};
}

Judgement judge_port_range(const Load& load, const OptionValue& option) {
    if (!load.ports) {
        return {Verdict::Ok, {N_("The range could not be read.")}};
    }
    const std::string first = std::to_string(load.ports->first);
    if (load.ports_percent(load.fullest) >= kManyPorts) {
        return {Verdict::Consider,
                {N_("One destination uses more than half of it. A wider range helps, and so do "
                    "more addresses and kept connections.")},
                {port_use(load, *load.fullest)},
                "10240 65535"};
    }
    if (!load.listening_in_range.empty()) {
        std::string ports;
        for (std::size_t i = 0; i < load.listening_in_range.size() && i < kShownPorts; ++i) {
            ports += (i == 0 ? "" : ",") + std::to_string(load.listening_in_range[i]);
        }
        return {
            Verdict::Consider,
            {N_("Programs listen on ports inside it. An outgoing connection can take such a "
                "port first, and the program then fails to start. Put fixed ones into "
                "net.ipv4.ip_local_reserved_ports.")},
            {{{N_("listening inside the range: {0}"), {ports}}, Origin::SocketTable, "ss -ltn"}}};
    }
    if ((load.ports->first + load.ports->last) % 2 == 0) {
        return {Verdict::Consider,
                {N_("Both ends are even, or both are odd. The kernel splits the range by parity "
                    "and advises ends that differ in it.")},
                {},
                first + " " +
                    std::to_string(load.ports->last == 65535 ? load.ports->last - 1
                                                             : load.ports->last + 1)};
    }
    (void)option;
    return {Verdict::Ok, {N_("No destination uses more than half of it.")}};
}

}  // namespace tcpdx::diagnosis
