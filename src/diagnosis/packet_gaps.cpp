#include "diagnosis/packet_gaps.h"

#include <array>
#include <span>
#include <string_view>

namespace tcpdx::diagnosis {
namespace {

struct Term {
    std::string_view counter;
    int sign = 1;
    bool needed = true;
};

std::optional<std::uint64_t> sum(const Situation& situation, std::span<const Term> terms) {
    std::int64_t total = 0;
    for (const Term& term : terms) {
        const auto increase = situation.increase(term.counter);
        if (!increase && term.needed) {
            return std::nullopt;
        }
        total += term.sign * static_cast<std::int64_t>(increase.value_or(0));
    }
    return total > 0 ? static_cast<std::uint64_t>(total) : 0;
}

}  // namespace

std::optional<std::uint64_t> lost_before_tcp(const Situation& situation) {
    static constexpr std::array kTerms{
        Term{"IpInReceives", 1}, Term{"IpInDelivers", -1},
        Term{"IpForwDatagrams", -1},  // counted before the FORWARD hook
        Term{"IpInHdrErrors", -1}, Term{"IpInAddrErrors", -1}, Term{"IpInUnknownProtos", -1},
        Term{"IpInDiscards", -1},
        // Each fragment is received, but only the whole packet is delivered.
        Term{"IpReasmReqds", -1}, Term{"IpReasmOKs", 1}, Term{"IpExtInNoRoutes", -1, false},
        Term{"IpExtInTruncatedPkts", -1, false},
        Term{"TcpExtIPReversePathFilter", -1, false},  // has a rule of its own
    };
    return sum(situation, kTerms);
}

std::optional<std::uint64_t> lost_after_tcp(const Situation& situation) {
    if (situation.increase("IpForwDatagrams") != 0U) {
        return std::nullopt;
    }
    static constexpr std::array kTerms{
        Term{"IpOutRequests", 1},
        Term{"IpOutTransmits", -1},
        Term{"IpOutDiscards", -1},
        // A packet cut into pieces is transmitted once per piece.
        Term{"IpFragCreates", 1},
        Term{"IpFragOKs", -1},
        Term{"IpFragFails", -1},
    };
    return sum(situation, kTerms);
}

}  // namespace tcpdx::diagnosis
