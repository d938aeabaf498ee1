#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <climits>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/amounts.h"
#include "app/command.h"
#include "app/host_monitor.h"
#include "app/interruption.h"
#include "app/memory_given_back.h"
#include "app/recording.h"
#include "app/serve/alerter.h"
#include "app/serve/api.h"
#include "app/serve/configuration.h"
#include "app/serve/fewer_privileges.h"
#include "app/serve/web_server.h"
#include "app/usage_error.h"
#include "base/i18n.h"
#include "export/prometheus/metrics.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

struct Options {
    RecordingOptions recording;
    std::string configuration = kConfigurationFile;
    bool configuration_given = false;
    std::string listen = "127.0.0.1:9669";
    std::string token_file;
    std::string certificate;
    std::string key;
    std::vector<std::string> hosts;
    std::string alert_command;
    std::string alert_webhook;
    std::string alert_hold;
    std::string alert_least;
    bool behind_proxy = false;
    bool no_history = false;
    bool all_namespaces = false;
    bool sample = false;
};

struct Endpoint {
    std::string address;
    int port = 0;
    bool loopback = false;
};

// "127.0.0.1:9669", "[::1]:9669"
std::optional<Endpoint> parse_endpoint(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) {
        return std::nullopt;
    }
    const auto address = parse_ip_address(text.substr(0, colon));
    int port = -1;
    try {
        port = std::stoi(text.substr(colon + 1));
    } catch (const std::exception&) {
        return std::nullopt;
    }
    if (!address || port < 0 || port > 65535) {
        return std::nullopt;
    }
    return Endpoint{
        .address = to_string(*address), .port = port, .loopback = address->is_loopback()};
}

// Complains itself.
std::optional<WebSettings> web_settings(const Options& options) {
    const auto endpoint = parse_endpoint(options.listen);
    if (!endpoint) {
        complain(render(
            {N_("--listen: '{0}' is no address and port: 127.0.0.1:9669"), {options.listen}}));
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
                       .certificate = options.certificate,
                       .key = options.key,
                       .secure_cookie = tls || options.behind_proxy};
}

// What the file says goes where the command line says nothing.
void fill_in(Options& options, const Configuration& from) {
    const Options defaults;
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

struct Alerting {
    AlertSettings settings;
    std::chrono::seconds hold{30};
};

// Complains itself.
std::optional<Alerting> alerting_of(const Options& options) {
    Alerting alerting{
        .settings = {.command = options.alert_command, .webhook = options.alert_webhook}};
    if (!options.alert_command.empty() && !options.alert_command.starts_with('/')) {
        complain(
            _("The command of the alerts has to be a path from the root: /usr/local/bin/page"));
        return std::nullopt;
    }
    if (!options.alert_webhook.empty() && !options.alert_webhook.starts_with("http://") &&
        !options.alert_webhook.starts_with("https://")) {
        complain(_("The webhook of the alerts has to begin with http:// or https://."));
        return std::nullopt;
    }
    if (!options.alert_hold.empty()) {
        const auto hold = parse_duration(options.alert_hold);
        if (!hold) {
            complain(render(
                {N_("--alert-hold: '{0}' is no length of time: 30s, 5m"), {options.alert_hold}}));
            return std::nullopt;
        }
        alerting.hold = *hold;
    }
    if (options.alert_least == "problem") {
        alerting.settings.least = diagnosis::Severity::Problem;
    } else if (options.alert_least == "information") {
        alerting.settings.least = diagnosis::Severity::Information;
    } else if (!options.alert_least.empty() && options.alert_least != "warning") {
        complain(render({N_("--alert-least: '{0}' is none of problem, warning, information"),
                         {options.alert_least}}));
        return std::nullopt;
    }
    return alerting;
}

// The command line, and what the file has besides. Complains itself.
std::optional<Options> with_configuration(const Options& given) {
    const auto configuration = read_configuration(given.configuration, given.configuration_given);
    if (!configuration) {
        complain(configuration.error());
        return std::nullopt;
    }
    Options options = given;
    fill_in(options, *configuration);
    return options;
}

MonitorSettings monitor_settings(const Options& options, const Alerting& alerting) {
    return {.all_namespaces = options.all_namespaces,
            .only_sample = options.sample,
            .alert_hold = alerting.hold};
}

// Of what can be changed while it runs: the alerts.
void reload(const Options& given, HostMonitor& monitor, Alerter& alerter) {
    const auto options = with_configuration(given);
    const auto alerting = options ? alerting_of(*options) : std::nullopt;
    if (!alerting) {
        complain(_("The configuration stays as it was."));
        return;
    }
    monitor.change(monitor_settings(*options, *alerting));
    alerter.change(alerting->settings);
    complain(
        _("The configuration was read again: what it says of alerts holds from now on, the rest "
          "after a restart."));
}

void tell_address(const WebSettings& settings, int port) {
    const bool v6 = settings.address.find(':') != std::string::npos;
    const std::string url = std::string(settings.certificate.empty() ? "http" : "https") + "://" +
                            (v6 ? "[" + settings.address + "]" : settings.address) + ":" +
                            std::to_string(port) + "/";
    complain(render({N_("The page is at {0}"), {url}}));
}

std::string metrics(const HostMonitor& monitor) {
    const auto now = monitor.now();
    const auto looked = monitor.looked();
    if (now == nullptr) {
        return {};
    }
    std::vector<prometheus::FindingGauge> findings;
    if (looked != nullptr) {
        for (const ShownFinding& each : looked->findings) {
            findings.push_back({.rule = each.entry.rule,
                                .severity = each.entry.severity,
                                .connections = each.connections});
        }
    }
    return prometheus::metrics_text(*now, looked == nullptr ? nullptr : &looked->gauges, findings,
                                    TCPDX_VERSION);
}

Result<> serve(const Options& given, const Options& options, const WebSettings& web,
               const RecordingSettings& recording, const Alerting& alerting) {
    std::string token;
    if (!options.token_file.empty()) {
        token = TRY(Access::read_token(options.token_file));
    }
    const auto server = TRY(WebServer::bind(web, std::make_unique<Access>(token, options.hosts)));
    std::optional<history::Recorder> recorder;
    if (!options.no_history) {
        recorder = TRY(open_recorder(recording));
        tell_gap_before(*recorder);
    }
    const auto monitor = TRY(
        HostMonitor::begin(monitor_settings(options, alerting), recorder ? &*recorder : nullptr));
    // To attach to the kernel takes more (CAP_SYSLOG, for addresses) than to go on.
    TRY(keep_only_what_watching_needs(options.all_namespaces));
    tell_how_watched(*monitor, options.sample);
    RecordingWatch watch;
    std::array<char, HOST_NAME_MAX + 1> host{};
    ::gethostname(host.data(), host.size() - 1);
    Alerter alerter(alerting.settings, host.data());
    // After what it asks, so that it is gone before that.
    Api api(*monitor, options.all_namespaces, recorder ? recording.file : std::string());
    monitor->on_second([&](const HostNow& now) {
        watch.tell_changes(now);
        api.forget_unused();
        if (reload_asked_for()) {
            reload(given, *monitor, alerter);
        }
    });
    monitor->on_alert([&alerter](const diagnosis::FindingLog::Alert& alert,
                                 const ShownFinding& finding) { alerter.tell(alert, finding); });
    server->start(api, [&monitor = *monitor] { return metrics(monitor); });
    tell_address(web, server->port());
    const Result<> went = monitor->run([] { return interrupted(); });
    server->stop();
    return went;
}

int run(const Options& given) {
    const auto options = with_configuration(given);
    const auto web = options ? web_settings(*options) : std::nullopt;
    const auto recording = web ? understand(options->recording) : std::nullopt;
    const auto alerting = recording ? alerting_of(*options) : std::nullopt;
    if (!alerting) {
        return kUsageError;
    }
    give_memory_back_at_once();
    const auto speaking = speak_all_languages();
    let_signals_end_waiting();
    let_hangups_ask_for_a_reload();
    const Result<> served = serve(given, *options, *web, *recording, *alerting);
    if (!served) {
        complain(served.error());
        return kFailure;
    }
    return kSuccess;
}

}  // namespace

void add_serve_command(CLI::App& tcpdx, Run& chosen) {
    CLI::App& command = *tcpdx.add_subcommand(
        "serve", _("a page, an API and metrics of this host, and its history"));
    const auto options = std::make_shared<Options>();
    CLI::Option* configuration =
        command
            .add_option("--config", options->configuration,
                        _("settings, in TOML; else /etc/tcpdx/tcpdx.conf where it is there"))
            ->type_name(_("FILE"));
    command.add_option("--listen", options->listen,
                       _("address and port; others than the loopback need a token and TLS"));
    command
        .add_option("--token-file", options->token_file,
                    _("who wants to look has to know what is in this file"))
        ->type_name(_("FILE"));
    command.add_option("--certificate", options->certificate, _("for TLS: certificates, PEM"))
        ->type_name(_("FILE"));
    command.add_option("--key", options->key, _("for TLS: the key of the certificate, PEM"))
        ->type_name(_("FILE"));
    command.add_flag("--behind-proxy", options->behind_proxy,
                     _("a proxy in front of this has TLS"));
    command.add_option("--host", options->hosts,
                       _("a name that this host is reached by, besides its own"));
    command.add_flag("--no-history", options->no_history, _("keep nothing on disk"));
    add_recording_options(command, options->recording);
    command
        .add_option(
            "--alert-command", options->alert_command,
            _("a program to run for findings that start or end; JSON on its standard input"))
        ->type_name(_("FILE"));
    command.add_option("--alert-webhook", options->alert_webhook,
                       _("an address to post them to, as JSON"));
    command.add_option("--alert-hold", options->alert_hold,
                       _("how long a finding has to last, or to be gone, before it is told: 30s"));
    command.add_option("--alert-least", options->alert_least,
                       _("the least severity that is told: problem, warning or information"));
    command.add_flag("--all-netns", options->all_namespaces,
                     _("all network namespaces (containers), not only this one"));
    command.add_flag("--sample", options->sample,
                     _("list the sockets again and again instead of taking events; needs no "
                       "privilege"));
    command.callback([&chosen, options, configuration] {
        options->configuration_given = configuration->count() > 0;
        chosen = [options](const Context& /*context*/) { return run(*options); };
    });
}

}  // namespace tcpdx::app
