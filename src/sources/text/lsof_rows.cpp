#include "sources/text/lsof_rows.h"

#include <algorithm>

#include "sources/text/state_words.h"

namespace tcpdx::text {
namespace {

constexpr std::string_view kArrow = "->";

// "12u", "1712r", "3uW": a descriptor and how it is open.
std::optional<int> descriptor_in(std::string_view word) {
    std::string_view rest = word;
    const auto number = take_number(rest);
    if (!number || rest.empty() || rest.size() > 3 || *number > INT32_MAX) {
        return std::nullopt;
    }
    return is_letter(rest.front()) ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

// Command, pid, [thread, thread's name], user: the pid is the first number after the command, whose
// name may have blanks (as "\x20", or plainly in copies).
void read_owner(Row& row, const Tokens& tokens, std::size_t type) {
    std::size_t end = type;
    if (end > 0) {
        if (const auto descriptor = descriptor_in(tokens[end - 1])) {
            row.connection.owner.descriptor = *descriptor;
            --end;
        }
    }
    for (std::size_t at = 1; at < end; ++at) {
        const auto pid = number_in<int>(tokens[at]);
        if (!pid) {
            continue;
        }
        row.owner_text = OwnerText::Process;
        row.pid = *pid;
        row.program = tokens.between(0, at - 1);
        return;
    }
}

RowReading reading(RowKind kind, const Row& row, const Tokens& tokens) {
    RowReading read;
    read.kind = kind;
    read.row = row;
    read.end = tokens.line().size();
    return read;
}

// "(CLOS _WAIT)" is two tokens.
std::optional<StateWord> state_in(const Tokens& tokens, std::size_t at) {
    if (at >= tokens.size() || tokens[at].front() != '(') {
        return std::nullopt;
    }
    std::size_t last = at;
    while (last + 1 < tokens.size() && tokens[last].back() != ')') {
        ++last;
    }
    std::string_view text = tokens.between(at, last);
    text.remove_prefix(1);
    text = text.substr(0, text.find(')'));
    return parse_damaged_state_word(text);
}

}  // namespace

RowReading read_lsof_row(const Tokens& tokens) {
    std::size_t type = 0;
    while (type < tokens.size() && tokens[type] != "IPv4" && tokens[type] != "IPv6") {
        ++type;
    }
    std::size_t node = type;
    while (node < tokens.size() && tokens[node] != "TCP" && tokens[node] != "UDP") {
        ++node;
    }
    Row row;
    row.layout = Layout::Lsof;
    if (type < 2 || node + 1 >= tokens.size()) {
        // Only "TCP a->b (STATE)" is left of some rows.
        if (node + 1 >= tokens.size() || tokens[node] != "TCP" ||
            tokens[node + 1].find(kArrow) == std::string_view::npos) {
            return {};
        }
        type = node;
    }
    if (tokens[node] == "UDP") {
        return reading(RowKind::Other, row, tokens);
    }
    row.v6_protocol = tokens[type] == "IPv6";
    if (type != node) {
        read_owner(row, tokens, type);
        // The device: macOS gives the address of a control block, Linux an inode.
        row.system = tokens[type + 1].starts_with("0x") ? HostSystem::MacOs
                     : all_digits(tokens[type + 1])     ? HostSystem::Linux
                                                        : HostSystem::Unknown;
    }
    const std::string_view name = tokens[node + 1];
    const std::size_t arrow = name.find(kArrow);
    const auto local = parse_endpoint(name.substr(0, arrow), Separator::Colon);
    row.remote.address = IpAddress::any(IpFamily::V4);
    row.remote.port_is_wild = true;
    if (arrow != std::string_view::npos) {
        const auto remote = parse_endpoint(name.substr(arrow + kArrow.size()), Separator::Colon);
        if (!remote) {
            return reading(RowKind::Unread, row, tokens);
        }
        row.remote = *remote;
    }
    if (!local) {
        return reading(name.find(':') == std::string_view::npos ? RowKind::None : RowKind::Unread,
                       row, tokens);
    }
    row.local = *local;
    const auto state = state_in(tokens, node + 2);
    if (!state || !state->state) {
        // Without a state it was made with -T or is only bound; a peer makes it a connection.
        return reading(RowKind::Stateless, row, tokens);
    }
    row.connection.state = *state->state;
    return reading(RowKind::Tcp, row, tokens);
}

}  // namespace tcpdx::text
