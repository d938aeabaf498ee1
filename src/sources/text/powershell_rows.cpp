#include "sources/text/powershell_rows.h"

#include "sources/text/state_words.h"

namespace tcpdx::text {
namespace {

Endpoint endpoint_of(const IpAddress& address, std::string_view port_text, std::uint16_t port) {
    Endpoint end;
    end.host = address.is_any() ? Endpoint::Host::Any : Endpoint::Host::Address;
    end.address = address;
    end.port_text = port_text;
    end.port = port;
    return end;
}

}  // namespace

RowReading read_powershell_row(const Tokens& tokens, std::size_t at) {
    RowReading reading;
    if (!all_digits(tokens[at + 1]) || !all_digits(tokens[at + 3])) {
        return reading;
    }
    const auto local = parse_bare_address(tokens[at]);
    const auto remote = parse_bare_address(tokens[at + 2]);
    const auto local_port = number_in<std::uint16_t>(tokens[at + 1]);
    const auto remote_port = number_in<std::uint16_t>(tokens[at + 3]);
    const auto state = parse_state_word(tokens[at + 4]);
    if (!local || !remote || !local_port || !remote_port || !state || !state->state) {
        return reading;
    }
    Row& row = reading.row;
    row.layout = Layout::PowerShell;
    row.local = endpoint_of(*local, tokens[at + 1], *local_port);
    row.remote = endpoint_of(*remote, tokens[at + 3], *remote_port);
    row.connection.state = *state->state;
    for (std::size_t i = at + 5; i < tokens.size(); ++i) {
        const auto pid = number_in<std::uint32_t>(tokens[i]);
        if (pid && *pid <= INT32_MAX) {
            row.owner_text = *pid == 0 ? OwnerText::Nobody : OwnerText::Process;
            row.pid = static_cast<int>(*pid);
            break;
        }
    }
    reading.kind = RowKind::Tcp;
    reading.end = tokens.line().size();
    return reading;
}

}  // namespace tcpdx::text
