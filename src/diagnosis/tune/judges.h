#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diagnosis/tune/audit.h"
#include "diagnosis/tune/load.h"

namespace tcpdx::diagnosis {

// One judge per option: looks at its value and the load. Told the option's name too, since some
// exist per interface.
struct Judgement {
    Verdict verdict = Verdict::Ok;
    Message reason;
    std::vector<Observation> evidence = {};
    std::string advised = {};  // the value that the command should set; empty when none is advised
};

struct OptionValue {
    std::string_view name;
    std::int64_t number = 0;  // the first number of the value
};

using Judge = Judgement (*)(const Load&, const OptionValue&);

// How connections end and what remains of them.
[[nodiscard]] Judgement judge_fin_timeout(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_tw_recycle(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_tw_reuse(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_max_tw_buckets(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_max_orphans(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_orphan_retries(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_rfc1337(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_port_range(const Load& load, const OptionValue& option);

// How connections begin.
[[nodiscard]] Judgement judge_somaxconn(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_max_syn_backlog(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_syncookies(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_abort_on_overflow(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_syn_retries(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_synack_retries(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_reverse_path_filter(const Load& load, const OptionValue& option);

// How data flows.
[[nodiscard]] Judgement judge_timestamps(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_sack(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_window_scaling(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_moderate_rcvbuf(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_memory(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_low_latency(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_slow_start_after_idle(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_mtu_probing(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_retries2(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_keepalive(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_conntrack_max(const Load& load, const OptionValue& option);
[[nodiscard]] Judgement judge_conntrack_established(const Load& load, const OptionValue& option);

// What a counter says since the namespace came up, before `more`; only `more` when it is not known.
[[nodiscard]] std::vector<Observation> counted_since_boot(const Load& load, const char* counter,
                                                          std::vector<Observation> more = {});

}  // namespace tcpdx::diagnosis
