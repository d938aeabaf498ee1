#include "app/serve/configuration.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <variant>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

using Target =
    std::variant<std::optional<std::string> Configuration::*, std::optional<bool> Configuration::*,
                 std::vector<std::string> Configuration::*>;

const std::map<std::string, Target, std::less<>>& known_keys() {
    static const std::map<std::string, Target, std::less<>> keys{
        {"listen", &Configuration::listen},
        {"token_file", &Configuration::token_file},
        {"certificate", &Configuration::certificate},
        {"key", &Configuration::key},
        {"hosts", &Configuration::hosts},
        {"behind_proxy", &Configuration::behind_proxy},
        {"all_netns", &Configuration::all_netns},
        {"history.file", &Configuration::history},
        {"history.off", &Configuration::no_history},
        {"history.keep", &Configuration::keep},
        {"history.most", &Configuration::most},
        {"alerts.command", &Configuration::alert_command},
        {"alerts.webhook", &Configuration::alert_webhook},
        {"alerts.hold", &Configuration::alert_hold},
        {"alerts.least", &Configuration::alert_least},
    };
    return keys;
}

class Reading {
public:
    explicit Reading(std::string name) : name_(std::move(name)) {}

    // The first thing that is wrong; empty when all is right.
    std::string take(const toml::table& table, const std::string& prefix) {
        for (const auto& [key, node] : table) {
            const std::string whole = prefix + std::string(key.str());
            if (const toml::table* section = node.as_table()) {
                if (whole != "history" && whole != "alerts") {
                    return at(node, render({N_("there is no section '{0}'"), {whole}}));
                }
                if (std::string wrong = take(*section, whole + "."); !wrong.empty()) {
                    return wrong;
                }
                continue;
            }
            const auto known = known_keys().find(whole);
            if (known == known_keys().end()) {
                return at(node, render({N_("there is no setting '{0}'"), {whole}}));
            }
            if (!set(known->second, node)) {
                return at(node,
                          render({std::holds_alternative<std::optional<bool> Configuration::*>(
                                      known->second)
                                      ? N_("'{0}' is true or false")
                                      : N_("'{0}' is text, in quotation marks"),
                                  {whole}}));
            }
        }
        return {};
    }

    [[nodiscard]] std::string at_line(std::uint32_t line, const std::string& what) const {
        return name_ + ":" + std::to_string(line) + ": " + what;
    }
    Configuration take_configuration() { return std::move(configuration_); }

private:
    [[nodiscard]] std::string at(const toml::node& node, const std::string& what) const {
        return at_line(node.source().begin.line, what);
    }

    bool set(const Target& target, const toml::node& node) {
        if (const auto* text = std::get_if<std::optional<std::string> Configuration::*>(&target)) {
            configuration_.** text = node.value_exact<std::string>();
            return (configuration_.**text).has_value();
        }
        if (const auto* flag = std::get_if<std::optional<bool> Configuration::*>(&target)) {
            configuration_.** flag = node.value_exact<bool>();
            return (configuration_.**flag).has_value();
        }
        const toml::array* list = node.as_array();
        if (list == nullptr) {
            return false;
        }
        auto& texts = configuration_.*std::get<std::vector<std::string> Configuration::*>(target);
        for (const toml::node& each : *list) {
            const auto text = each.value_exact<std::string>();
            if (!text) {
                return false;
            }
            texts.push_back(*text);
        }
        return true;
    }

    std::string name_;
    Configuration configuration_;
};

}  // namespace

Result<Configuration, std::string> parse_configuration(const std::string& text,
                                                       const std::string& name) {
    Reading reading(name);
    const toml::parse_result parsed = toml::parse(text, name);
    if (!parsed) {
        return tl::unexpected(reading.at_line(parsed.error().source().begin.line,
                                              std::string(parsed.error().description())));
    }
    std::string wrong = reading.take(parsed.table(), "");
    if (!wrong.empty()) {
        return tl::unexpected(std::move(wrong));
    }
    return reading.take_configuration();
}

Result<Configuration, std::string> read_configuration(const std::string& path, bool has_to_exist) {
    std::ifstream file(path);
    if (!file) {
        if (errno == ENOENT && !has_to_exist) {
            return Configuration();
        }
        return tl::unexpected(path + ": " + ::strerrordesc_np(errno));
    }
    std::ostringstream text;
    text << file.rdbuf();
    return parse_configuration(text.str(), path);
}

}  // namespace tcpdx::app
