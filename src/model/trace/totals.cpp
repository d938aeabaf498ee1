#include "model/trace/totals.h"

#include <numeric>

namespace tcpdx::trace {
namespace {

void count(std::map<std::string, std::uint64_t, std::less<>>& by_name, std::string_view name) {
    const auto found = by_name.find(name);
    if (found != by_name.end()) {
        ++found->second;
    } else {
        by_name.emplace(name, 1);
    }
}

}  // namespace

std::uint64_t Totals::all_ended() const {
    return std::accumulate(ended.begin(), ended.end(), std::uint64_t{0});
}

void Totals::count_step(const Life& life, std::size_t index) {
    ++steps;
    const Step& step = life.steps()[index];
    if (index == 0) {
        opened_actively += step.state == TcpState::SynSent ? 1U : 0U;
        opened_passively += step.state == TcpState::SynReceived || life.syn_cookie ? 1U : 0U;
    }
    established += step.state == TcpState::Established ? 1U : 0U;
}

void Totals::count_detail(const Event& event, const ReasonNames& names) {
    if (event.kind == EventKind::ResetSent) {
        count(resets_sent, names.reset(event.reason));
    } else if (event.kind == EventKind::ResetReceived) {
        ++resets_received;
    } else if (event.kind == EventKind::PacketDropped) {
        const std::string_view name = names.drop(event.reason);
        count(drops, name.empty() ? std::to_string(event.reason) : std::string(name));
    } else if (event.kind == EventKind::Retransmission) {
        ++retransmissions;
    }
}

void Totals::count_end(const Life& life) {
    if (!life.is_listener()) {
        ++ended.at(static_cast<std::size_t>(life.ending));
        incomplete += life.complete() ? 0U : 1U;
    }
}

void Counting::stepped(const Life& life, std::size_t index) {
    totals_.count_step(life, index);
    next_.stepped(life, index);
}

void Counting::happened(const Event& event, const Life* life) {
    totals_.count_detail(event, names_);
    next_.happened(event, life);
}

void Counting::ended(const Life& life) {
    totals_.count_end(life);
    next_.ended(life);
}

}  // namespace tcpdx::trace
