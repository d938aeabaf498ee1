#include "diagnosis/limits.h"

#include <array>
#include <charconv>
#include <variant>

namespace tcpdx::diagnosis {
namespace {

using Member = std::variant<Limits::Duration Limits::*, double Limits::*, std::size_t Limits::*>;

struct NamedLimit {
    std::string_view name;
    Member member;
};

const std::array kNamedLimits{
    NamedLimit{"close-wait", &Limits::close_wait},
    NamedLimit{"syn-sent", &Limits::syn_sent},
    NamedLimit{"syn-received", &Limits::syn_received},
    NamedLimit{"closing", &Limits::closing},
    NamedLimit{"fin-wait2-held", &Limits::fin_wait2_held},
    NamedLimit{"never-accepted", &Limits::never_accepted},
    NamedLimit{"unread-data", &Limits::unread_data},
    NamedLimit{"unacknowledged", &Limits::unacknowledged},
    NamedLimit{"idle", &Limits::idle},
    NamedLimit{"ports-used", &Limits::ports_used_percent},
    NamedLimit{"resource-used", &Limits::resource_used_percent},
    NamedLimit{"many-closing", &Limits::many_closing},
    NamedLimit{"many-pooled", &Limits::many_pooled},
    NamedLimit{"many-half-open", &Limits::many_half_open},
    NamedLimit{"many-time-wait", &Limits::many_time_wait},
};

// The number at the front, and what follows it.
template <class Number>
bool split_number(std::string_view text, Number& number, std::string_view& rest) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < Number{}) {
        return false;
    }
    rest = text.substr(static_cast<std::size_t>(end - text.data()));
    return true;
}

bool assign(Limits::Duration& duration, std::string_view text) {
    struct Unit {
        std::string_view name;
        double milliseconds;
    };
    static constexpr Unit kUnits[] = {{"", 1e3},   {"ms", 1},   {"s", 1e3},
                                      {"m", 60e3}, {"h", 36e5}, {"d", 864e5}};
    double number = 0;
    std::string_view rest;
    if (!split_number(text, number, rest)) {
        return false;
    }
    for (const Unit& unit : kUnits) {
        const double milliseconds = number * unit.milliseconds;
        if (unit.name == rest && milliseconds < 1e15) {
            duration = Limits::Duration(static_cast<Limits::Duration::rep>(milliseconds));
            return true;
        }
    }
    return false;
}

bool assign(double& percent, std::string_view text) {
    double number = 0;
    std::string_view rest;
    if (!split_number(text, number, rest) || (!rest.empty() && rest != "%") || number > 100) {
        return false;
    }
    percent = number;
    return true;
}

bool assign(std::size_t& count, std::string_view text) {
    std::string_view rest;
    std::size_t number = 0;
    if (!split_number(text, number, rest) || !rest.empty()) {
        return false;
    }
    count = number;
    return true;
}

std::string text_of(Limits::Duration duration) {
    return duration.count() % 1000 == 0 ? std::to_string(duration.count() / 1000) + "s"
                                        : std::to_string(duration.count()) + "ms";
}

std::string text_of(double percent) {
    return std::to_string(static_cast<int>(percent)) + "%";
}

std::string text_of(std::size_t count) {
    return std::to_string(count);
}

}  // namespace

Result<> set_limit(Limits& limits, std::string_view assignment) {
    const std::size_t equals = assignment.find('=');
    const std::string_view name = assignment.substr(0, equals);
    for (const NamedLimit& limit : kNamedLimits) {
        if (limit.name != name) {
            continue;
        }
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view{} : assignment.substr(equals + 1);
        const bool fits =
            std::visit([&](auto member) { return assign(limits.*member, value); }, limit.member);
        return fits ? Result<>{} : failure(ErrorCode::Malformed, assignment);
    }
    return failure(ErrorCode::Usage, name);
}

std::vector<std::string> list_limits(const Limits& limits) {
    std::vector<std::string> lines;
    for (const NamedLimit& limit : kNamedLimits) {
        const std::string value =
            std::visit([&](auto member) { return text_of(limits.*member); }, limit.member);
        lines.push_back(std::string(limit.name) + "=" + value);
    }
    return lines;
}

}  // namespace tcpdx::diagnosis
