#include "sources/text/table_rows.h"

#include <algorithm>

#include "sources/text/powershell_rows.h"
#include "sources/text/protocol_words.h"
#include "sources/text/row_cells.h"
#include "sources/text/row_tail.h"
#include "sources/text/ss_details.h"
#include "sources/text/state_words.h"

namespace tcpdx::text {
namespace {

// Line numbers, comment marks and control-block addresses stand before a row, but not much more.
constexpr std::size_t kMostBefore = 8;
// Between the peer and the state some tables have numbers of their own (Solaris, netstat -x).
constexpr std::size_t kMostBetween = 24;

std::optional<std::uint32_t> queue_in(std::string_view word) {
    return number_in<std::uint32_t>(word);
}

class RowFinder {
public:
    RowFinder(const Tokens& tokens, const TableContext& context)
        : tokens_(tokens), context_(context) {}

    RowReading find() {
        const std::size_t last = std::min(tokens_.size(), kMostBefore);
        for (std::size_t at = 0; at < last; ++at) {
            const std::string_view word = at == 0 ? without_line_number(tokens_[0]) : tokens_[at];
            if (const Protocol protocol = parse_protocol(word); protocol != Protocol::None) {
                if (auto reading = after_protocol(protocol, word, at)) {
                    return *reading;
                }
                continue;
            }
            if (!word.empty() && is_digit(word.front())) {
                if (auto reading = after_numbers(at)) {
                    return *reading;
                }
            }
            if (auto reading = after_state(at, word)) {
                return *reading;
            }
            if (auto reading = from_endpoints(at)) {
                return *reading;
            }
        }
        return {};
    }

private:
    [[nodiscard]] RowReading finished(RowKind kind, const Row& row, std::size_t end_token) const {
        const std::size_t end =
            end_token < tokens_.size() ? tokens_.column(end_token) : tokens_.line().size();
        RowReading reading;
        reading.kind = kind;
        reading.row = row;
        reading.end = end;
        return reading;
    }

    static void set_state(Row& row, const StateWord& word) {
        row.connection.state = word.state.value_or(TcpState::Closed);
    }

    [[nodiscard]] std::optional<Endpoint> endpoint_at(std::size_t at, Separator separator) const {
        return parse_endpoint(tokens_[at], separator);
    }

    // ----- proto ... -----

    // Who writes the protocol like this, or an address of a control block before it.
    [[nodiscard]] HostSystem system_of(std::string_view protocol, std::size_t at) const {
        constexpr std::size_t kPointerDigits = 16;
        if (at > 0 && tokens_[at - 1].size() == kPointerDigits) {
            if (tokens_[at - 1].starts_with("f1000")) {
                return HostSystem::Aix;
            }
            if (tokens_[at - 1].starts_with("fffff8")) {
                return HostSystem::FreeBsd;
            }
        }
        if (protocol == "tcp46") {
            return HostSystem::MacOs;
        }
        return HostSystem::Unknown;
    }

    std::optional<RowReading> after_protocol(Protocol protocol, std::string_view word,
                                             std::size_t at) {
        if (protocol == Protocol::Local) {
            return local_row(at);
        }
        Row row;
        row.v6_protocol = word.back() == '6' && word.find('4') == std::string_view::npos;
        row.system = system_of(word, at);
        std::size_t next = at + 1;
        if (next >= tokens_.size()) {
            return std::nullopt;
        }
        if (const auto queue = listen_queue_in(tokens_[next])) {
            return listen_queue_row(row, *queue, next + 1, protocol);
        }
        // ss: netid, state, queues.
        if (!is_digit(tokens_[next].front()) && two_numbers(tokens_, next + 1)) {
            if (const auto state = parse_state_word(tokens_[next])) {
                return ss_row(row, *state, next + 1, protocol);
            }
        }
        std::size_t numbers = 0;
        while (numbers < 3 && all_digits(tokens_[next + numbers])) {
            ++numbers;
        }
        if (numbers == 1) {
            return std::nullopt;
        }
        if (numbers == 0 && read_sockstat_owner(row, at)) {
            return endpoints_then_state(row, next, protocol, Layout::Sockstat);
        }
        if (numbers == 0) {
            return endpoints_then_state(row, next, protocol, Layout::Windows);
        }
        row.first_queue = queue_in(tokens_[next]);
        row.second_queue = queue_in(tokens_[next + 1]);
        if (numbers == 3 && next + numbers >= tokens_.size()) {
            return std::nullopt;  // "TCP  168  150  18" of ss -s
        }
        if (numbers == 3) {  // netstat -T: retransmits, out of order, zero windows
            row.first_queue.reset();
            row.second_queue.reset();
        }
        return endpoints_then_state(row, next + numbers, protocol, Layout::Netstat);
    }

    // "www nginx 8123 10 tcp4": user, command, pid, descriptor. Without an owner they are "?".
    bool read_sockstat_owner(Row& row, std::size_t protocol_at) const {
        constexpr std::size_t kFewest = 4;
        if (protocol_at < kFewest) {
            return false;
        }
        const std::string_view descriptor = tokens_[protocol_at - 1];
        const std::string_view pid = tokens_[protocol_at - 2];
        if (pid == "?" && descriptor == "?") {
            row.owner_text = OwnerText::Nobody;
            return true;
        }
        const auto number = number_in<int>(pid);
        if (!number || !all_digits(descriptor)) {
            return false;
        }
        row.owner_text = OwnerText::Process;
        row.pid = *number;
        row.program = tokens_.between(1, protocol_at - 3);
        row.connection.owner.descriptor = number_in<int>(descriptor).value_or(0);
        return true;
    }

    // A unix, netlink or packet socket: enough numbers or flags behind it, or it is prose.
    [[nodiscard]] std::optional<RowReading> local_row(std::size_t at) const {
        const std::string_view next = tokens_[at + 1];
        const bool row = all_digits(next) || next.starts_with('[') ||
                         (two_numbers(tokens_, at + 2) && parse_state_word(next)) ||
                         next == "???" || listen_queue_in(next);
        if (!row) {
            return std::nullopt;
        }
        return finished(RowKind::Other, {}, tokens_.size());
    }

    RowReading listen_queue_row(Row& row, const std::array<std::uint32_t, 3>& queue, std::size_t at,
                                Protocol protocol) const {
        const auto local = endpoint_at(at, Separator::Unknown);
        if (!local) {
            return finished(at >= tokens_.size() ? RowKind::Partial : RowKind::Unread, row,
                            tokens_.size());
        }
        row.local = *local;
        row.remote.port_is_wild = true;
        row.remote.address = IpAddress::any(IpFamily::V4);
        row.layout = Layout::ListenQueue;
        row.connection.state = TcpState::Listen;
        row.first_queue = queue[0];
        row.incomplete = queue[1];
        row.second_queue = queue[2];
        return finished(protocol == Protocol::Inet ? RowKind::Other : RowKind::Tcp, row,
                        tokens_.size());
    }

    // Both endpoints at `at`. Sets `at` behind them; false when they are not there (yet).
    bool take_endpoints(Row& row, std::size_t& at) const {
        const std::string_view first = tokens_[at];
        const auto local = parse_endpoint(first, Separator::Unknown);
        // Two glued cells look like a name that has colons.
        if (!local || (local->host == Endpoint::Host::Name && take_glued(row, at))) {
            return local.has_value();
        }
        const auto remote = parse_endpoint(tokens_[at + 1], Separator::Unknown);
        if (!remote) {
            return false;
        }
        row.local = *local;
        row.remote = *remote;
        at += 2;
        return true;
    }

    // Glued cells do not parse as one endpoint, so they are tried where nothing else fits.
    bool take_glued(Row& row, std::size_t& at) const {
        const auto glued = split_glued(tokens_[at]);
        if (!glued) {
            return false;
        }
        const auto left = parse_numeric_endpoint(glued->local, Separator::Unknown);
        const auto right = parse_numeric_endpoint(glued->remote, Separator::Unknown);
        if (!left || !right) {
            return false;
        }
        row.local = *left;
        row.remote = *right;
        ++at;
        return true;
    }

    std::optional<RowReading> endpoints_then_state(Row& row, std::size_t at, Protocol protocol,
                                                   Layout layout) {
        row.layout = layout;
        if (protocol == Protocol::Inet) {
            return other_row(at, layout);
        }
        const std::size_t first = at;
        if (!take_endpoints(row, at) && !take_glued(row, at)) {
            return incomplete_row(row, first, layout);
        }
        const std::size_t end = next_row(tokens_, at);
        if (at >= end) {
            return without_state(row, end);
        }
        if (const auto state = state_at(tokens_, at, end)) {
            return netstat_row(row, *state, end);
        }
        // "ESTABLISHED18554/java"
        if (const std::size_t glued = state_prefix_length(tokens_[at]); glued > 0) {
            return glued_state_row(row, at, glued, end);
        }
        // FreeBSD's -x has buffer numbers between the peer and the state.
        std::size_t between = at;
        while (between < end && between - at < kMostBetween && is_filler(tokens_[between])) {
            ++between;
        }
        if (between > at && between < end) {
            if (const auto state = state_at(tokens_, between, end)) {
                return netstat_row(row, *state, end);
            }
        }
        if (const auto state = damaged_state_at(tokens_, at, end, !context_.rest_will_not_come)) {
            return netstat_row(row, *state, end);
        }
        return state_missing(row, at, end);
    }

    RowReading netstat_row(Row& row, const StateCell& state, std::size_t end) const {
        set_state(row, state.word);
        if (row.system == HostSystem::Unknown && row.layout == Layout::Netstat) {
            row.system = row.local.dotted ? HostSystem::Unknown : HostSystem::Linux;
        }
        read_tail(row, tokens_, state.after, end, context_);
        if (!state.word.state) {
            return finished(RowKind::Stateless, row, end);
        }
        // "tcp ... 0.0.0.0:* UNCONN": a socket that is only bound is no connection, but a fact.
        return finished(RowKind::Tcp, row, end);
    }

    RowReading glued_state_row(Row& row, std::size_t at, std::size_t length,
                               std::size_t end) const {
        const auto state = parse_state_word(tokens_[at].substr(0, length));
        set_state(row, *state);
        // The tail begins within this token.
        const std::size_t column = tokens_.column(at) + length;
        const std::size_t stop = end < tokens_.size() ? tokens_.column(end) : tokens_.line().size();
        const Tokens tail(tokens_.line().substr(column, stop - column));
        read_tail(row, tail, 0, tail.size(), context_);
        return finished(RowKind::Tcp, row, end);
    }

    // Both endpoints, and then the line ends.
    RowReading without_state(Row& row, std::size_t end) const {
        if (context_.only_state) {
            row.connection.state = *context_.only_state;
            if (context_.is_ss) {
                row.layout = Layout::Ss;
            }
            return finished(RowKind::Tcp, row, end);
        }
        if (!context_.has_state_column) {
            if (row.remote.is_wild()) {
                row.connection.state = TcpState::Listen;
                return finished(RowKind::Tcp, row, end);
            }
            return finished(RowKind::Stateless, row, end);
        }
        RowReading reading =
            finished(end < tokens_.size() ? RowKind::Stateless : RowKind::Partial, row, end);
        reading.only_state_missing = true;
        return reading;
    }

    // Both endpoints, and then something that is no state.
    RowReading state_missing(Row& row, std::size_t at, std::size_t end) const {
        const std::string_view word = tokens_[at];
        const bool owner = word == "-" || word.find('/') != std::string_view::npos ||
                           all_digits(word) || word.starts_with("users:") ||
                           word.starts_with("timer:") || word.find('(') != std::string_view::npos;
        if (!owner) {
            // "LIS" at the end of a line may be the first half of a state.
            const bool last = at + 1 == tokens_.size();
            return finished(last ? RowKind::Partial : RowKind::Unread, row, end);
        }
        if (context_.only_state || !context_.has_state_column) {
            RowReading reading = without_state(row, end);
            if (context_.is_ss) {
                reading.end = read_ss_extras(reading.row, tokens_, at);
            } else {
                read_tail(reading.row, tokens_, at, end, context_);
            }
            return reading;
        }
        return finished(RowKind::Stateless, row, end);
    }

    // Protocol and queues, but no endpoints: cut here, or not a row at all.
    std::optional<RowReading> incomplete_row(Row& row, std::size_t at, Layout layout) const {
        const bool queues = layout == Layout::Netstat;
        if (at >= tokens_.size() ||
            (at + 1 == tokens_.size() && endpoint_at(at, Separator::Unknown) &&
             (queues || parse_numeric_endpoint(tokens_[at], Separator::Unknown)))) {
            if (!queues && at >= tokens_.size()) {
                return std::nullopt;
            }
            return finished(RowKind::Partial, row, tokens_.size());
        }
        // Connection tracking: "tcp 6 431999 ESTABLISHED src=10.0.0.1 dst=..."
        if (contains_ignoring_case(tokens_.line(), " src=")) {
            return finished(RowKind::Other, row, tokens_.size());
        }
        // "tcp 0 0 ... ESTABLISHED": somebody took the addresses out.
        for (std::size_t i = at; i < tokens_.size(); ++i) {
            if (queues && written_as_state(tokens_[i])) {
                return finished(RowKind::Unread, row, tokens_.size());
            }
        }
        if (queues &&
            (endpoint_at(at, Separator::Unknown) || endpoint_at(at + 1, Separator::Unknown))) {
            return finished(RowKind::Unread, row, tokens_.size());
        }
        return std::nullopt;
    }

    // UDP and the like: with one endpoint at least, or it is prose.
    [[nodiscard]] std::optional<RowReading> other_row(std::size_t at, Layout layout) const {
        const bool endpoint = parse_endpoint(tokens_[at], Separator::Unknown).has_value() ||
                              split_glued(tokens_[at]).has_value();
        if (!endpoint && !(layout == Layout::Netstat && at < tokens_.size())) {
            return std::nullopt;
        }
        if (layout == Layout::Windows && !parse_numeric_endpoint(tokens_[at], Separator::Unknown) &&
            !parse_endpoint(tokens_[at + 1], Separator::Unknown)) {
            return std::nullopt;
        }
        const Row row;
        return finished(RowKind::Other, row, next_row(tokens_, at + 1));
    }

    // ----- ss: [netid] state recv send local peer ... -----

    std::optional<RowReading> after_state(std::size_t at, std::string_view word) {
        if (word.size() < 2 || is_digit(word.front()) || !two_numbers(tokens_, at + 1)) {
            // "ESTAB 0" at the end of a line that was wrapped after each column.
            return std::nullopt;
        }
        const auto state = parse_state_word(word);
        if (!state || word.front() == '(') {
            return std::nullopt;
        }
        Row row;
        return ss_row(row, *state, at + 1, context_.udp_only ? Protocol::Inet : Protocol::None);
    }

    std::optional<RowReading> ss_row(Row& row, const StateWord& state, std::size_t queues,
                                     Protocol protocol) {
        row.layout = Layout::Ss;
        row.first_queue = queue_in(tokens_[queues]);
        row.second_queue = queue_in(tokens_[queues + 1]);
        set_state(row, state);
        std::size_t at = queues + 2;
        if (protocol == Protocol::Inet) {
            return finished(RowKind::Other, row, next_row(tokens_, at));
        }
        const std::size_t first = at;
        if (!take_endpoints(row, at) && !take_glued(row, at)) {
            const bool cut = first >= tokens_.size() || (first + 1 == tokens_.size() &&
                                                         endpoint_at(first, Separator::Unknown));
            if (cut) {
                return finished(RowKind::Partial, row, tokens_.size());
            }
            // "UNCONN 0 0 * 1234 * 5678" of unix sockets has no endpoints either.
            if (protocol == Protocol::None && tokens_[first] == "*") {
                return finished(RowKind::Other, row, tokens_.size());
            }
            return protocol == Protocol::Tcp || written_as_state(tokens_[queues - 1])
                       ? std::optional(finished(RowKind::Unread, row, tokens_.size()))
                       : std::nullopt;
        }
        // Without a netid column, an unconnected socket with a peer of "*" is UDP.
        if (state.unconnected && protocol != Protocol::Tcp) {
            return finished(RowKind::Other, row, next_row(tokens_, at));
        }
        RowReading reading = finished(RowKind::Tcp, row, 0);
        reading.end = read_ss_extras(reading.row, tokens_, at);
        if (!state.state) {
            reading.kind = RowKind::Stateless;
        }
        return reading;
    }

    // ----- recv send local remote [state]: the protocol was lost, or ss -l of old -----

    std::optional<RowReading> after_numbers(std::size_t at) {
        if (const auto queue = listen_queue_in(tokens_[at])) {
            if (parse_endpoint(tokens_[at + 1], Separator::Dot)) {
                Row row;
                return listen_queue_row(row, *queue, at + 1, Protocol::Tcp);
            }
            return std::nullopt;
        }
        if (!two_numbers(tokens_, at)) {
            return std::nullopt;
        }
        const auto local = parse_numeric_endpoint(tokens_[at + 2], Separator::Unknown);
        const auto peer = parse_numeric_endpoint(tokens_[at + 3], Separator::Unknown);
        const bool named = context_.has_header && endpoint_at(at + 2, Separator::Unknown) &&
                           endpoint_at(at + 3, Separator::Unknown);
        if (!(local && (peer || endpoint_at(at + 3, Separator::Unknown))) && !named &&
            !split_glued(tokens_[at + 2])) {
            return std::nullopt;
        }
        Row row;
        row.first_queue = queue_in(tokens_[at]);
        row.second_queue = queue_in(tokens_[at + 1]);
        std::size_t next = at + 2;
        if (!take_endpoints(row, next) && !take_glued(row, next)) {
            return std::nullopt;
        }
        row.layout = Layout::Netstat;
        const std::size_t end = next_row(tokens_, next);
        std::size_t between = next;
        while (between < end && between - next < kMostBetween && is_filler(tokens_[between])) {
            ++between;
        }
        for (const std::size_t place : {next, between}) {
            if (const auto state = state_at(tokens_, place, end)) {
                return netstat_row(row, *state, end);
            }
        }
        if (context_.is_ss) {
            row.layout = Layout::Ss;
            if (context_.udp_only) {
                return finished(RowKind::Other, row, end);
            }
        }
        RowReading reading = next < end ? state_missing(row, next, end) : without_state(row, end);
        if (reading.kind == RowKind::Partial) {
            reading.kind = RowKind::Stateless;
        }
        return reading;
    }

    // ----- local remote ... -----

    std::optional<RowReading> from_endpoints(std::size_t at) {
        const std::string_view word = tokens_[at];
        if (RowReading shell = read_powershell_row(tokens_, at); shell.kind != RowKind::None) {
            return shell;
        }
        if (word.size() < 3 || !endpoint_at(at + 1, Separator::Unknown)) {
            return std::nullopt;
        }
        if (!parse_numeric_endpoint(word, Separator::Unknown) && !named_row(at)) {
            return std::nullopt;
        }
        Row row;
        std::size_t next = at;
        if (!take_endpoints(row, next)) {
            return std::nullopt;
        }
        if (auto reading = solaris_row(row, next)) {
            return reading;
        }
        row.layout = Layout::Bare;
        const std::size_t end = next_row(tokens_, next);
        if (const auto state = state_at(tokens_, next, end)) {
            const bool certain = parse_numeric_endpoint(tokens_[at + 1], Separator::Unknown) ||
                                 written_as_state(tokens_[next]);
            return certain ? std::optional(netstat_row(row, *state, end)) : std::nullopt;
        }
        if (next == end && at == 0 && parse_numeric_endpoint(tokens_[1], Separator::Unknown)) {
            return finished(RowKind::Stateless, row, end);
        }
        return std::nullopt;
    }

    // Names are endpoints only where the rest of the line leaves no doubt: four numbers and a state
    // (Solaris), or ports in digits, and a state as nobody writes it in prose.
    [[nodiscard]] bool named_row(std::size_t at) const {
        const auto local = endpoint_at(at, Separator::Unknown);
        const auto remote = endpoint_at(at + 1, Separator::Unknown);
        if (!local || !remote || at > 1) {
            return false;
        }
        if (two_numbers(tokens_, at + 2) && two_numbers(tokens_, at + 4) &&
            written_as_state(tokens_[at + 6])) {
            return true;
        }
        return all_digits(local->port_text) && all_digits(remote->port_text) && !local->dotted &&
               !remote->dotted && written_as_state(tokens_[at + 2]);
    }

    // Swind Send-Q Rwind Recv-Q State, with user, pid and command before them on request (-u).
    std::optional<RowReading> solaris_row(Row& row, std::size_t at) const {
        for (std::size_t queues = at; queues + 4 < tokens_.size() && queues < at + 8; ++queues) {
            if (!two_numbers(tokens_, queues) || !two_numbers(tokens_, queues + 2)) {
                continue;
            }
            const auto state = state_at(tokens_, queues + 4, tokens_.size());
            if (!state) {
                continue;
            }
            row.layout = Layout::Solaris;
            row.second_queue = queue_in(tokens_[queues + 1]);
            row.first_queue = queue_in(tokens_[queues + 3]);
            set_state(row, state->word);
            if (queues >= at + 3) {
                if (const auto pid = number_in<int>(tokens_[at + 1])) {
                    row.owner_text = OwnerText::Process;
                    row.pid = *pid;
                    row.program = tokens_.between(at + 2, queues - 1);
                }
            }
            return finished(RowKind::Tcp, row, tokens_.size());
        }
        return std::nullopt;
    }

    const Tokens& tokens_;
    const TableContext& context_;
};

}  // namespace

RowReading read_table_row(const Tokens& tokens, const TableContext& context) {
    return RowFinder(tokens, context).find();
}

bool looks_like_row(const Tokens& tokens) {
    std::size_t endpoints = 0;
    bool state = false;
    bool protocol = false;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const std::string_view word = tokens[i];
        if (parse_numeric_endpoint(word, Separator::Unknown)) {
            ++endpoints;
        } else if (const std::size_t arrow = word.find("->"); arrow != std::string_view::npos) {
            endpoints += 2;
        } else if (written_as_state(word)) {
            state = true;
        } else if (i < kMostBefore && parse_protocol(word) == Protocol::Tcp) {
            protocol = true;
        }
    }
    // "10.0.0.2:443 ESTABLISHED": somebody picked two columns.
    constexpr std::size_t kPickedColumns = 2;
    return (endpoints >= 2 && (state || protocol)) ||
           (endpoints == 1 && state && tokens.size() == kPickedColumns);
}

}  // namespace tcpdx::text
