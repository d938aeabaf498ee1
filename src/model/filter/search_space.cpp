#include "model/filter/search_space.h"

#include <algorithm>

namespace tcpdx::filter {
namespace {

// Enough for "port 80,443,8080" on either side. More become one box around them all, since a long
// program in the kernel costs for every socket.
constexpr std::size_t kMostAreas = 8;

using Areas = std::vector<SearchArea>;

StateSet combine(StateSet a, StateSet b, bool both) {
    StateSet result;
    for (const TcpState state : kAllTcpStates) {
        const bool in_a = a.contains(state);
        const bool in_b = b.contains(state);
        if (both ? in_a && in_b : in_a || in_b) {
            result.add(state);
        }
    }
    return result;
}

bool is_around(const IpPrefix& outer, const IpPrefix& inner) {
    return outer.bits <= inner.bits && outer.contains(inner.address);
}

// Of two prefixes the narrower one; false when nothing is in both.
bool narrow(std::optional<IpPrefix>& a, const std::optional<IpPrefix>& b) {
    if (!a || !b) {
        a = a ? a : b;
        return true;
    }
    if (is_around(*a, *b)) {
        a = b;
        return true;
    }
    return is_around(*b, *a);
}

std::optional<SearchArea> intersection(SearchArea a, const SearchArea& b) {
    a.states = combine(a.states, b.states, true);
    const auto narrow_ports = [](PortRange& into, const PortRange& other) {
        into = {.first = std::max(into.first, other.first),
                .last = std::min(into.last, other.last)};
        return into.first <= into.last;
    };
    if (a.family && b.family && *a.family != *b.family) {
        return std::nullopt;
    }
    a.family = a.family ? a.family : b.family;
    const bool possible = !a.states.empty() && narrow_ports(a.local_port, b.local_port) &&
                          narrow_ports(a.remote_port, b.remote_port) && narrow(a.local, b.local) &&
                          narrow(a.remote, b.remote);
    return possible ? std::optional(a) : std::nullopt;
}

SearchArea box_around(const Areas& areas) {
    SearchArea box = areas.front();
    for (const SearchArea& each : areas) {
        box.states = combine(box.states, each.states, false);
        box.local_port = {.first = std::min(box.local_port.first, each.local_port.first),
                          .last = std::max(box.local_port.last, each.local_port.last)};
        box.remote_port = {.first = std::min(box.remote_port.first, each.remote_port.first),
                           .last = std::max(box.remote_port.last, each.remote_port.last)};
        box.local = box.local == each.local ? box.local : std::nullopt;
        box.remote = box.remote == each.remote ? box.remote : std::nullopt;
        box.family = box.family == each.family ? box.family : std::nullopt;
    }
    return box;
}

Areas limited(Areas areas) {
    return areas.size() <= kMostAreas ? std::move(areas) : Areas{box_around(areas)};
}

// Finds the areas of an expression, or of its negation: `not` moves inwards (De Morgan) until it
// meets a condition, whose negation may be known or else lies anywhere.
struct Finder {
    bool negate = false;

    static Areas everywhere() { return {SearchArea{}}; }

    [[nodiscard]] Areas of(const Expression& expression) const {
        return std::visit(*this, expression.is);
    }
    [[nodiscard]] Areas in_all(const std::vector<Expression>& parts) const {
        Areas result = everywhere();
        for (const Expression& part : parts) {
            const Areas other = of(part);
            Areas both;
            for (const SearchArea& a : result) {
                for (const SearchArea& b : other) {
                    if (const auto area = intersection(a, b)) {
                        both.push_back(*area);
                    }
                }
            }
            result = limited(std::move(both));
        }
        return result;
    }
    [[nodiscard]] Areas in_any(const std::vector<Expression>& parts) const {
        Areas result;
        for (const Expression& part : parts) {
            const Areas other = of(part);
            result.insert(result.end(), other.begin(), other.end());
        }
        return limited(std::move(result));
    }

    Areas operator()(const All& all) const { return negate ? in_any(all.of) : in_all(all.of); }
    Areas operator()(const Any& any) const { return negate ? in_all(any.of) : in_any(any.of); }
    Areas operator()(const Not& negation) const {
        return Finder{.negate = !negate}.of(negation.of.front());
    }
    Areas operator()(const StateIs& term) const {
        StateSet states = negate ? StateSet::all() : term.states;
        if (negate) {
            for (const TcpState state : kAllTcpStates) {
                if (term.states.contains(state)) {
                    states.remove(state);
                }
            }
        }
        return states.empty() ? Areas{} : Areas{SearchArea{.states = states}};
    }
    Areas operator()(const PortIs& term) const {
        const auto ports = negate ? without(term) : with(term);
        if (!ports) {
            return {};
        }
        SearchArea area;
        (term.side == Side::Local ? area.local_port : area.remote_port) = *ports;
        return {area};
    }
    Areas operator()(const AddressIs& term) const {
        if (negate) {
            return everywhere();
        }
        SearchArea area;
        (term.side == Side::Local ? area.local : area.remote) = term.prefix;
        if (term.prefix.address.family == IpFamily::V6 && !term.prefix.address.is_v4_mapped()) {
            area.family = IpFamily::V6;
        }
        return {area};
    }
    Areas operator()(const FamilyIs& term) const {
        const IpFamily other = term.family == IpFamily::V4 ? IpFamily::V6 : IpFamily::V4;
        return {SearchArea{.family = negate ? other : term.family}};
    }
    template <class Other>
    Areas operator()(const Other& /*term*/) const {
        return everywhere();
    }

private:
    static std::optional<PortRange> from(unsigned first, unsigned last) {
        if (first > last || last > UINT16_MAX) {
            return std::nullopt;
        }
        return PortRange{.first = static_cast<std::uint16_t>(first),
                         .last = static_cast<std::uint16_t>(last)};
    }
    static std::optional<PortRange> with(const PortIs& term) {
        const unsigned port = term.port;
        switch (term.comparison) {
            case Comparison::Equal:
                return from(port, port);
            case Comparison::NotEqual:
                return PortRange{};
            case Comparison::Less:
                return port == 0 ? std::nullopt : from(0, port - 1);
            case Comparison::LessOrEqual:
                return from(0, port);
            case Comparison::Greater:
                return from(port + 1, UINT16_MAX);
            case Comparison::GreaterOrEqual:
                return from(port, UINT16_MAX);
        }
        return PortRange{};
    }
    // A missing port (0) is neither smaller nor larger than any, so it is in every negation.
    static std::optional<PortRange> without(const PortIs& term) {
        const unsigned port = term.port;
        switch (term.comparison) {
            case Comparison::NotEqual:
                return from(port, port);
            case Comparison::Greater:
                return from(0, port);
            case Comparison::GreaterOrEqual:
                return from(0, port == 0 ? 0 : port - 1);
            case Comparison::Equal:
            case Comparison::Less:
            case Comparison::LessOrEqual:
                break;
        }
        return PortRange{};
    }
};

bool is_in(const PortRange& range, std::uint16_t port) {
    return range.first <= port && port <= range.last;
}

}  // namespace

bool SearchArea::contains(const Connection& connection) const {
    return states.contains(connection.state) &&
           (!family || *family == connection.local.address.family) &&
           is_in(local_port, connection.local.port) && is_in(remote_port, connection.remote.port) &&
           (!local || local->contains(connection.local.address)) &&
           (!remote || remote->contains(connection.remote.address));
}

bool SearchSpace::contains(const Connection& connection) const {
    return std::any_of(any_of.begin(), any_of.end(),
                       [&](const SearchArea& area) { return area.contains(connection); });
}

std::optional<SearchArea> SearchSpace::box() const {
    return any_of.empty() ? std::nullopt : std::optional(box_around(any_of));
}

SearchSpace search_space_of(const Expression& filter) {
    return {.any_of = Finder{}.of(filter)};
}

}  // namespace tcpdx::filter
