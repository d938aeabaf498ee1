#include "app/filter_options.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/command.h"
#include "app/host_names.h"
#include "base/i18n.h"
#include "model/filter/parser.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "presentation/text/display_width.h"

namespace tcpdx::app {
namespace {

// An option that stands for a condition, as if it were written in the filter.
struct ConditionOption {
    const char* name;
    filter::Option option;
    const char* help;
};

constexpr std::array<ConditionOption, kFilterOptions> kConditionOptions{
    ConditionOption{"--state", filter::Option::State, N_("states, in any spelling: tw,close-wait")},
    ConditionOption{"--port", filter::Option::Port, N_("ports, at either end: 443,8000-8100")},
    ConditionOption{"--local-port", filter::Option::LocalPort, N_("ports at this end")},
    ConditionOption{"--remote-port", filter::Option::RemotePort, N_("ports at the other end")},
    ConditionOption{"--address", filter::Option::Address,
                    N_("addresses or prefixes, at either end: 10.0.0.0/8")},
    ConditionOption{"--local", filter::Option::LocalAddress, N_("addresses at this end")},
    ConditionOption{"--remote", filter::Option::RemoteAddress, N_("addresses at the other end")},
    ConditionOption{"--process", filter::Option::Process,
                    N_("names of the owning programs; * and ? fit anything")},
    ConditionOption{"--pid", filter::Option::Pid, N_("ids of the owning processes")},
    ConditionOption{"--user", filter::Option::User, N_("users that the sockets belong to")},
    ConditionOption{"--older-than", filter::Option::OlderThan,
                    N_("surely longer in their state than this: 30s, 5m, 2h")},
    ConditionOption{"--netns", filter::Option::Namespace,
                    N_("network namespaces, by name or inode")},
};

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : " ") + word;
    }
    return text;
}

// Shows the text with a mark below the place.
void point_at(const std::string& text, std::size_t column) {
    std::size_t bytes = 0;
    for (std::size_t characters = 0; bytes < text.size(); ++bytes) {
        if ((static_cast<unsigned char>(text[bytes]) & 0xc0U) != 0x80U && ++characters == column) {
            break;
        }
    }
    const std::size_t indent = display_width(std::string_view(text).substr(0, bytes));
    std::fprintf(stderr, "  %s\n  %s^\n", text.c_str(), std::string(indent, ' ').c_str());
}

}  // namespace

std::optional<filter::Expression> read_filter(const FilterOptions& options) {
    const filter::Names names = names_for_filters();
    filter::All all;
    const std::string text = joined(options.words);
    auto filter = filter::parse_filter(text, names);
    if (!filter) {
        complain(render(filter.error().what));
        point_at(text, filter.error().column);
        return std::nullopt;
    }
    all.of.push_back(*std::move(filter));
    for (std::size_t i = 0; i < kConditionOptions.size(); ++i) {
        const ConditionOption& option = kConditionOptions.at(i);
        const std::optional<std::string>& value = options.conditions.at(i);
        if (!value) {
            continue;
        }
        auto condition = filter::parse_option(option.option, *value, names);
        if (!condition) {
            complain(std::string(option.name) + ": " + render(condition.error().what));
            return std::nullopt;
        }
        all.of.push_back(*std::move(condition));
    }
    return filter::Expression{std::move(all)};
}

void add_filter_options(CLI::App& command, FilterOptions& options) {
    command.add_option("FILTER", options.words,
                       _("which ones, in the language of ss(8): established dport = :443"));
    for (std::size_t i = 0; i < kConditionOptions.size(); ++i) {
        const ConditionOption& option = kConditionOptions.at(i);
        command.add_option(option.name, options.conditions.at(i), _(option.help));
    }
}

}  // namespace tcpdx::app
