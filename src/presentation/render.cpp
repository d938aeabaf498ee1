#include "presentation/render.h"

#include <fmt/args.h>
#include <fmt/format.h>

#include <array>

#include "base/i18n.h"
#include "presentation/i18n.h"

namespace tcpdx {
namespace {

// Translated text, fields filled in. A translation with a field that does not exist would throw;
// tools/translations.py keeps such a one out of the catalogue.
template <class... Values>
std::string fill(const char* text, const Values&... values) {
    return fmt::format(fmt::runtime(_(text)), values...);
}

}  // namespace

std::string render(std::chrono::milliseconds duration) {
    using std::chrono::duration_cast;
    if (duration < std::chrono::seconds(1)) {
        return fill(N_("{0} ms"), duration.count());
    }
    const auto seconds = duration_cast<std::chrono::seconds>(duration).count();
    const auto minutes = seconds / 60;
    const auto hours = minutes / 60;
    if (seconds < 10) {
        return fill(N_("{0}.{1} s"), seconds, duration.count() % 1000 / 100);
    }
    if (seconds < 120) {
        return fill(N_("{0} s"), seconds);
    }
    if (hours < 1) {
        return fill(N_("{0} m {1} s"), minutes, seconds % 60);
    }
    if (hours < 48) {
        return fill(N_("{0} h {1} m"), hours, minutes % 60);
    }
    return fill(N_("{0} d {1} h"), hours / 24, hours % 24);
}

std::string render(const Age& age) {
    if (!age.lower) {
        return "-";
    }
    const std::string lower = render(*age.lower);
    if (age.is_exact()) {
        return lower;
    }
    if (age.upper) {
        // The bounds are usually a fraction of a second apart; only where they are not does a
        // reader need both.
        const std::string upper = render(*age.upper);
        if (*age.upper - *age.lower > std::chrono::seconds(2) && lower != upper) {
            return fmt::format("{} .. {}", lower, upper);
        }
        return (can_show_unicode() ? "≈ " : "~ ") + lower;
    }
    return (can_show_unicode() ? "≥ " : ">= ") + lower;
}

std::string render(Bytes bytes) {
    if (bytes.count < 1024) {
        return fmt::format("{} B", bytes.count);
    }
    static constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB"};
    double amount = static_cast<double>(bytes.count) / 1024;
    std::size_t unit = 0;
    while (amount >= 1024 && unit + 1 < kUnits.size()) {
        amount /= 1024;
        ++unit;
    }
    return fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

std::string render(const Value& value) {
    struct Visitor {
        std::string operator()(std::int64_t number) const { return std::to_string(number); }
        std::string operator()(const std::string& text) const { return text; }
        std::string operator()(std::chrono::milliseconds duration) const {
            return render(duration);
        }
        std::string operator()(Bytes bytes) const { return render(bytes); }
        std::string operator()(Percent percent) const {
            return fmt::format("{:.0f}%", percent.value);
        }
        std::string operator()(Port port) const { return std::to_string(port.number); }
        std::string operator()(PortName port) const {
            return port.number == 0 ? std::string(_("a program that is not shown"))
                                    : fill(N_("port {0}"), port.number);
        }
        std::string operator()(const ProgramOnPort& listener) const {
            return listener.program.empty()
                       ? (*this)(PortName{listener.number})
                       : fill(N_("{0} on port {1}"), listener.program, listener.number);
        }
        std::string operator()(TcpState state) const { return std::string(rfc_name(state)); }
        std::string operator()(const IpAddress& address) const { return to_string(address); }
        std::string operator()(const SocketAddress& address) const { return to_string(address); }
    };
    return std::visit(Visitor{}, value);
}

std::string render(const Message& message) {
    if (message.empty()) {
        return {};
    }
    fmt::dynamic_format_arg_store<fmt::format_context> arguments;
    for (const Value& value : message.values) {
        arguments.push_back(render(value));
    }
    const char* text = _(message.text);
    if (message.plural != nullptr && !message.values.empty()) {
        const auto* count = std::get_if<std::int64_t>(&message.values.front());
        const auto number = static_cast<unsigned long>(count == nullptr ? 1 : *count);
        text = translated(message.text, message.plural, number);
    }
    return fmt::vformat(text, arguments);
}

std::string_view render(Origin origin) {
    switch (origin) {
        case Origin::SocketTable:
            return _("socket table");
        case Origin::Counter:
            return _("kernel counter");
        case Origin::KernelOption:
            return _("kernel option");
        case Origin::Process:
            return _("process");
        case Origin::Packet:
            return _("packet");
        case Origin::TraceEvent:
            return _("trace event");
        case Origin::PastedText:
            return _("pasted text");
        case Origin::Limit:
            return _("limit");
        case Origin::Probe:
            return _("probe");
    }
    return "?";
}

}  // namespace tcpdx
