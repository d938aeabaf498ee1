#include "model/filter/expression.h"

#include <fnmatch.h>

#include <algorithm>

namespace tcpdx::filter {
namespace {

// The kernel keeps 15 bytes of a program's name.
constexpr std::size_t kProcessNameBytes = 15;

Truth truth(bool value) {
    return value ? Truth::True : Truth::False;
}

Truth inverse(Truth value) {
    switch (value) {
        case Truth::False:
            return Truth::True;
        case Truth::Unknown:
            return Truth::Unknown;
        case Truth::True:
            return Truth::False;
    }
    return Truth::Unknown;
}

template <class T>
bool compare(T left, Comparison comparison, T right) {
    switch (comparison) {
        case Comparison::Equal:
            return left == right;
        case Comparison::NotEqual:
            return left != right;
        case Comparison::Less:
            return left < right;
        case Comparison::LessOrEqual:
            return left <= right;
        case Comparison::Greater:
            return left > right;
        case Comparison::GreaterOrEqual:
            return left >= right;
    }
    return false;
}

bool fits_pattern(const std::string& pattern, const std::string& name) {
    return pattern == name || ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

bool fits_process_name(const std::string& pattern, const std::string& name) {
    return fits_pattern(pattern, name) ||
           (name.size() == kProcessNameBytes && pattern.starts_with(name));
}

// Holds for every age between the bounds, for none, or for some.
Truth compare_age(const Age& age, Comparison comparison, Age::Duration limit) {
    if (!age.lower) {
        return Truth::Unknown;
    }
    const bool lower = compare(*age.lower, comparison, limit);
    if (age.is_exact()) {
        return truth(lower);
    }
    // Above the lower bound anything is possible when there is no upper one.
    const bool below_all = limit < *age.lower;
    const bool above_all = age.upper && limit > *age.upper;
    switch (comparison) {
        case Comparison::Equal:
        case Comparison::NotEqual:
            return below_all || above_all ? truth(lower) : Truth::Unknown;
        case Comparison::Greater:
        case Comparison::GreaterOrEqual:
            if (lower) {
                return Truth::True;
            }
            return age.upper && !compare(*age.upper, comparison, limit) ? Truth::False
                                                                        : Truth::Unknown;
        case Comparison::Less:
        case Comparison::LessOrEqual:
            if (!lower) {
                return Truth::False;
            }
            return age.upper && compare(*age.upper, comparison, limit) ? Truth::True
                                                                       : Truth::Unknown;
    }
    return Truth::Unknown;
}

class Evaluator {
public:
    Evaluator(const Connection& connection, const Context& context)
        : connection_(connection), context_(context) {}

    Truth operator()(const All& all) const {
        Truth result = Truth::True;
        for (const Expression& part : all.of) {
            result = std::min(result, std::visit(*this, part.is));
            if (result == Truth::False) {
                break;
            }
        }
        return result;
    }
    Truth operator()(const Any& any) const {
        Truth result = Truth::False;
        for (const Expression& part : any.of) {
            result = std::max(result, std::visit(*this, part.is));
            if (result == Truth::True) {
                break;
            }
        }
        return result;
    }
    Truth operator()(const Not& negation) const {
        return inverse(std::visit(*this, negation.of.front().is));
    }
    Truth operator()(const StateIs& term) const {
        return truth(term.states.contains(connection_.state));
    }
    Truth operator()(const PortIs& term) const {
        const std::uint16_t port = end(term.side).port;
        if (port == 0) {
            return truth(term.comparison == Comparison::NotEqual ||
                         (term.comparison == Comparison::Equal && term.port == 0));
        }
        return truth(compare(port, term.comparison, term.port));
    }
    Truth operator()(const AddressIs& term) const {
        const IpAddress& address = end(term.side).address;
        // ::/0 means "IPv6"; only as bytes would it contain the IPv4 addresses too.
        if (term.prefix.address.family == IpFamily::V6 && address.family == IpFamily::V4 &&
            !term.prefix.address.is_v4_mapped()) {
            return Truth::False;
        }
        return truth(term.prefix.contains(address));
    }
    Truth operator()(const FamilyIs& term) const {
        return truth(connection_.local.address.family == term.family);
    }
    Truth operator()(const NumberIs& term) const {
        const auto value = term.field->value(connection_);
        return value ? truth(compare(*value, term.comparison, term.value)) : Truth::Unknown;
    }
    Truth operator()(const AgeIs& term) const {
        return compare_age(connection_.age, term.comparison, term.value);
    }
    Truth operator()(const PidIs& term) const {
        return about_process([&](const Process& process) { return process.pid == term.pid; });
    }
    Truth operator()(const ProcessIs& term) const {
        return about_process(
            [&](const Process& process) { return fits_process_name(term.name, process.name); });
    }
    Truth operator()(const UnitIs& term) const {
        return about_process(
            [&](const Process& process) { return fits_pattern(term.name, process.unit); });
    }
    Truth operator()(const OwnerIs& term) const {
        const OwnerKind kind = connection_.owner.kind;
        if (term.question == OwnerQuestion::Unknown) {
            return truth(kind == OwnerKind::Unknown);
        }
        if (kind == OwnerKind::Unknown) {
            return Truth::Unknown;
        }
        switch (term.question) {
            case OwnerQuestion::Process:
                return truth(kind == OwnerKind::Process);
            case OwnerQuestion::Kernel:
                return truth(kind == OwnerKind::Kernel);
            case OwnerQuestion::NeverAccepted:
                return truth(kind == OwnerKind::NeverAccepted);
            case OwnerQuestion::None:
                return truth(kind != OwnerKind::Process);
            case OwnerQuestion::Unknown:
                break;
        }
        return Truth::Unknown;
    }
    Truth operator()(const OpenerIs& term) const {
        if (connection_.is_listener()) {
            return Truth::False;  // opens nothing itself
        }
        return connection_.opener == Opener::Unknown ? Truth::Unknown
                                                     : truth(connection_.opener == term.opener);
    }
    Truth operator()(const NamespaceIs& term) const {
        if (connection_.network_namespace >= context_.namespaces.size()) {
            return Truth::Unknown;
        }
        const NetworkNamespace& each = context_.namespaces[connection_.network_namespace];
        return truth(each.name == term.name || std::to_string(each.inode) == term.name);
    }
    Truth operator()(const InterfaceIs& term) const {
        return truth(connection_.interface == term.index);
    }
    Truth operator()(const MarkIs& term) const {
        return connection_.mark ? truth((*connection_.mark & term.mask) == term.value)
                                : Truth::Unknown;
    }
    Truth operator()(const CgroupIs& term) const {
        return connection_.cgroup_id ? truth(*connection_.cgroup_id == term.id) : Truth::Unknown;
    }
    Truth operator()(const IsLoopback& /*term*/) const {
        return truth(connection_.local.address.is_loopback() ||
                     connection_.remote.address.is_loopback());
    }

private:
    [[nodiscard]] const SocketAddress& end(Side side) const {
        return side == Side::Local ? connection_.local : connection_.remote;
    }

    template <class Question>
    [[nodiscard]] Truth about_process(const Question& question) const {
        const Owner& owner = connection_.owner;
        if (owner.process < context_.processes.size()) {
            if (question(context_.processes[owner.process])) {
                return Truth::True;
            }
            // Only the first holder is named; the others may be the one.
            return owner.more_holders > 0 ? Truth::Unknown : Truth::False;
        }
        return owner.kind == OwnerKind::Kernel ? Truth::False : Truth::Unknown;
    }

    const Connection& connection_;
    const Context& context_;
};

}  // namespace

Truth evaluate(const Expression& expression, const Connection& connection, const Context& context) {
    return std::visit(Evaluator(connection, context), expression.is);
}

// As deep as the parser lets a filter be. NOLINTNEXTLINE(misc-no-recursion)
void for_each_condition(const Expression& expression,
                        const std::function<void(const Expression&)>& on_condition) {
    const std::vector<Expression>* parts = nullptr;
    if (const auto* all = std::get_if<All>(&expression.is)) {
        parts = &all->of;
    } else if (const auto* any = std::get_if<Any>(&expression.is)) {
        parts = &any->of;
    } else if (const auto* negation = std::get_if<Not>(&expression.is)) {
        parts = &negation->of;
    } else {
        on_condition(expression);
        return;
    }
    for (const Expression& part : *parts) {
        for_each_condition(part, on_condition);
    }
}

}  // namespace tcpdx::filter
