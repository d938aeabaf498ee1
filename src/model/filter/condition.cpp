#include "model/filter/condition.h"

#include <algorithm>

namespace tcpdx::filter {
namespace {

std::optional<Comparison> comparison_of(std::string_view text) {
    struct Spelling {
        std::string_view text;
        Comparison comparison;
    };
    static constexpr Spelling kSpellings[] = {
        {"=", Comparison::Equal},
        {"==", Comparison::Equal},
        {"eq", Comparison::Equal},
        {"!=", Comparison::NotEqual},
        {"ne", Comparison::NotEqual},
        {"neq", Comparison::NotEqual},
        {"<", Comparison::Less},
        {"lt", Comparison::Less},
        {"<=", Comparison::LessOrEqual},
        {"le", Comparison::LessOrEqual},
        {"leq", Comparison::LessOrEqual},
        {">", Comparison::Greater},
        {"gt", Comparison::Greater},
        {">=", Comparison::GreaterOrEqual},
        {"ge", Comparison::GreaterOrEqual},
        {"geq", Comparison::GreaterOrEqual},
    };
    for (const Spelling& spelling : kSpellings) {
        if (spelling.text == text) {
            return spelling.comparison;
        }
    }
    return std::nullopt;
}

Expression port_in(Side side, PortRange range) {
    if (range.first == range.last) {
        return term(PortIs{.side = side, .comparison = Comparison::Equal, .port = range.first});
    }
    if (range == PortRange{}) {
        return term(All{});
    }
    All both;
    both.of.push_back(
        term(PortIs{.side = side, .comparison = Comparison::GreaterOrEqual, .port = range.first}));
    both.of.push_back(
        term(PortIs{.side = side, .comparison = Comparison::LessOrEqual, .port = range.last}));
    return term(std::move(both));
}

Expression host_at(Side side, const Host& host) {
    std::vector<Expression> parts;
    if (host.family) {
        parts.push_back(term(FamilyIs{*host.family}));
    }
    if (host.prefix) {
        parts.push_back(term(AddressIs{.side = side, .prefix = *host.prefix}));
    }
    if (host.ports) {
        parts.push_back(port_in(side, *host.ports));
    }
    return grouped<All>(std::move(parts));
}

enum class Sides : std::uint8_t { Local, Remote, Either };

// Applies `make` to the side, or to both of them.
template <class Make>
Expression at_sides(Sides sides, const Make& make) {
    switch (sides) {
        case Sides::Local:
            return make(Side::Local);
        case Sides::Remote:
            return make(Side::Remote);
        case Sides::Either:
            break;
    }
    return either(make(Side::Local), make(Side::Remote));
}

class ConditionReader {
public:
    ConditionReader(TokenStream& tokens, const Names& names) : tokens_(tokens), names_(names) {}

    Parsed condition() {
        if (!tokens_.at(TokenKind::Word)) {
            return tokens_.out_of_place();
        }
        if (!tokens_.now().quoted) {
            if (const Condition* known = condition_named(tokens_.now())) {
                tokens_.take();
                return (this->*known->read)();
            }
            if (const NumberField* field = find_number_field(tokens_.now().text)) {
                tokens_.take();
                return number(*field);
            }
            if (const auto states = parse_states(tokens_.now().text)) {
                tokens_.take();
                return term(StateIs{*states});
            }
        }
        return TokenStream::wrong(N_("unknown word '{0}' at column {1}"), tokens_.now());
    }

    Parsed option_value(Option option) {
        switch (option) {
            case Option::State:
                return state();
            case Option::Port:
                return any_port();
            case Option::LocalPort:
                return local_port();
            case Option::RemotePort:
                return remote_port();
            case Option::Address:
                return any_address();
            case Option::LocalAddress:
                return local_address();
            case Option::RemoteAddress:
                return remote_address();
            case Option::Process:
                return process();
            case Option::Pid:
                return pid();
            case Option::User:
                return user();
            case Option::OlderThan:
                return age_value(Comparison::Greater);
            case Option::Namespace:
                return network_namespace();
        }
        return tokens_.out_of_place();
    }

private:
    using Read = Parsed (ConditionReader::*)();
    struct Condition {
        std::string_view word;
        Read read;
    };
    static const Condition kConditions[];

    [[nodiscard]] static const Condition* condition_named(const Token& token);
    [[nodiscard]] static bool starts_condition(const Token& token) {
        return token.kind == TokenKind::Word && !token.quoted &&
               (condition_named(token) != nullptr || find_number_field(token.text) != nullptr ||
                parse_states(token.text));
    }

    // --- pieces of conditions

    std::optional<Comparison> take_comparison() {
        const bool may_be = tokens_.at(TokenKind::Comparison) ||
                            (tokens_.at(TokenKind::Word) && !tokens_.now().quoted);
        const auto comparison = may_be ? comparison_of(tokens_.now().text) : std::nullopt;
        if (comparison) {
            tokens_.take();
        }
        return comparison;
    }

    Result<Comparison, FilterError> needed_comparison() {
        if (const auto comparison = take_comparison()) {
            return *comparison;
        }
        if (tokens_.at(TokenKind::End)) {
            return tokens_.out_of_place();
        }
        return TokenStream::wrong(
            N_("a comparison such as '>' or '<=' is missing before '{0}' at column {1}"),
            tokens_.now());
    }

    // Values after an optional "=" or "!=", joined by commas. A comma also means "and": it is one
    // when a condition starts behind it.
    template <class ReadValue>
    Parsed values(const ReadValue& read) {
        const Token comparison_token = tokens_.now();
        const Comparison comparison = take_comparison().value_or(Comparison::Equal);
        if (comparison != Comparison::Equal && comparison != Comparison::NotEqual) {
            return TokenStream::wrong(
                N_("'{0}' at column {1} does not fit: only '=' and '!=' do here"),
                comparison_token);
        }
        Expression list = TRY(value_list(read));
        return comparison == Comparison::NotEqual ? negated(std::move(list)) : std::move(list);
    }

    template <class ReadValue>
    Parsed value_list(const ReadValue& read) {
        std::vector<Expression> alternatives;
        for (;;) {
            if (!tokens_.at(TokenKind::Word)) {
                return tokens_.out_of_place();
            }
            alternatives.push_back(TRY(read(tokens_.take())));
            if (!tokens_.at(TokenKind::Comma) || tokens_.next().kind != TokenKind::Word ||
                starts_condition(tokens_.next())) {
                return grouped<Any>(std::move(alternatives));
            }
            tokens_.take();
        }
    }

    // --- conditions

    Result<StateSet, FilterError> state_list() {
        StateSet states;
        for (;;) {
            if (!tokens_.at(TokenKind::Word)) {
                return tokens_.out_of_place();
            }
            const auto read = parse_states(tokens_.now().text);
            if (!read) {
                return TokenStream::wrong(N_("unknown state '{0}' at column {1}"), tokens_.now());
            }
            tokens_.take();
            states = united(states, *read);
            if (!tokens_.at(TokenKind::Comma) || tokens_.next().kind != TokenKind::Word ||
                (starts_condition(tokens_.next()) && !parse_states(tokens_.next().text))) {
                return states;
            }
            tokens_.take();
        }
    }

    static StateSet united(StateSet a, StateSet b) {
        for (const TcpState state : kAllTcpStates) {
            if (b.contains(state)) {
                a.add(state);
            }
        }
        return a;
    }

    static StateSet difference(StateSet a, StateSet b) {
        for (const TcpState state : kAllTcpStates) {
            if (b.contains(state)) {
                a.remove(state);
            }
        }
        return a;
    }

    // As with ss(8), "state" adds to the "state" before it and "exclude" takes away from it:
    // "state time-wait state close-wait" is both, not none.
    Parsed states_from(StateSet states) {
        for (;;) {
            if (!tokens_.at(TokenKind::Word) || tokens_.now().quoted) {
                return term(StateIs{states});
            }
            if (tokens_.now().text == "state") {
                tokens_.take();
                states = united(states, TRY(state_list()));
            } else if (tokens_.now().text == "exclude" || tokens_.now().text == "excl") {
                tokens_.take();
                states = difference(states, TRY(state_list()));
            } else {
                return term(StateIs{states});
            }
        }
    }
    Parsed state() {
        const Comparison comparison = take_comparison().value_or(Comparison::Equal);
        const StateSet states = TRY(state_list());
        if (comparison == Comparison::NotEqual) {
            return states_from(difference(StateSet::all(), states));
        }
        return states_from(states);
    }
    Parsed exclude() { return states_from(difference(StateSet::all(), TRY(state_list()))); }

    Parsed port(Sides sides) {
        const Token first = tokens_.now();
        const Comparison comparison = take_comparison().value_or(Comparison::Equal);
        const bool ordered = comparison != Comparison::Equal && comparison != Comparison::NotEqual;
        if (!ordered) {
            const auto read = [&](const Token& token) -> Parsed {
                const PortRange range = TRY(port_value(token));
                return at_sides(sides, [&](Side side) { return port_in(side, range); });
            };
            Expression ports = TRY(value_list(read));
            return comparison == Comparison::NotEqual ? negated(std::move(ports))
                                                      : std::move(ports);
        }
        if (!tokens_.at(TokenKind::Word)) {
            return tokens_.out_of_place();
        }
        const PortRange range = TRY(port_value(tokens_.take()));
        if (range.first != range.last) {
            return TokenStream::wrong(
                N_("'{0}' at column {1} does not fit: only '=' and '!=' do here"), first);
        }
        return at_sides(sides, [&](Side side) {
            return term(PortIs{.side = side, .comparison = comparison, .port = range.first});
        });
    }
    Result<PortRange, FilterError> port_value(const Token& token) {
        if (const auto range = parse_port(token.text, names_)) {
            return *range;
        }
        return TokenStream::wrong(
            N_("impossible port '{0}' at column {1}: a port is a number from 0 to 65535 or "
               "the name of a service"),
            token);
    }
    Parsed local_port() { return port(Sides::Local); }
    Parsed remote_port() { return port(Sides::Remote); }
    Parsed any_port() { return port(Sides::Either); }

    Parsed address(Sides sides) {
        return values([&](const Token& token) -> Parsed {
            const auto host = parse_host(token.text, names_);
            if (!host) {
                return TokenStream::wrong(
                    N_("'{0}' at column {1} is not an address, a prefix or a port after "
                       "':'"),
                    token);
            }
            return at_sides(sides, [&](Side side) { return host_at(side, *host); });
        });
    }
    Parsed local_address() { return address(Sides::Local); }
    Parsed remote_address() { return address(Sides::Remote); }
    Parsed any_address() { return address(Sides::Either); }

    Parsed number(const NumberField& field) {
        const Comparison comparison = TRY(needed_comparison());
        if (!tokens_.at(TokenKind::Word)) {
            return tokens_.out_of_place();
        }
        const Token& token = tokens_.take();
        std::optional<std::uint64_t> value;
        switch (field.unit) {
            case NumberUnit::Count:
                value = parse_number(token.text);
                break;
            case NumberUnit::Bytes:
                value = parse_size(token.text);
                break;
            case NumberUnit::Microseconds:
            case NumberUnit::Milliseconds: {
                const auto time = TRY(duration_value(token));
                const auto count = static_cast<std::uint64_t>(time.count());
                value = field.unit == NumberUnit::Microseconds ? count : count / 1000;
                break;
            }
        }
        if (!value) {
            return not_a_number(token);
        }
        return term(NumberIs{.field = &field, .comparison = comparison, .value = *value});
    }
    static tl::unexpected<FilterError> not_a_number(const Token& token) {
        return TokenStream::wrong(N_("'{0}' at column {1} is not a number"), token);
    }
    static Result<std::chrono::microseconds, FilterError> duration_value(const Token& token) {
        if (const auto time = parse_duration(token.text)) {
            return *time;
        }
        return TokenStream::wrong(
            N_("'{0}' at column {1} is not a time: write a number and a unit, such as "
               "250ms, 30s, 5m, 2h or 1d"),
            token);
    }

    Parsed age() {
        const Comparison comparison = TRY(needed_comparison());
        return age_value(comparison);
    }
    Parsed age_value(Comparison comparison) {
        if (!tokens_.at(TokenKind::Word)) {
            return tokens_.out_of_place();
        }
        const auto time = TRY(duration_value(tokens_.take()));
        return term(AgeIs{.comparison = comparison,
                          .value = std::chrono::duration_cast<Age::Duration>(time)});
    }

    Parsed pid() {
        return values([](const Token& token) -> Parsed {
            const auto number = parse_number(token.text);
            if (!number || *number > INT32_MAX) {
                return not_a_number(token);
            }
            return term(PidIs{static_cast<int>(*number)});
        });
    }
    Parsed process() {
        return values(
            [](const Token& token) -> Parsed { return term(ProcessIs{std::string(token.text)}); });
    }
    Parsed unit() {
        return values(
            [](const Token& token) -> Parsed { return term(UnitIs{std::string(token.text)}); });
    }
    Parsed network_namespace() {
        return values([](const Token& token) -> Parsed {
            return term(NamespaceIs{std::string(token.text)});
        });
    }

    // A name that `look_up` knows, or the number itself.
    template <class LookUp>
    static auto named_or_number(const LookUp& look_up, std::string_view text)
        -> std::optional<std::uint64_t> {
        if (look_up) {
            if (const auto known = look_up(text)) {
                return *known;
            }
        }
        return parse_number(text);
    }

    Parsed user() {
        return values([this](const Token& token) -> Parsed {
            const auto uid = named_or_number(names_.user, token.text);
            if (!uid) {
                return TokenStream::wrong(N_("unknown user '{0}' at column {1}"), token);
            }
            return term(NumberIs{
                .field = find_number_field("uid"), .comparison = Comparison::Equal, .value = *uid});
        });
    }
    Parsed interface() {
        return values([this](const Token& token) -> Parsed {
            const auto index = named_or_number(names_.interface, token.text);
            if (!index || *index > UINT32_MAX) {
                return TokenStream::wrong(N_("unknown network interface '{0}' at column {1}"),
                                          token);
            }
            return term(InterfaceIs{static_cast<std::uint32_t>(*index)});
        });
    }
    Parsed cgroup() {
        return values([this](const Token& token) -> Parsed {
            const auto id = named_or_number(names_.cgroup, token.text);
            if (!id) {
                return TokenStream::wrong(N_("unknown control group '{0}' at column {1}"), token);
            }
            return term(CgroupIs{*id});
        });
    }
    Parsed mark() {
        return values([](const Token& token) -> Parsed {
            const std::size_t slash = token.text.find('/');
            const auto value = parse_number(token.text.substr(0, slash));
            std::optional<std::uint64_t> mask = UINT32_MAX;
            if (slash != std::string_view::npos) {
                mask = parse_number(token.text.substr(slash + 1));
            }
            if (!value || !mask || *value > UINT32_MAX || *mask > UINT32_MAX) {
                return not_a_number(token);
            }
            return term(MarkIs{.value = static_cast<std::uint32_t>(*value),
                               .mask = static_cast<std::uint32_t>(*mask)});
        });
    }

    Parsed opener() {
        return values([](const Token& token) -> Parsed {
            if (token.text == "active") {
                return term(OpenerIs{Opener::Active});
            }
            if (token.text == "passive") {
                return term(OpenerIs{Opener::Passive});
            }
            return TokenStream::wrong(
                N_("'{0}' at column {1} is not an opener: it is 'active' or 'passive'"), token);
        });
    }
    Parsed owner() {
        return values([](const Token& token) -> Parsed {
            struct Spelling {
                std::string_view text;
                OwnerQuestion question;
            };
            static constexpr Spelling kSpellings[] = {
                {"process", OwnerQuestion::Process},
                {"kernel", OwnerQuestion::Kernel},
                {"never-accepted", OwnerQuestion::NeverAccepted},
                {"none", OwnerQuestion::None},
                {"unknown", OwnerQuestion::Unknown},
            };
            for (const Spelling& spelling : kSpellings) {
                if (same_field_name(spelling.text, token.text)) {
                    return term(OwnerIs{spelling.question});
                }
            }
            return TokenStream::wrong(
                N_("'{0}' at column {1} is not an owner: it is 'process', 'kernel', "
                   "'never-accepted', 'none' or 'unknown'"),
                token);
        });
    }

    Parsed loopback() { return term(IsLoopback{}); }

    // As ss does it: by the range, since no socket remembers who chose its port.
    Parsed automatic_port() {
        const auto range = names_.automatic_ports ? names_.automatic_ports() : std::nullopt;
        if (!range) {
            return TokenStream::wrong(N_("the kernel's range of local ports cannot be read"),
                                      tokens_.now());
        }
        return port_in(Side::Local, *range);
    }
    Parsed ipv4() { return term(FamilyIs{IpFamily::V4}); }
    Parsed ipv6() { return term(FamilyIs{IpFamily::V6}); }

    TokenStream& tokens_;
    const Names& names_;
};

constexpr ConditionReader::Condition ConditionReader::kConditions[] = {
    {"addr", &ConditionReader::any_address},  {"address", &ConditionReader::any_address},
    {"age", &ConditionReader::age},           {"autobound", &ConditionReader::automatic_port},
    {"cgroup", &ConditionReader::cgroup},     {"dev", &ConditionReader::interface},
    {"dport", &ConditionReader::remote_port}, {"dst", &ConditionReader::remote_address},
    {"excl", &ConditionReader::exclude},      {"exclude", &ConditionReader::exclude},
    {"fwmark", &ConditionReader::mark},       {"ipv4", &ConditionReader::ipv4},
    {"ipv6", &ConditionReader::ipv6},         {"loopback", &ConditionReader::loopback},
    {"mark", &ConditionReader::mark},         {"netns", &ConditionReader::network_namespace},
    {"opener", &ConditionReader::opener},     {"owner", &ConditionReader::owner},
    {"pid", &ConditionReader::pid},           {"port", &ConditionReader::any_port},
    {"process", &ConditionReader::process},   {"sport", &ConditionReader::local_port},
    {"src", &ConditionReader::local_address}, {"state", &ConditionReader::state},
    {"unit", &ConditionReader::unit},         {"user", &ConditionReader::user},
};

const ConditionReader::Condition* ConditionReader::condition_named(const Token& token) {
    const auto* const found =
        std::find_if(std::begin(kConditions), std::end(kConditions),
                     [&](const Condition& each) { return each.word == token.text; });
    return found == std::end(kConditions) ? nullptr : found;
}

}  // namespace

Result<Expression, FilterError> read_condition(TokenStream& tokens, const Names& names) {
    return ConditionReader(tokens, names).condition();
}

Result<Expression, FilterError> read_option_value(TokenStream& tokens, const Names& names,
                                                  Option option) {
    return ConditionReader(tokens, names).option_value(option);
}

}  // namespace tcpdx::filter
