// Options about how data flows: header options, buffers, repetitions, keepalive, and the memory
// that connection tracking keeps of it.

#include <string>

#include "base/i18n.h"
#include "diagnosis/tune/judges.h"

namespace tcpdx::diagnosis {
namespace {

constexpr double kNearLimit = 80;

}  // namespace

std::vector<Observation> counted_since_boot(const Load& load, const char* counter,
                                            std::vector<Observation> more) {
    if (const auto value = load.seen.counters.value(counter)) {
        more.insert(more.begin(),
                    {{N_("{0} is {1}"), {std::string(counter), static_cast<std::int64_t>(*value)}},
                     Origin::Counter,
                     "nstat -az " + std::string(counter)});
    }
    return more;
}

Judgement judge_timestamps(const Load& load, const OptionValue& option) {
    if (option.number != 0) {
        return {Verdict::Ok, {N_("On.")}};
    }
    if (load.option("net.ipv4.tcp_tw_reuse", 0) == 1) {
        return {Verdict::Harmful,
                {N_("Without timestamps net.ipv4.tcp_tw_reuse=1 does nothing, and fast connections "
                    "lose their protection from old segments.")},
                {},
                "1"};
    }
    return {Verdict::Harmful,
            {N_("Without timestamps fast connections lose their protection from old segments, and "
                "round trips are measured less well.")},
            {},
            "1"};
}

Judgement judge_sack(const Load& /*load*/, const OptionValue& option) {
    if (option.number != 0) {
        return {Verdict::Ok, {N_("On.")}};
    }
    return {Verdict::Harmful,
            {N_("Without SACK several losses in one window take a round trip each. It was switched "
                "off against the SACK panic of 2019, which kernels have fixed.")},
            {},
            "1"};
}

Judgement judge_window_scaling(const Load& /*load*/, const OptionValue& option) {
    if (option.number != 0) {
        return {Verdict::Ok, {N_("On.")}};
    }
    return {Verdict::Harmful,
            {N_("Windows stay below 64 KiB: at 50 ms round trip a connection gets no more than "
                "1.3 MB/s.")},
            {},
            "1"};
}

Judgement judge_moderate_rcvbuf(const Load& /*load*/, const OptionValue& option) {
    if (option.number != 0) {
        return {Verdict::Ok, {N_("On: receive buffers grow with the connection.")}};
    }
    return {Verdict::Harmful,
            {N_("Receive buffers do not grow, so fast connections over long ways stay slow.")},
            {},
            "1"};
}

Judgement judge_memory(const Load& load, const OptionValue& option) {
    const auto pages = load.seen.totals.memory_pages;
    const auto pressure = load.seen.options.number(option.name, 1);
    if (!pages || !pressure) {
        return {Verdict::Ok, {N_("How much memory TCP uses is not known.")}};
    }
    const Observation now{{N_("{0} pages in use; from {1} on the kernel saves"),
                           {static_cast<std::int64_t>(*pages), *pressure}},
                          Origin::Counter,
                          "cat /proc/net/sockstat"};
    if (100.0 * static_cast<double>(*pages) >= kNearLimit * static_cast<double>(*pressure)) {
        return {Verdict::Consider,
                {N_("TCP is near the amount from which the kernel shrinks buffers. Find programs "
                    "that do not read first, then raise it.")},
                {now}};
    }
    return {Verdict::Ok, {N_("TCP is far from the amount from which the kernel saves.")}, {now}};
}

Judgement judge_low_latency(const Load& /*load*/, const OptionValue& option) {
    return option.number == 0
               ? Judgement{Verdict::Ok, {N_("The default.")}}
               : Judgement{Verdict::NoEffect,
                           {N_("The kernel ignores it since Linux 4.14; it only still exists.")}};
}

Judgement judge_slow_start_after_idle(const Load& /*load*/, const OptionValue& option) {
    return option.number == 0
               ? Judgement{Verdict::Ok,
                           {N_("Connections keep their speed over a pause, at the risk of a burst "
                               "into a path that has changed.")}}
               : Judgement{Verdict::Ok,
                           {N_("The default: after a pause a connection starts slowly again. 0 "
                               "suits long connections with pauses inside a data centre.")}};
}

Judgement judge_mtu_probing(const Load& load, const OptionValue& option) {
    if (option.number == 2) {
        return {Verdict::Consider,
                {N_("Every connection begins with small segments. 1 does so only when large ones "
                    "get lost.")},
                {},
                "1"};
    }
    if (option.number == 1) {
        return {Verdict::Ok,
                {N_("Connections find their way through a path MTU black hole.")},
                counted_since_boot(load, "TcpExtTCPMTUPSuccess")};
    }
    return {Verdict::Ok,
            {N_("The default. 1 would bring connections through a path MTU black hole (large "
                "packets lost without a message).")}};
}

Judgement judge_retries2(const Load& /*load*/, const OptionValue& option) {
    if (option.number < 8) {
        return {Verdict::Consider,
                {N_("Established connections are given up within 13 s (5) or 7 s (3), so a short "
                    "outage of the network ends all of them. RFC 1122 wants at least 100 s, which "
                    "is 8. TCP_USER_TIMEOUT does it per program.")},
                {},
                "8"};
    }
    return {Verdict::Ok, {N_("It is a time: about 107 s with 8, 938 s with 15, the default.")}};
}

Judgement judge_keepalive(const Load& load, const OptionValue& option) {
    const bool is_default = (option.name.ends_with("_time") && option.number == 7200) ||
                            (option.name.ends_with("_intvl") && option.number == 75) ||
                            (option.name.ends_with("_probes") && option.number == 9);
    const Observation users{{N_("{0} established connections have a keepalive timer"),
                             {static_cast<std::int64_t>(load.with_keepalive)}},
                            Origin::SocketTable,
                            "ss -tano state established"};
    if (!load.timers_known) {
        return {Verdict::Ok, {N_("It is a default for sockets with SO_KEEPALIVE.")}};
    }
    if (!is_default && load.with_keepalive == 0) {
        return {Verdict::NoEffect,
                {N_("No connection has SO_KEEPALIVE, so it does nothing here.")},
                {users}};
    }
    return {Verdict::Ok, {N_("It is a default for sockets with SO_KEEPALIVE.")}, {users}};
}

Judgement judge_conntrack_max(const Load& load, const OptionValue& option) {
    const auto count = load.seen.conntrack ? load.seen.conntrack->count : std::nullopt;
    if (!count) {
        return {Verdict::Ok, {N_("How many entries there are is not known.")}};
    }
    const Observation now{{N_("{0} entries now"), {static_cast<std::int64_t>(*count)}},
                          Origin::Counter,
                          "sysctl net.netfilter.nf_conntrack_count"};
    if (100.0 * static_cast<double>(*count) >= kNearLimit * static_cast<double>(option.number)) {
        return {Verdict::Consider,
                {N_("The table is nearly full. Then the first packet of every new connection is "
                    "dropped.")},
                {now},
                std::to_string(option.number * 2)};
    }
    return {Verdict::Ok, {N_("There is room for more entries.")}, {now}};
}

Judgement judge_conntrack_established(const Load& /*load*/, const OptionValue& option) {
    constexpr std::int64_t kTwoHoursFour = 7440;  // RFC 5382, REQ-5
    if (option.number < kTwoHoursFour) {
        return {Verdict::Consider,
                {N_("Idle connections are forgotten earlier than after 2 h 4 min, which RFC 5382 "
                    "asks for; the next request on them hangs.")},
                {},
                std::to_string(kTwoHoursFour)};
    }
    return {Verdict::Ok, {N_("Idle connections are remembered long enough.")}};
}

}  // namespace tcpdx::diagnosis
