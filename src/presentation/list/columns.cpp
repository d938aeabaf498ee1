#include "presentation/list/columns.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/list/printable.h"

namespace tcpdx {
namespace {

constexpr std::size_t kMostNameBytes = 64;
constexpr std::size_t kMostPathBytes = 4096;

using C = Connection;
using Cells = CellContext;

char* append(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

char* append_number(char* out, std::uint64_t number) {
    return std::to_chars(out, out + 20, number).ptr;
}

// What is not known is a dash; an empty cell would look like a mistake.
char* append_dash(char* out) {
    *out++ = '-';
    return out;
}

char* append_text(char* out, std::string_view text, std::size_t most = kMostNameBytes) {
    return text.empty() ? append_dash(out) : append_printable(out, text, most);
}

char* append_port(char* out, std::uint16_t port) {
    return port == 0 ? append_dash(out) : append_number(out, port);
}

// "250 us", "1.25 ms", "3.20 s": round trips span five orders of magnitude.
char* append_microseconds(char* out, std::uint64_t microseconds) {
    if (microseconds < 1000) {
        return append(append_number(out, microseconds), " us");
    }
    const bool seconds = microseconds >= 1'000'000;
    const std::uint64_t hundredths = microseconds / (seconds ? 10'000 : 10);
    out = append_number(out, hundredths / 100);
    *out++ = '.';
    *out++ = static_cast<char>('0' + hundredths % 100 / 10);
    *out++ = static_cast<char>('0' + hundredths % 10);
    return append(out, seconds ? " s" : " ms");
}

char* append_process(char* out, const Process& process) {
    out = append_printable(out, process.name, kMostNameBytes);
    *out++ = '(';
    out = std::to_chars(out, out + 12, process.pid).ptr;
    *out++ = ')';
    return out;
}

char* number_cell(char* out, const Column& column, const C& c, const Cells& cells) {
    const auto value = column.number->value(c);
    if (!value) {
        return append_dash(out);
    }
    switch (column.number->unit) {
        case NumberUnit::Count:
        case NumberUnit::Bytes:
            break;
        case NumberUnit::Microseconds:
            return append_microseconds(out, *value);
        case NumberUnit::Milliseconds:
            return cells.words.duration.append(out, std::chrono::milliseconds(*value));
    }
    return append_number(out, *value);
}

// Whatever the field says, as it is.
char* field_cell(char* out, const Column& column, const C& c, const Cells& cells) {
    Scratch scratch;
    const FieldValue value = column.fields.front()->of(c, cells.list, scratch);
    return value.kind == FieldValue::Kind::Number ? append_number(out, value.number)
                                                  : append_text(out, value.text, kMostPathBytes);
}

char* state_cell(char* out, const Column& /*column*/, const C& c, const Cells& /*cells*/) {
    return append(out, rfc_name(c.state));
}

char* age_cell(char* out, const Column& /*column*/, const C& c, const Cells& cells) {
    return cells.words.duration.append(out, c.age);
}

// A listener on the port makes "passive" likely and no more.
char* opener_cell(char* out, const Column& /*column*/, const C& c, const Cells& cells) {
    switch (c.opener) {
        case Opener::Unknown:
            return append_dash(out);
        case Opener::Active:
            out = append(out, cells.words.active);
            break;
        case Opener::Passive:
            out = append(out, cells.words.passive);
            break;
    }
    return c.opener_basis == OpenerBasis::ListenerOnPort ? append(out, "?") : out;
}

char* receive_queue_cell(char* out, const Column& column, const C& c, const Cells& cells) {
    if (!c.is_listener()) {
        return number_cell(out, column, c, cells);
    }
    if (!c.accept_queue) {
        return append_dash(out);
    }
    out = append_number(out, *c.accept_queue);
    if (c.backlog_limit) {
        *out++ = '/';
        out = append_number(out, *c.backlog_limit);
    }
    return out;
}

char* append_end(char* out, const SocketAddress& end, const Cells& cells) {
    const std::string_view name = cells.list.host_name(end.address);
    if (name.empty()) {
        return format_to(out, end);
    }
    out = append_printable(out, name, kMostNameBytes);
    *out++ = ':';
    return end.port == 0 ? append(out, "*") : append_number(out, end.port);
}

char* local_cell(char* out, const Column& /*column*/, const C& c, const Cells& cells) {
    return append_end(out, c.local, cells);
}

char* remote_cell(char* out, const Column& /*column*/, const C& c, const Cells& cells) {
    return append_end(out, c.remote, cells);
}

char* timer_cell(char* out, const Column& /*column*/, const C& c, const Cells& cells) {
    if (!c.timer || c.timer->kind == TimerKind::None) {
        return append_dash(out);
    }
    out = append(out, name_of(c.timer->kind));
    *out++ = ' ';
    out = cells.words.duration.append(out, c.timer->expires);
    if (c.timer->retransmits > 0) {
        out = append(out, " x");
        out = append_number(out, c.timer->retransmits);
    }
    return out;
}

char* owner_cell(char* out, const Column& /*column*/, const C& c, const Cells& cells) {
    const Process* process = cells.list.process_of(c);
    switch (c.owner.kind) {
        case OwnerKind::Unknown:
            break;
        case OwnerKind::Process:
            if (process == nullptr) {
                break;
            }
            out = append_process(out, *process);
            if (c.owner.more_holders > 0) {
                *out++ = '+';
                out = append_number(out, c.owner.more_holders);
            }
            return out;
        case OwnerKind::NeverAccepted:
            if (process == nullptr) {
                return append(out, cells.words.never_accepted);
            }
            out = append(out, cells.words.never_accepted_by);
            return append(append_process(out, *process), cells.words.never_accepted_by_end);
        case OwnerKind::Kernel:
            return append(out, cells.words.kernel);
    }
    return append_dash(out);
}

char* user_cell(char* out, const Column& /*column*/, const C& c, const Cells& cells) {
    if (!c.uid) {
        return append_dash(out);
    }
    const std::string_view name =
        cells.list.user_name ? cells.list.user_name(*c.uid) : std::string_view();
    return name.empty() ? append_number(out, *c.uid) : append_printable(out, name, kMostNameBytes);
}

char* interface_cell(char* out, const Column& /*column*/, const C& c, const Cells& cells) {
    if (c.interface == 0) {
        return append_dash(out);
    }
    const std::string_view name = cells.list.interface_name
                                      ? cells.list.interface_name(c.network_namespace, c.interface)
                                      : std::string_view();
    return name.empty() ? append_number(out, c.interface)
                        : append_printable(out, name, kMostNameBytes);
}

char* cgroup_cell(char* out, const Column& /*column*/, const C& c, const Cells& cells) {
    if (!c.cgroup_id) {
        return append_dash(out);
    }
    const std::string_view path =
        cells.list.cgroup_path ? cells.list.cgroup_path(*c.cgroup_id) : std::string_view();
    return path.empty() ? append_number(out, *c.cgroup_id)
                        : append_printable(out, path, kMostPathBytes);
}

char* namespace_cell(char* out, const Column& /*column*/, const C& c, const Cells& cells) {
    const NetworkNamespace* found = cells.list.namespace_of(c);
    if (found == nullptr) {
        return append_dash(out);
    }
    return found->name.empty() ? append_number(out, found->inode)
                               : append_printable(out, found->name, 4 * kMostNameBytes);
}

char* mark_cell(char* out, const Column& /*column*/, const C& c, const Cells& /*cells*/) {
    if (!c.mark) {
        return append_dash(out);
    }
    return std::to_chars(append(out, "0x"), out + 12, *c.mark, 16).ptr;
}

// Family, 16 bytes, port: as text they would sort 10.0.0.9 behind 10.0.0.10.
FieldValue address_order(const SocketAddress& end, bool with_port, Scratch& scratch) {
    char* out = scratch.bytes;
    std::memcpy(out, end.address.bytes.data(), end.address.bytes.size());
    out += end.address.bytes.size();
    if (with_port) {
        *out++ = static_cast<char>(end.port >> 8);
        *out++ = static_cast<char>(end.port & 0xff);
    }
    return {.kind = FieldValue::Kind::Text, .number = 0, .text = {scratch.bytes, out}};
}

FieldValue state_order(const C& c, const ListContext& /*context*/, Scratch& /*scratch*/) {
    return {.kind = FieldValue::Kind::Number, .number = static_cast<unsigned>(c.state), .text = {}};
}

std::vector<const Field*> fields(std::initializer_list<std::string_view> keys) {
    std::vector<const Field*> found;
    for (const std::string_view key : keys) {
        found.push_back(find_field(key));
    }
    return found;
}

std::vector<Column> make_columns() {
    std::vector<Column> columns{
        {.name = "netns",
         .header = N_("Namespace"),
         .ascii = false,
         .cell = namespace_cell,
         .fields = fields({"netns", "netns_inode"})},
        {.name = "state",
         .header = N_("State"),
         .cell = state_cell,
         .fields = fields({"state"}),
         .sort_value = state_order},
        {.name = "age",
         .header = N_("Age"),
         .right_aligned = true,
         .ascii = false,
         .cell = age_cell,
         .fields = fields({"age_at_least_ms", "age_at_most_ms", "age_method"})},
        {.name = "opener",
         .header = N_("Opener"),
         .ascii = false,
         .cell = opener_cell,
         .fields = fields({"opener", "opener_basis"})},
        {.name = "recv-q",
         .header = N_("Recv-Q"),
         .right_aligned = true,
         .cell = receive_queue_cell,
         .fields = fields({"recv_q", "accept_queue", "backlog"}),
         .number = find_number_field("recv-q")},
        {.name = "send-q",
         .header = N_("Send-Q"),
         .right_aligned = true,
         .cell = number_cell,
         .fields = fields({"send_q"}),
         .number = find_number_field("send-q")},
        {.name = "local",
         .header = N_("Local"),
         .cell = local_cell,
         .fields = fields({"local_address", "local_port"}),
         .sort_value = [](const C& c, const ListContext&,
                          Scratch& scratch) { return address_order(c.local, true, scratch); }},
        {.name = "remote",
         .header = N_("Remote"),
         .cell = remote_cell,
         .fields = fields({"remote_address", "remote_port"}),
         .sort_value = [](const C& c, const ListContext&,
                          Scratch& scratch) { return address_order(c.remote, true, scratch); }},
        {.name = "local-address",
         .header = N_("Local address"),
         .cell = field_cell,
         .fields = fields({"local_address"}),
         .sort_value = [](const C& c, const ListContext&,
                          Scratch& scratch) { return address_order(c.local, false, scratch); }},
        {.name = "local-port",
         .header = N_("Local port"),
         .right_aligned = true,
         .cell = [](char* out, const Column&, const C& c,
                    const Cells&) { return append_port(out, c.local.port); },
         .fields = fields({"local_port"})},
        {.name = "remote-address",
         .header = N_("Remote address"),
         .cell = field_cell,
         .fields = fields({"remote_address"}),
         .sort_value = [](const C& c, const ListContext&,
                          Scratch& scratch) { return address_order(c.remote, false, scratch); }},
        {.name = "remote-port",
         .header = N_("Remote port"),
         .right_aligned = true,
         .cell = [](char* out, const Column&, const C& c,
                    const Cells&) { return append_port(out, c.remote.port); },
         .fields = fields({"remote_port"})},
        {.name = "port",
         .header = N_("Port"),
         .right_aligned = true,
         .cell = [](char* out, const Column&, const C& c,
                    const Cells&) { return append_port(out, service_port(c)); },
         .fields = fields({"service_port"})},
        {.name = "timer",
         .header = N_("Timer"),
         .ascii = false,
         .cell = timer_cell,
         .fields = fields({"timer", "timer_expires_ms", "timer_retransmits"})},
        {.name = "owner",
         .header = N_("Owner"),
         .ascii = false,
         .cell = owner_cell,
         .fields = fields({"process", "pid", "owner", "more_holders"})},
        {.name = "process",
         .header = N_("Process"),
         .ascii = false,
         .cell = field_cell,
         .fields = fields({"process"})},
        {.name = "pid",
         .header = N_("PID"),
         .right_aligned = true,
         .cell = field_cell,
         .fields = fields({"pid"})},
        {.name = "fd",
         .header = N_("FD"),
         .right_aligned = true,
         .cell = field_cell,
         .fields = fields({"fd"})},
        {.name = "user",
         .header = N_("User"),
         .ascii = false,
         .cell = user_cell,
         .fields = fields({"user", "uid"})},
        {.name = "unit",
         .header = N_("Unit"),
         .ascii = false,
         .cell = field_cell,
         .fields = fields({"unit"})},
        {.name = "kind", .header = N_("Kind"), .cell = field_cell, .fields = fields({"kind"})},
        {.name = "interface",
         .header = N_("Interface"),
         .ascii = false,
         .cell = interface_cell,
         .fields = fields({"interface", "interface_index"})},
        {.name = "cgroup",
         .header = N_("Control group"),
         .ascii = false,
         .cell = cgroup_cell,
         .fields = fields({"cgroup", "cgroup_id"})},
        {.name = "congestion",
         .header = N_("Congestion control"),
         .cell = field_cell,
         .fields = fields({"congestion"})},
        {.name = "mark",
         .header = N_("Mark"),
         .right_aligned = true,
         .cell = mark_cell,
         .fields = fields({"mark"})},
    };
    // The kernel's own terms head the other numbers, so they are not translated.
    for (const NumberField& number : number_fields()) {
        const bool there = std::any_of(columns.begin(), columns.end(), [&](const Column& column) {
            return column.name == number.name;
        });
        if (!there) {
            columns.push_back({.name = std::string(number.name),
                               .header = number.name.data(),
                               .right_aligned = true,
                               .ascii = number.unit != NumberUnit::Milliseconds,
                               .cell = number_cell,
                               .fields = {find_field(key_of(number))},
                               .number = &number});
        }
    }
    return columns;
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t comma = text.find(',');
        parts.push_back(text.substr(0, comma));
        if (comma == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(comma + 1);
    }
}

}  // namespace

CellWords::CellWords()
    : active(_("active")),
      passive(_("passive")),
      kernel(_("kernel")),
      never_accepted(_("never accepted")) {
    const std::string_view whole = _(N_("never accepted by {0}"));
    const std::size_t field = whole.find("{0}");
    never_accepted_by = whole.substr(0, field);
    if (field != std::string_view::npos) {
        never_accepted_by_end = whole.substr(field + 3);
    }
}

std::span<const Column> all_columns() {
    static const std::vector<Column> columns = make_columns();
    return columns;
}

const Column* find_column(std::string_view name) {
    struct Alias {
        std::string_view name;
        std::string_view column;
    };
    static constexpr Alias kAliases[] = {
        {"iface", "interface"},   {"dev", "interface"}, {"cong", "congestion"},
        {"namespace", "netns"},   {"fwmark", "mark"},   {"sport", "local-port"},
        {"dport", "remote-port"}, {"src", "local"},     {"dst", "remote"},
    };
    for (const Alias& alias : kAliases) {
        if (alias.name == name) {
            name = alias.column;
        }
    }
    const auto columns = all_columns();
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& column) {
        return same_field_name(column.name, name);
    });
    return found == columns.end() ? nullptr : &*found;
}

Columns default_columns() {
    Columns columns;
    for (const char* name :
         {"state", "age", "opener", "recv-q", "send-q", "local", "remote", "owner"}) {
        columns.push_back(find_column(name));
    }
    return columns;
}

Result<Columns, ColumnError> choose_columns(std::string_view text) {
    Columns chosen;
    if (text.starts_with('+')) {
        chosen = default_columns();
        text.remove_prefix(1);
    }
    const auto add = [&](const Column* column) {
        if (std::find(chosen.begin(), chosen.end(), column) == chosen.end()) {
            chosen.push_back(column);
        }
    };
    for (const std::string_view name : split(text)) {
        if (name == "all") {
            for (const Column& column : all_columns()) {
                add(&column);
            }
            continue;
        }
        const Column* column = find_column(name);
        if (column == nullptr) {
            return unexpected(
                ColumnError{{.text = N_("unknown column '{0}'"), .values = {std::string(name)}}});
        }
        add(column);
    }
    return chosen;
}

FieldValue sort_value(const Column& column, const Connection& connection,
                      const ListContext& context, Scratch& scratch) {
    return column.sort_value != nullptr ? column.sort_value(connection, context, scratch)
                                        : column.fields.front()->of(connection, context, scratch);
}

std::vector<const Field*> fields_of(const Columns& columns) {
    std::vector<const Field*> fields;
    for (const Column* column : columns) {
        for (const Field* field : column->fields) {
            if (std::find(fields.begin(), fields.end(), field) == fields.end()) {
                fields.push_back(field);
            }
        }
    }
    return fields;
}

}  // namespace tcpdx
