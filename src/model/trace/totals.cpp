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

void Counting::stepped(const Life& life, std::size_t index) {
    ++totals_.steps;
    const Step& step = life.steps()[index];
    if (index == 0) {
        totals_.opened_actively += step.state == TcpState::SynSent ? 1U : 0U;
        totals_.opened_passively +=
            step.state == TcpState::SynReceived || life.syn_cookie ? 1U : 0U;
    }
    totals_.established += step.state == TcpState::Established ? 1U : 0U;
    next_.stepped(life, index);
}

void Counting::happened(const Event& event, const Life* life) {
    if (event.kind == EventKind::ResetSent) {
        count(totals_.resets_sent, names_.reset(event.reason));
    } else if (event.kind == EventKind::ResetReceived) {
        ++totals_.resets_received;
    } else if (event.kind == EventKind::PacketDropped) {
        const std::string_view name = names_.drop(event.reason);
        count(totals_.drops, name.empty() ? std::to_string(event.reason) : std::string(name));
    } else if (event.kind == EventKind::Retransmission) {
        ++totals_.retransmissions;
    }
    next_.happened(event, life);
}

void Counting::ended(const Life& life) {
    if (!life.is_listener()) {
        ++totals_.ended.at(static_cast<std::size_t>(life.ending));
        totals_.incomplete += life.complete() ? 0U : 1U;
    }
    next_.ended(life);
}

}  // namespace tcpdx::trace
