// A plugin for Nagios and its kin: https://www.monitoring-plugins.org/doc/guidelines.html. Whatever
// goes wrong is 3 (UNKNOWN), usage errors too, and the one line is on stdout.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>

#include "app/command.h"
#include "app/look.h"
#include "base/i18n.h"
#include "diagnosis/report.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

struct Options {
    std::string state;
    std::string warning;
    std::string critical;
    bool all_namespaces = false;
};

// "10": outside of 0 to 10. "10:": below 10. "~:10": above 10. "10:20": outside. "@10:20": inside.
struct Range {
    double least = 0;
    double most = 0;
    bool no_least = false;
    bool no_most = false;
    bool inside = false;

    [[nodiscard]] bool alerts(double value) const {
        const bool within = (no_least || value >= least) && (no_most || value <= most);
        return within == inside;
    }
};

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                    : std::nullopt;
}

std::optional<Range> parse_range(std::string_view text) {
    Range range;
    if (text.starts_with('@')) {
        range.inside = true;
        text.remove_prefix(1);
    }
    const std::size_t colon = text.find(':');
    const std::string_view least =
        colon == std::string_view::npos ? std::string_view("0") : text.substr(0, colon);
    const std::string_view most = colon == std::string_view::npos ? text : text.substr(colon + 1);
    range.no_least = least == "~";
    range.no_most = most.empty();
    const auto low = range.no_least ? std::optional(0.0) : number(least);
    const auto high = range.no_most ? std::optional(0.0) : number(most);
    if (!low || !high || (range.no_most && colon == std::string_view::npos)) {
        return std::nullopt;
    }
    range.least = *low;
    range.most = *high;
    return range;
}

// One line; what monitoring takes for the beginning of the figures must not be in its text.
int say(int status, std::string text, const std::string& figures) {
    constexpr const char* kWords[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    std::replace(text.begin(), text.end(), '|', '/');
    std::replace(text.begin(), text.end(), '\n', ' ');
    return finish(std::string("TCPDX ") + kWords[status] + " - " + text +
                      (figures.empty() ? "" : " | " + figures) + "\n",
                  status);
}

std::string label_of(TcpState state) {
    std::string name(rfc_name(state));
    std::transform(name.begin(), name.end(), name.begin(), [](char letter) {
        return letter == '-'
                   ? '_'
                   : static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter);
    });
    return name;
}

std::size_t count_of(const std::vector<Observations>& looks, TcpState state) {
    std::size_t count = 0;
    for (const Observations& seen : looks) {
        count += seen.count(state);
    }
    return count;
}

int check_state(const Options& options, TcpState state, const std::vector<Observations>& looks) {
    const auto warning = options.warning.empty() ? std::nullopt : parse_range(options.warning);
    const auto critical = options.critical.empty() ? std::nullopt : parse_range(options.critical);
    const std::size_t count = count_of(looks, state);
    const auto value = static_cast<double>(count);
    const int status = critical && critical->alerts(value) ? 2
                       : warning && warning->alerts(value) ? 1
                                                           : 0;
    return say(status, std::to_string(count) + " " + std::string(rfc_name(state)),
               label_of(state) + "=" + std::to_string(count) + ";" + options.warning + ";" +
                   options.critical + ";0");
}

int check_findings(const std::vector<Observations>& looks) {
    int worst = 0;
    std::size_t wrong = 0;
    std::string text;
    for (const Observations& seen : looks) {
        const auto report =
            diagnosis::make_report({.now = seen, .earlier = nullptr, .asked = {}, .limits = {}});
        for (const diagnosis::Finding& finding : report.findings) {
            if (finding.severity == diagnosis::Severity::Information) {
                continue;
            }
            ++wrong;
            if (static_cast<int>(finding.severity) > worst || text.empty()) {
                worst = static_cast<int>(finding.severity);
                text = render(finding.claim);
            }
        }
    }
    if (wrong > 1) {
        text += " " + render({N_("(and {0} more)"), {static_cast<std::int64_t>(wrong - 1)}});
    }
    std::string figures;
    for (const TcpState state : kAllTcpStates) {
        figures += (figures.empty() ? "" : " ") + label_of(state) + "=" +
                   std::to_string(count_of(looks, state)) + ";;;0";
    }
    return say(worst, text.empty() ? _("nothing wrong found") : text, figures);
}

int run(const Options& options) {
    const auto state = options.state.empty() ? std::nullopt : parse_tcp_state(options.state);
    if (!options.state.empty() && !state) {
        return say(3, render({N_("'{0}' is no state of TCP"), {options.state}}), "");
    }
    for (const std::string* range : {&options.warning, &options.critical}) {
        if (!range->empty() && (!parse_range(*range) || !state)) {
            return say(3,
                       state ? render({N_("'{0}' is no range: 10, 10:20, ~:10, @10:20"), {*range}})
                             : _("-w and -c need a state"),
                       "");
        }
    }
    const auto looks = look_at_host({.all_namespaces = options.all_namespaces});
    if (!looks) {
        return say(3, _(looks.error().doing.c_str()), "");
    }
    return state ? check_state(options, *state, *looks) : check_findings(*looks);
}

}  // namespace

void add_check_command(CLI::App& tcpdx, Run& chosen) {
    CLI::App& command = *tcpdx.add_subcommand(
        "check", _("one line for Nagios and Icinga: the worst finding, or a count with limits"));
    const auto options = std::make_shared<Options>();
    command.add_option("STATE", options->state, _("count this state instead of applying rules"));
    command
        .add_option("-w,--warning", options->warning,
                    _("warn when the count is not in this range: 100, 10:20, @5"))
        ->type_name(_("RANGE"));
    command
        .add_option("-c,--critical", options->critical,
                    _("critical when the count is not in this range"))
        ->type_name(_("RANGE"));
    command.add_flag("--all-netns", options->all_namespaces,
                     _("all network namespaces (containers), not only this one"));
    command.callback([&chosen, options] {
        chosen = [options](const Context& /*context*/) { return run(*options); };
    });
}

}  // namespace tcpdx::app
