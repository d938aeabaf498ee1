#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model/number_field.h"
#include "presentation/list/list_context.h"

namespace tcpdx {

struct FieldValue {
    enum class Kind : std::uint8_t { Absent, Number, Text, Boolean } kind = Kind::Absent;
    std::uint64_t number = 0;
    std::string_view text;  // valid as long as the connection and the scratch are
};

// Room for texts that exist nowhere, such as addresses.
struct Scratch {
    char bytes[64] = {};
};

// One fact of a connection for programs: a key of JSON objects and CSV headers, described in
// docs/json.md. What is not known is absent, never zero.
struct Field {
    std::string key;
    FieldValue (*value)(const Field&, const Connection&, const ListContext&, Scratch&) = nullptr;
    const NumberField* number = nullptr;

    [[nodiscard]] FieldValue of(const Connection& connection, const ListContext& context,
                                Scratch& scratch) const {
        return value(*this, connection, context, scratch);
    }
};

// In the order of output.
[[nodiscard]] std::span<const Field> all_fields();
// Null when there is none of this key.
[[nodiscard]] const Field* find_field(std::string_view key);
// "recv-q" is the column, "recv_q" the key; times carry their unit: "rtt_us".
[[nodiscard]] std::string key_of(const NumberField& number);

// `,"key":value` or, for an absent one, nothing.
char* append_json_member(char* out, const Field& field, const FieldValue& value);
// Nothing for an absent one.
char* append_csv_value(char* out, const FieldValue& value);

[[nodiscard]] std::string_view name_of(AgeMethod method);
[[nodiscard]] std::string_view name_of(OpenerBasis basis);
[[nodiscard]] std::string_view name_of(TimerKind kind);
[[nodiscard]] std::string_view name_of(SocketKind kind);
[[nodiscard]] std::string_view name_of(OwnerKind kind);
[[nodiscard]] std::string_view name_of(Opener opener);

// The port of the service, at whichever end it is: the remote one where this end connected. 0 when
// it is not known which end did.
[[nodiscard]] std::uint16_t service_port(const Connection& connection);

}  // namespace tcpdx
