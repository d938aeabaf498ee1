#include "presentation/list/fields.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include "presentation/list/printable.h"

namespace tcpdx {
namespace {

// Paths of control groups can be long; nothing else comes near.
constexpr std::size_t kMostTextBytes = 4096;

FieldValue absent() {
    return {};
}

FieldValue number(std::uint64_t value) {
    return {.kind = FieldValue::Kind::Number, .number = value, .text = {}};
}

FieldValue number_unless_zero(std::uint64_t value) {
    return value == 0 ? absent() : number(value);
}

template <class T>
FieldValue number_if(const std::optional<T>& value) {
    return value ? number(static_cast<std::uint64_t>(*value)) : absent();
}

// An empty text stands for "not known" everywhere in the model.
FieldValue text(std::string_view value) {
    if (value.empty()) {
        return absent();
    }
    return {.kind = FieldValue::Kind::Text, .number = 0, .text = value.substr(0, kMostTextBytes)};
}

FieldValue boolean(bool value) {
    return {.kind = FieldValue::Kind::Boolean, .number = value ? 1U : 0U, .text = {}};
}

FieldValue address(const IpAddress& value, const ListContext& context, Scratch& scratch) {
    const std::string_view name = context.host_name(value);
    return text(name.empty() ? std::string_view(scratch.bytes, format_to(scratch.bytes, value))
                             : name);
}

FieldValue age_bound(const std::optional<Age::Duration>& bound) {
    return bound
               ? number(static_cast<std::uint64_t>(std::max(bound->count(), Age::Duration::rep{})))
               : absent();
}

using C = Connection;
using Context = ListContext;

// Of whom holds the socket, or should accept it.
const Process* holder(const C& c, const Context& context) {
    return context.process_of(c);
}

std::vector<Field> make_fields() {
    std::vector<Field> fields{
        {"state", [](const Field&, const C& c, const Context&,
                     Scratch&) { return text(rfc_name(c.state)); }},
        {"kind",
         [](const Field&, const C& c, const Context&, Scratch&) { return text(name_of(c.kind)); }},
        {"family",
         [](const Field&, const C& c, const Context&, Scratch&) {
             if (c.local.address.family == IpFamily::Name) {
                 return absent();
             }
             return text(c.local.address.family == IpFamily::V4 ? "ipv4" : "ipv6");
         }},
        {"local_address",
         [](const Field&, const C& c, const Context& context, Scratch& scratch) {
             return address(c.local.address, context, scratch);
         }},
        {"local_port", [](const Field&, const C& c, const Context&,
                          Scratch&) { return number_unless_zero(c.local.port); }},
        {"remote_address",
         [](const Field&, const C& c, const Context& context, Scratch& scratch) {
             return c.is_listener() ? absent() : address(c.remote.address, context, scratch);
         }},
        {"remote_port", [](const Field&, const C& c, const Context&,
                           Scratch&) { return number_unless_zero(c.remote.port); }},
        {"age_at_least_ms",
         [](const Field&, const C& c, const Context&, Scratch&) { return age_bound(c.age.lower); }},
        {"age_at_most_ms",
         [](const Field&, const C& c, const Context&, Scratch&) {
             return c.age.known() ? age_bound(c.age.upper) : absent();
         }},
        {"age_method",
         [](const Field&, const C& c, const Context&, Scratch&) {
             return c.age.known() ? text(name_of(c.age.method)) : absent();
         }},
        {"opener", [](const Field&, const C& c, const Context&,
                      Scratch&) { return text(name_of(c.opener)); }},
        {"opener_basis",
         [](const Field&, const C& c, const Context&, Scratch&) {
             return c.opener == Opener::Unknown ? absent() : text(name_of(c.opener_basis));
         }},
        {"owner", [](const Field&, const C& c, const Context&,
                     Scratch&) { return text(name_of(c.owner.kind)); }},
        {"pid",
         [](const Field&, const C& c, const Context& context, Scratch&) {
             const Process* process = holder(c, context);
             return process == nullptr ? absent() : number(static_cast<unsigned>(process->pid));
         }},
        {"process",
         [](const Field&, const C& c, const Context& context, Scratch&) {
             const Process* process = holder(c, context);
             return process == nullptr ? absent() : text(process->name);
         }},
        {"unit",
         [](const Field&, const C& c, const Context& context, Scratch&) {
             const Process* process = holder(c, context);
             return process == nullptr ? absent() : text(process->unit);
         }},
        {"fd",
         [](const Field&, const C& c, const Context&, Scratch&) {
             return c.owner.kind == OwnerKind::Process && c.owner.descriptor >= 0
                        ? number(static_cast<unsigned>(c.owner.descriptor))
                        : absent();
         }},
        {"more_holders", [](const Field&, const C& c, const Context&,
                            Scratch&) { return number_unless_zero(c.owner.more_holders); }},
        {"user",
         [](const Field&, const C& c, const Context& context, Scratch&) {
             return c.uid && context.user_name ? text(context.user_name(*c.uid)) : absent();
         }},
        {"timer", [](const Field&, const C& c, const Context&,
                     Scratch&) { return c.timer ? text(name_of(c.timer->kind)) : absent(); }},
        {"timer_expires_ms",
         [](const Field&, const C& c, const Context&, Scratch&) {
             return c.timer && c.timer->kind != TimerKind::None ? age_bound(c.timer->expires)
                                                                : absent();
         }},
        {"timer_retransmits",
         [](const Field&, const C& c, const Context&, Scratch&) {
             return c.timer && c.timer->kind != TimerKind::None ? number(c.timer->retransmits)
                                                                : absent();
         }},
        {"congestion",
         [](const Field&, const C& c, const Context&, Scratch&) {
             const auto& name = c.congestion_control;
             return text({name.data(), ::strnlen(name.data(), name.size())});
         }},
        {"interface",
         [](const Field&, const C& c, const Context& context, Scratch&) {
             return c.interface != 0 && context.interface_name
                        ? text(context.interface_name(c.network_namespace, c.interface))
                        : absent();
         }},
        {"interface_index", [](const Field&, const C& c, const Context&,
                               Scratch&) { return number_unless_zero(c.interface); }},
        {"netns",
         [](const Field&, const C& c, const Context& context, Scratch&) {
             const NetworkNamespace* found = context.namespace_of(c);
             return found == nullptr ? absent() : text(found->name);
         }},
        {"netns_inode",
         [](const Field&, const C& c, const Context& context, Scratch&) {
             const NetworkNamespace* found = context.namespace_of(c);
             return found == nullptr ? absent() : number_unless_zero(found->inode);
         }},
        {"cgroup",
         [](const Field&, const C& c, const Context& context, Scratch&) {
             return c.cgroup_id && context.cgroup_path ? text(context.cgroup_path(*c.cgroup_id))
                                                       : absent();
         }},
        {"cgroup_id",
         [](const Field&, const C& c, const Context&, Scratch&) { return number_if(c.cgroup_id); }},
        {"service_port", [](const Field&, const C& c, const Context&,
                            Scratch&) { return number_unless_zero(service_port(c)); }},
        {"loopback",
         [](const Field&, const C& c, const Context&, Scratch&) {
             return boolean(c.local.address.is_loopback() || c.remote.address.is_loopback());
         }},
    };
    for (const NumberField& each : number_fields()) {
        fields.push_back({.key = key_of(each),
                          .value = [](const Field& field, const C& c, const Context&,
                                      Scratch&) { return number_if(field.number->value(c)); },
                          .number = &each});
    }
    return fields;
}

}  // namespace

std::uint16_t service_port(const Connection& connection) {
    switch (connection.opener) {
        case Opener::Active:
            return connection.remote.port;
        case Opener::Unknown:
            // Nothing listens on the local port, so it is more likely a client's than a service's.
            return connection.remote.port == 0 ? connection.local.port : std::uint16_t{0};
        case Opener::Passive:
            break;
    }
    return connection.local.port;
}

std::string key_of(const NumberField& number) {
    std::string key(number.name);
    std::replace(key.begin(), key.end(), '-', '_');
    switch (number.unit) {
        case NumberUnit::Microseconds:
            return key + "_us";
        case NumberUnit::Milliseconds:
            return key + "_ms";
        case NumberUnit::Count:
        case NumberUnit::Bytes:
            break;
    }
    return key;
}

std::span<const Field> all_fields() {
    static const std::vector<Field> fields = make_fields();
    return fields;
}

const Field* find_field(std::string_view key) {
    const auto fields = all_fields();
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const Field& field) { return field.key == key; });
    return found == fields.end() ? nullptr : &*found;
}

char* append_json_member(char* out, const Field& field, const FieldValue& value) {
    if (value.kind == FieldValue::Kind::Absent) {
        return out;
    }
    *out++ = ',';
    *out++ = '"';
    out = std::copy(field.key.begin(), field.key.end(), out);
    *out++ = '"';
    *out++ = ':';
    if (value.kind == FieldValue::Kind::Text) {
        return append_json_string(out, value.text);
    }
    return append_csv_value(out, value);
}

char* append_csv_value(char* out, const FieldValue& value) {
    switch (value.kind) {
        case FieldValue::Kind::Absent:
            return out;
        case FieldValue::Kind::Number:
            return std::to_chars(out, out + 20, value.number).ptr;
        case FieldValue::Kind::Text:
            return append_csv_text(out, value.text);
        case FieldValue::Kind::Boolean: {
            const std::string_view word = value.number != 0 ? "true" : "false";
            std::memcpy(out, word.data(), word.size());
            return out + word.size();
        }
    }
    return out;
}

}  // namespace tcpdx
