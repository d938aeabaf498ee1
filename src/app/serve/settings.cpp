#include "app/serve/settings.h"

#include "app/amounts.h"
#include "app/command.h"
#include "app/serve/values.h"
#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

// What the file says goes where the command line says nothing.
void fill_in(ServeOptions& options, const Configuration& from) {
    const ServeOptions defaults;
    const auto fill = [](auto& into, const auto& by_default, const auto& value) {
        if (value && into == by_default) {
            into = *value;
        }
    };
    fill(options.listen, defaults.listen, from.listen);
    fill(options.token_file, defaults.token_file, from.token_file);
    fill(options.certificate, defaults.certificate, from.certificate);
    fill(options.key, defaults.key, from.key);
    fill(options.behind_proxy, false, from.behind_proxy);
    fill(options.all_namespaces, false, from.all_netns);
    fill(options.no_history, false, from.no_history);
    fill(options.recording.file, defaults.recording.file, from.history);
    fill(options.recording.keep, defaults.recording.keep, from.keep);
    fill(options.recording.most, defaults.recording.most, from.most);
    fill(options.alert_command, defaults.alert_command, from.alert_command);
    fill(options.alert_webhook, defaults.alert_webhook, from.alert_webhook);
    fill(options.alert_hold, defaults.alert_hold, from.alert_hold);
    fill(options.alert_least, defaults.alert_least, from.alert_least);
    options.hosts.insert(options.hosts.end(), from.hosts.begin(), from.hosts.end());
}

// Those of the command line; those of the file have been looked at with their lines.
bool complain_of_values(const ServeOptions& options) {
    const struct {
        const char* name;
        const std::string& text;
        Wrong (*check)(const std::string&);
    } values[] = {{"--listen", options.listen, wrong_endpoint},
                  {"--alert-command", options.alert_command, wrong_command},
                  {"--alert-webhook", options.alert_webhook, wrong_webhook},
                  {"--alert-hold", options.alert_hold, wrong_duration},
                  {"--alert-least", options.alert_least, wrong_least}};
    for (const auto& [name, text, check] : values) {
        // An empty one was not given.
        if (const auto wrong = text.empty() ? Wrong() : check(text)) {
            complain(std::string(name) + ": " + render(*wrong));
            return true;
        }
    }
    return false;
}

// Complains itself.
std::optional<WebSettings> web_settings(const ServeOptions& options) {
    const auto endpoint = parse_endpoint(options.listen);
    if (!endpoint) {
        return std::nullopt;
    }
    if (options.certificate.empty() != options.key.empty()) {
        complain(_("TLS needs both --certificate and --key."));
        return std::nullopt;
    }
    const bool tls = !options.certificate.empty();
    if (!endpoint->loopback && options.token_file.empty()) {
        complain(
            _("Others can reach this address, so it needs a token: --token-file FILE. "
              "Make one with: openssl rand -hex 24 > FILE"));
        return std::nullopt;
    }
    if (!endpoint->loopback && !tls && !options.behind_proxy) {
        complain(
            _("Others can reach this address, so it needs TLS (--certificate and --key), or "
              "a proxy that has it (--behind-proxy)."));
        return std::nullopt;
    }
    return WebSettings{.address = endpoint->address,
                       .port = endpoint->port,
                       .token_file = options.token_file,
                       .hosts = options.hosts,
                       .certificate = options.certificate,
                       .key = options.key,
                       .secure_cookie = tls || options.behind_proxy};
}

diagnosis::Severity least_of(const std::string& name) {
    return name == "problem"       ? diagnosis::Severity::Problem
           : name == "information" ? diagnosis::Severity::Information
                                   : diagnosis::Severity::Warning;
}

}  // namespace

std::optional<ServeSettings> understand(const ServeOptions& given) {
    const auto configuration = read_configuration(given.configuration, given.configuration_given);
    if (!configuration) {
        complain(configuration.error());
        return std::nullopt;
    }
    ServeOptions options = given;
    fill_in(options, *configuration);
    if (complain_of_values(options)) {
        return std::nullopt;
    }
    const auto web = web_settings(options);
    const auto recording = web ? understand(options.recording) : std::nullopt;
    if (!recording) {
        return std::nullopt;
    }
    ServeSettings settings{.web = *web,
                           .recording = *recording,
                           .alerts = {.command = options.alert_command,
                                      .webhook = options.alert_webhook,
                                      .least = least_of(options.alert_least)},
                           .no_history = options.no_history,
                           .all_namespaces = options.all_namespaces,
                           .sample = options.sample};
    settings.alert_hold = parse_duration(options.alert_hold).value_or(settings.alert_hold);
    return settings;
}

std::vector<std::string> need_a_restart(const ServeSettings& before, const ServeSettings& after) {
    std::vector<std::string> names;
    const auto note = [&names](bool differs, const char* name) {
        if (differs) {
            names.emplace_back(name);
        }
    };
    note(before.web.address != after.web.address || before.web.port != after.web.port, "listen");
    note(before.all_namespaces != after.all_namespaces, "all_netns");
    note(before.no_history != after.no_history, "history.off");
    note(before.recording.file != after.recording.file, "history.file");
    return names;
}

}  // namespace tcpdx::app
