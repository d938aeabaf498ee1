#include "app/serve/configuration.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <variant>

#include "app/serve/values.h"
#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

using Target =
    std::variant<std::optional<std::string> Configuration::*, std::optional<bool> Configuration::*,
                 std::vector<std::string> Configuration::*>;

struct Setting {
    Target target;
    Wrong (*check)(const std::string&) = nullptr;  // of its text, where that has a form
};

const std::map<std::string, Setting, std::less<>>& known_keys() {
    static const std::map<std::string, Setting, std::less<>> keys{
        {"listen", {&Configuration::listen, wrong_endpoint}},
        {"token_file", {&Configuration::token_file}},
        {"certificate", {&Configuration::certificate}},
        {"key", {&Configuration::key}},
        {"hosts", {&Configuration::hosts}},
        {"behind_proxy", {&Configuration::behind_proxy}},
        {"all_netns", {&Configuration::all_netns}},
        {"history.file", {&Configuration::history}},
        {"history.off", {&Configuration::no_history}},
        {"history.keep", {&Configuration::keep, wrong_keep}},
        {"history.most", {&Configuration::most, wrong_most}},
        {"alerts.command", {&Configuration::alert_command, wrong_command}},
        {"alerts.webhook", {&Configuration::alert_webhook, wrong_webhook}},
        {"alerts.hold", {&Configuration::alert_hold, wrong_duration}},
        {"alerts.least", {&Configuration::alert_least, wrong_least}},
    };
    return keys;
}

// What a value of this setting looks like.
const char* form_of(const Target& target) {
    if (std::holds_alternative<std::optional<bool> Configuration::*>(target)) {
        return N_("'{0}' is true or false");
    }
    if (std::holds_alternative<std::vector<std::string> Configuration::*>(target)) {
        return N_("'{0}' is a list of texts, in brackets and quotation marks");
    }
    return N_("'{0}' is text, in quotation marks");
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
            const Setting& setting = known->second;
            if (!set(setting.target, node)) {
                return at(node, render({form_of(setting.target), {whole}}));
            }
            const auto text = node.value_exact<std::string>();
            if (const auto wrong =
                    setting.check != nullptr && text ? setting.check(*text) : Wrong()) {
                return at(node, whole + ": " + render(*wrong));
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
    if (std::error_code unknown; std::filesystem::is_directory(path, unknown)) {
        return tl::unexpected(path + ": " + ::strerrordesc_np(EISDIR));
    }
    std::ostringstream text;
    text << file.rdbuf();
    return parse_configuration(text.str(), path);
}

}  // namespace tcpdx::app
