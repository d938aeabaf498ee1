#include "sources/text/protocol_words.h"

#include <algorithm>
#include <iterator>

#include "sources/text/tokens.h"

namespace tcpdx::text {
namespace {

// "", "4", "6", "46", "v6", ...: which addresses a socket may have.
bool is_family_suffix(std::string_view text) {
    if (!text.empty() && to_lower(text.front()) == 'v') {
        text.remove_prefix(1);
    }
    return text.empty() || text == "4" || text == "6" || text == "46" || text == "64";
}

}  // namespace

Protocol parse_protocol(std::string_view word) {
    constexpr std::size_t kShortest = 2;
    constexpr std::size_t kLongest = 10;
    if (word.size() < kShortest || word.size() > kLongest || !is_letter(word.front())) {
        return Protocol::None;
    }
    constexpr std::size_t kTcp = 3;
    if (word.size() >= kTcp && same_ignoring_case(word.substr(0, kTcp), "tcp")) {
        return is_family_suffix(word.substr(kTcp)) ? Protocol::Tcp : Protocol::None;
    }
    for (const std::string_view known :
         {"udp", "udpl", "udplite", "raw", "icmp", "icm", "sctp", "dccp", "mptcp", "ip"}) {
        if (word.size() >= known.size() &&
            same_ignoring_case(word.substr(0, known.size()), known) &&
            is_family_suffix(word.substr(known.size()))) {
            // "IP" and "ip" alone are words of prose.
            return known == "ip" && word.size() == known.size() ? Protocol::None : Protocol::Inet;
        }
    }
    static constexpr std::string_view kLocal[] = {
        "unix",   "u_str",  "u_dgr", "u_seq", "u_raw", "nl",   "p_raw", "p_dgr",  "v_str",
        "v_dgr",  "ti_rd",  "ti_sq", "ti_st", "xdp",   "kctl", "kevt",  "stream", "dgram",
        "seqpac", "divert", "div",   "vsock", "x25",   "ax25", "l2cap", "rfcomm"};
    return std::find(std::begin(kLocal), std::end(kLocal), word) == std::end(kLocal)
               ? Protocol::None
               : Protocol::Local;
}

}  // namespace tcpdx::text
