#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "model/number_field.h"
#include "model/observations.h"

// A filter as a tree. parse_filter() makes it from text, and the simple options of commands make
// the same tree; matches() asks it about a connection.
namespace tcpdx::filter {

enum class Side : std::uint8_t { Local, Remote };
enum class Comparison : std::uint8_t {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual
};

struct Expression;

struct All {  // with no parts: everything
    std::vector<Expression> of;
};
struct Any {
    std::vector<Expression> of;
};
struct Not {  // exactly one part
    std::vector<Expression> of;
};

struct StateIs {
    StateSet states;
};
// A socket without a port on that side (a listener's remote end) has no port that could be equal,
// smaller or larger; only "!=" holds.
struct PortIs {
    Side side = Side::Local;
    Comparison comparison = Comparison::Equal;
    std::uint16_t port = 0;
};
struct AddressIs {
    Side side = Side::Local;
    IpPrefix prefix;
};
struct FamilyIs {
    IpFamily family = IpFamily::V4;
};
struct NumberIs {
    const NumberField* field = nullptr;
    Comparison comparison = Comparison::Equal;
    std::uint64_t value = 0;
};
// True only when certain: bounds of an estimated age have to lie on the right side altogether.
struct AgeIs {
    Comparison comparison = Comparison::Greater;
    Age::Duration value{0};
};
// These three also hold for what the process does not have yet but should accept: connections in
// its listener's queue and half-open ones.
struct PidIs {
    int pid = 0;
};
struct ProcessIs {
    std::string name;  // may have * and ?
};
struct UnitIs {
    std::string name;  // may have * and ?
};
enum class OwnerQuestion : std::uint8_t { Process, Kernel, NeverAccepted, None, Unknown };
struct OwnerIs {
    OwnerQuestion question = OwnerQuestion::None;
};
struct OpenerIs {
    Opener opener = Opener::Active;
};
struct NamespaceIs {
    std::string name;  // or its inode number
};
struct InterfaceIs {
    std::uint32_t index = 0;
};
struct MarkIs {
    std::uint32_t value = 0;
    std::uint32_t mask = UINT32_MAX;
};
struct CgroupIs {
    std::uint64_t id = 0;
};
struct IsLoopback {};

struct Expression {
    std::variant<All, Any, Not, StateIs, PortIs, AddressIs, FamilyIs, NumberIs, AgeIs, PidIs,
                 ProcessIs, UnitIs, OwnerIs, OpenerIs, NamespaceIs, InterfaceIs, MarkIs, CgroupIs,
                 IsLoopback>
        is;
};

// What a connection's indexes refer to. Views: the owner outlives the use.
struct Context {
    std::span<const Process> processes;
    std::span<const NetworkNamespace> namespaces;
};

enum class Truth : std::uint8_t { False, Unknown, True };

// Kleene's logic: what is not known stays unknown through `not`, so neither "age > 5m" nor
// "not age > 5m" holds for a connection of unknown age.
[[nodiscard]] Truth evaluate(const Expression& expression, const Connection& connection,
                             const Context& context);

// Shown are the connections for which the filter surely holds.
[[nodiscard]] inline bool matches(const Expression& expression, const Connection& connection,
                                  const Context& context) {
    return evaluate(expression, connection, context) == Truth::True;
}

// Calls `on_condition` with every condition, but not with All, Any and Not. Tells what has to be
// found out about connections before the filter can be asked.
void for_each_condition(const Expression& expression,
                        const std::function<void(const Expression&)>& on_condition);

}  // namespace tcpdx::filter
