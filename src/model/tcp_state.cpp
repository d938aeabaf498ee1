#include "model/tcp_state.h"

#include <string>

namespace tcpdx {
namespace {

constexpr std::array kKernelNumbers{
    TcpState::Closed,       // 0: none, as of a packet without a socket
    TcpState::Established,  // 1
    TcpState::SynSent,      // 2
    TcpState::SynReceived,  // 3
    TcpState::FinWait1,     // 4
    TcpState::FinWait2,     // 5
    TcpState::TimeWait,     // 6
    TcpState::Closed,       // 7
    TcpState::CloseWait,    // 8
    TcpState::LastAck,      // 9
    TcpState::Listen,       // 10
    TcpState::Closing,      // 11
    TcpState::SynReceived,  // 12: TCP_NEW_SYN_RECV, shown to users as 3
    TcpState::Closed,       // 13: TCP_BOUND_INACTIVE
};

}  // namespace

std::optional<TcpState> tcp_state_of_kernel(std::uint64_t number) {
    return number < kKernelNumbers.size() ? std::optional(kKernelNumbers.at(number)) : std::nullopt;
}

std::string_view rfc_name(TcpState state) {
    switch (state) {
        case TcpState::Closed:
            return "CLOSED";
        case TcpState::Listen:
            return "LISTEN";
        case TcpState::SynSent:
            return "SYN-SENT";
        case TcpState::SynReceived:
            return "SYN-RECEIVED";
        case TcpState::Established:
            return "ESTABLISHED";
        case TcpState::FinWait1:
            return "FIN-WAIT-1";
        case TcpState::FinWait2:
            return "FIN-WAIT-2";
        case TcpState::CloseWait:
            return "CLOSE-WAIT";
        case TcpState::Closing:
            return "CLOSING";
        case TcpState::LastAck:
            return "LAST-ACK";
        case TcpState::TimeWait:
            return "TIME-WAIT";
    }
    return "?";
}

std::string_view netstat_name(TcpState state) {
    switch (state) {
        case TcpState::Closed:
            return "CLOSE";
        case TcpState::Listen:
            return "LISTEN";
        case TcpState::SynSent:
            return "SYN_SENT";
        case TcpState::SynReceived:
            return "SYN_RECV";
        case TcpState::Established:
            return "ESTABLISHED";
        case TcpState::FinWait1:
            return "FIN_WAIT1";
        case TcpState::FinWait2:
            return "FIN_WAIT2";
        case TcpState::CloseWait:
            return "CLOSE_WAIT";
        case TcpState::Closing:
            return "CLOSING";
        case TcpState::LastAck:
            return "LAST_ACK";
        case TcpState::TimeWait:
            return "TIME_WAIT";
    }
    return "?";
}

std::optional<TcpState> parse_tcp_state(std::string_view text) {
    // Letters and digits decide; the tools disagree only about case and separators.
    std::string key;
    for (const char c : text) {
        if (c >= 'A' && c <= 'Z') {
            key += static_cast<char>(c - 'A' + 'a');
        } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            key += c;
        } else if (c != '-' && c != '_' && c != ' ') {
            return std::nullopt;
        }
    }
    struct Spelling {
        std::string_view key;
        TcpState state;
    };
    static constexpr Spelling kSpellings[] = {
        {"closed", TcpState::Closed},
        {"close", TcpState::Closed},
        {"unconn", TcpState::Closed},
        {"listen", TcpState::Listen},
        {"listening", TcpState::Listen},
        {"synsent", TcpState::SynSent},
        {"synsend", TcpState::SynSent},
        {"synreceived", TcpState::SynReceived},
        {"synrecv", TcpState::SynReceived},
        {"synrcvd", TcpState::SynReceived},
        {"newsynrecv", TcpState::SynReceived},
        {"established", TcpState::Established},
        {"estab", TcpState::Established},
        {"est", TcpState::Established},
        {"finwait1", TcpState::FinWait1},
        {"fin1", TcpState::FinWait1},
        {"fw1", TcpState::FinWait1},
        {"finwait2", TcpState::FinWait2},
        {"fin2", TcpState::FinWait2},
        {"fw2", TcpState::FinWait2},
        {"closewait", TcpState::CloseWait},
        {"cw", TcpState::CloseWait},
        {"closing", TcpState::Closing},
        {"lastack", TcpState::LastAck},
        {"la", TcpState::LastAck},
        {"timewait", TcpState::TimeWait},
        {"tw", TcpState::TimeWait},
    };
    for (const Spelling& spelling : kSpellings) {
        if (spelling.key == key) {
            return spelling.state;
        }
    }
    return std::nullopt;
}

}  // namespace tcpdx
