// Options about how connections begin: queues of listeners, SYN cookies, repetitions of SYN.

#include <string>

#include "base/i18n.h"
#include "diagnosis/grouping.h"
#include "diagnosis/tune/judges.h"

namespace tcpdx::diagnosis {
namespace {

constexpr const char* kOverflows = "TcpExtListenOverflows";

Observation full_listener(const Load& load, std::uint32_t index) {
    const Connection& listener = load.seen.connections[index];
    const Process* process = load.seen.process_of(listener);
    Message fact{N_("accept queue on port {0}: {1} of {2}"),
                 {Port{listener.local.port}, std::int64_t{*listener.accept_queue},
                  std::int64_t{*listener.backlog_limit}}};
    if (process != nullptr) {
        fact.text = N_("accept queue of {3} on port {0}: {1} of {2}");
        fact.values.emplace_back(name_of(*process));
    }
    return {std::move(fact), Origin::SocketTable,
            "ss -ltnp sport = :" + std::to_string(listener.local.port)};
}

}  // namespace

Judgement judge_somaxconn(const Load& load, const OptionValue& option) {
    bool capped = false;
    std::vector<Observation> evidence;
    for (const std::uint32_t index : load.full_listeners) {
        capped |= *load.seen.connections[index].backlog_limit == option.number;
        evidence.push_back(full_listener(load, index));
    }
    if (capped) {
        return {Verdict::Consider,
                {N_("A full accept queue is exactly as large as this allows. Raise it, then "
                    "restart the program; and see why it accepts slowly.")},
                std::move(evidence),
                std::to_string(option.number * 4)};
    }
    if (!evidence.empty()) {
        return {
            Verdict::NoEffect,
            {N_("An accept queue is full, but at the program's own backlog, below this value.")},
            std::move(evidence)};
    }
    if (load.counted(kOverflows) > 0) {
        return {Verdict::Ok,
                {N_("No accept queue is full now; some have been since the host came up.")},
                counted_since_boot(load, kOverflows)};
    }
    return {Verdict::Ok, {N_("No accept queue is full.")}};
}

Judgement judge_max_syn_backlog(const Load& load, const OptionValue& option) {
    if (load.option("net.ipv4.tcp_syncookies", 1) != 0) {
        return {Verdict::NoEffect,
                {N_("SYN cookies are on: the queue of half-open connections is as long as the "
                    "listener's backlog, whatever this says.")}};
    }
    (void)option;
    return {Verdict::Consider,
            {N_("SYN cookies are off, so new clients are dropped when three quarters of it are "
                "half-open. Switch them on instead of raising it.")}};
}

Judgement judge_syncookies(const Load& load, const OptionValue& option) {
    if (option.number == 0) {
        return {Verdict::Harmful,
                {N_("A full queue of half-open connections shuts out new clients, in silence.")},
                counted_since_boot(load, "TcpExtListenDrops"),
                "1"};
    }
    if (option.number == 2) {
        return {Verdict::Consider,
                {N_("Every connection gets a cookie, also when there is room. That is meant for "
                    "tests: a lost final ACK then leaves a client connected to nothing.")},
                {},
                "1"};
    }
    return {Verdict::Ok,
            {N_("Cookies are sent only when a queue is full.")},
            counted_since_boot(load, "TcpExtSyncookiesSent")};
}

Judgement judge_abort_on_overflow(const Load& load, const OptionValue& option) {
    if (option.number == 0) {
        return {Verdict::Ok,
                {N_("The default: a client whose final ACK finds the queue full gets a second "
                    "chance.")}};
    }
    return {Verdict::Harmful,
            {N_("A short burst becomes \"connection reset\" for clients that would have got in a "
                "second later; a SYN to a full queue is still dropped in silence.")},
            counted_since_boot(load, kOverflows),
            "0"};
}

Judgement judge_syn_retries(const Load& /*load*/, const OptionValue& option) {
    if (option.number < 2) {
        return {
            Verdict::Consider,
            {N_("Connects give up after 3 s, so a short outage or two lost packets fail them.")},
            {},
            "6"};
    }
    return {Verdict::Ok,
            {N_("It only says how long a program without a time limit of its own waits in vain: "
                "131 s with 6, 7 s with 2.")}};
}

Judgement judge_synack_retries(const Load& /*load*/, const OptionValue& option) {
    if (option.number < 2) {
        return {Verdict::Consider,
                {N_("Half-open connections are given up after 3 s; clients on bad links fail.")},
                {},
                "5"};
    }
    return {Verdict::Ok, {N_("A silent client is given up after 65 s with 5, after 7 s with 2.")}};
}

Judgement judge_reverse_path_filter(const Load& load, const OptionValue& option) {
    constexpr const char* kCounter = "TcpExtIPReversePathFilter";
    if (option.number != 1) {
        return {Verdict::Ok, {N_("It drops no packets because of their way back.")}};
    }
    if (load.counted(kCounter) > 0) {
        return {Verdict::Consider,
                {N_("It has dropped packets since the host came up. With more than one uplink they "
                    "may be clients; 2 (loose) lets them in.")},
                counted_since_boot(load, kCounter),
                "2"};
    }
    return {Verdict::Ok, {N_("It is strict, and has dropped nothing since the host came up.")}};
}

}  // namespace tcpdx::diagnosis
