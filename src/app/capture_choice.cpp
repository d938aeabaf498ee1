#include "app/capture_choice.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/command.h"
#include "app/host_names.h"
#include "base/i18n.h"
#include "model/filter/parser.h"
#include "presentation/capture_words.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "sources/capture/observe.h"

namespace tcpdx::app {
namespace {

struct ConditionOption {
    const char* name;
    filter::Option option;
    const char* help;
};

constexpr std::array kConditions{
    ConditionOption{"--state", filter::Option::State,
                    N_("the last state of either end, in any spelling: tw,close-wait")},
    ConditionOption{"--port", filter::Option::Port, N_("ports, at either end: 443,8000-8100")},
    ConditionOption{"--address", filter::Option::Address,
                    N_("addresses or prefixes, at either end: 10.0.0.0/8")},
};

constexpr std::array kOutcomes{
    CapturedOutcome::Closed,     CapturedOutcome::Closing,  CapturedOutcome::HalfClosed,
    CapturedOutcome::Reset,      CapturedOutcome::Refused,  CapturedOutcome::RefusedIcmp,
    CapturedOutcome::Unanswered, CapturedOutcome::HalfOpen, CapturedOutcome::Aborted,
    CapturedOutcome::Open,       CapturedOutcome::Stray,
};

std::vector<std::string_view> parts(std::string_view text) {
    std::vector<std::string_view> found;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        found.push_back(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return found;
}

bool known_outcome(std::string_view name) {
    return std::any_of(kOutcomes.begin(), kOutcomes.end(),
                       [&](CapturedOutcome outcome) { return outcome_name(outcome) == name; });
}

}  // namespace

void CaptureChoice::add_options(CLI::App& command) {
    for (std::size_t i = 0; i < kConditions.size(); ++i) {
        command.add_option(kConditions.at(i).name, conditions_.at(i), _(kConditions.at(i).help));
    }
    command.add_option("--outcome", outcomes_, _("how they ended: refused,reset,unanswered,…"));
    command.add_option("--filter", text_,
                       _("a filter as of list (docs/filters.md), for either end"));
}

bool CaptureChoice::is_set() const {
    return text_ || outcomes_ ||
           std::any_of(conditions_.begin(), conditions_.end(),
                       [](const auto& condition) { return condition.has_value(); });
}

std::optional<filter::Expression> CaptureChoice::filter() const {
    const filter::Names names = names_for_filters();
    filter::All all;
    auto whole = filter::parse_filter(text_.value_or(""), names);
    if (!whole) {
        complain("--filter: " + render(whole.error().what));
        return std::nullopt;
    }
    all.of.push_back(*std::move(whole));
    for (std::size_t i = 0; i < kConditions.size(); ++i) {
        if (!conditions_.at(i)) {
            continue;
        }
        auto condition = filter::parse_option(kConditions.at(i).option, *conditions_.at(i), names);
        if (!condition) {
            complain(std::string(kConditions.at(i).name) + ": " + render(condition.error().what));
            return std::nullopt;
        }
        all.of.push_back(*std::move(condition));
    }
    const std::string outcomes = outcomes_.value_or("");
    for (const std::string_view wanted : parts(outcomes)) {
        if (!known_outcome(wanted)) {
            std::string there;
            for (const CapturedOutcome outcome : kOutcomes) {
                there += (there.empty() ? "" : " ") + std::string(outcome_name(outcome));
            }
            complain(render(Message{N_("--outcome: there is no {0}; there are: {1}"),
                                    {std::string(wanted), there}}));
            return std::nullopt;
        }
    }
    return filter::Expression{std::move(all)};
}

bool CaptureChoice::has_outcome(const CapturedConnection& connection) const {
    if (!outcomes_) {
        return true;
    }
    const auto wanted = parts(*outcomes_);
    return std::find(wanted.begin(), wanted.end(), outcome_name(connection.outcome)) !=
           wanted.end();
}

std::vector<std::uint32_t> CaptureChoice::of(const Captured& captured,
                                             const filter::Expression& filter) const {
    std::vector<std::uint32_t> chosen = captured.numbers();
    if (!is_set()) {
        return chosen;
    }
    std::erase_if(chosen, [&](std::uint32_t number) {
        const auto connection = captured.find(number);
        return !connection || !has_outcome(*connection) ||
               !matches_either_end(captured, *connection, filter);
    });
    return chosen;
}

bool CaptureChoice::matches_either_end(const Captured& captured,
                                       const CapturedConnection& connection,
                                       const filter::Expression& filter) {
    const CaptureTime ended = captured.last.value_or(connection.last);
    for (std::size_t end = 0; end < 2; ++end) {
        if (filter::matches(filter, capture::connection_of(connection, end, ended), {})) {
            return true;
        }
    }
    return false;
}

}  // namespace tcpdx::app
