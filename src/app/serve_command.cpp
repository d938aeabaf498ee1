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

#include "app/command.h"
#include "app/host_monitor.h"
#include "app/interruption.h"
#include "app/memory_given_back.h"
#include "app/recording.h"
#include "app/serve/alerter.h"
#include "app/serve/api.h"
#include "app/serve/fewer_privileges.h"
#include "app/serve/settings.h"
#include "app/serve/web_server.h"
#include "app/service_manager.h"
#include "base/i18n.h"
#include "export/prometheus/metrics.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

MonitorSettings monitor_settings(const ServeSettings& settings) {
    return {.all_namespaces = settings.all_namespaces,
            .only_sample = settings.sample,
            .alert_hold = settings.alert_hold};
}

void tell_certificate(const WebServer& server) {
    if (const auto warning = server.certificate_warning()) {
        complain(render(*warning));
    }
}

std::string url_of(const WebSettings& settings, int port) {
    const bool v6 = settings.address.find(':') != std::string::npos;
    return std::string(settings.certificate.empty() ? "http" : "https") + "://" +
           (v6 ? "[" + settings.address + "]" : settings.address) + ":" + std::to_string(port) +
           "/";
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

// What it consists of while it runs, for whoever changes it.
struct Parts {
    const ServeOptions& options;
    ServeSettings settings;  // that hold, but for those that need a restart
    WebServer& server;
    HostMonitor& monitor;
    Alerter& alerter;
    history::Recorder* recorder;
};

// In the watching thread. All of it is taken over, or nothing.
void reload(Parts& parts) {
    const auto settings = understand(parts.options);
    const Result<> changed = settings ? parts.server.change(settings->web) : Result<>();
    if (!changed) {
        complain(changed.error());
    }
    if (!settings || !changed) {
        complain(_("The configuration stays as it was."));
        return;
    }
    parts.monitor.change(monitor_settings(*settings));
    parts.alerter.change(settings->alerts);
    if (parts.recorder != nullptr) {
        parts.recorder->change_retention(settings->recording.keep, settings->recording.most_bytes);
    }
    complain(_("The configuration was read again, and holds from now on."));
    tell_certificate(parts.server);
    for (const std::string& name : need_a_restart(parts.settings, *settings)) {
        complain(render({N_("It needs a restart for another '{0}'."), {name}}));
    }
}

Result<> serve(const ServeOptions& options, const ServeSettings& settings) {
    ServiceManager manager;
    const auto server = TRY(WebServer::bind(settings.web));
    tell_certificate(*server);
    std::optional<history::Recorder> recorder;
    if (!settings.no_history) {
        recorder = TRY(open_recorder(settings.recording));
        tell_gap_before(*recorder);
    }
    const auto monitor =
        TRY(HostMonitor::begin(monitor_settings(settings), recorder ? &*recorder : nullptr));
    // To attach to the kernel takes more (CAP_SYSLOG, for addresses) than to go on.
    TRY(keep_only_what_watching_needs(settings.all_namespaces));
    tell_how_watched(*monitor, settings.sample);
    RecordingWatch watch;
    std::array<char, HOST_NAME_MAX + 1> host{};
    ::gethostname(host.data(), host.size() - 1);
    Alerter alerter(settings.alerts, host.data());
    const std::string url = url_of(settings.web, server->port());
    Parts parts{.options = options,
                .settings = settings,
                .server = *server,
                .monitor = *monitor,
                .alerter = alerter,
                .recorder = recorder ? &*recorder : nullptr};
    // After what it asks, so that it is gone before that.
    Api api(*monitor, settings.all_namespaces, recorder ? settings.recording.file : std::string());
    monitor->on_second([&](const HostNow& now) {
        manager.alive();
        watch.tell_changes(now);
        api.forget_unused();
        if (reload_asked_for()) {
            manager.reloading();
            reload(parts);
            manager.ready(url);
        }
    });
    monitor->on_alert([&alerter](const diagnosis::FindingLog::Alert& alert,
                                 const ShownFinding& finding) { alerter.tell(alert, finding); });
    server->start(api, [&monitor = *monitor] { return metrics(monitor); });
    complain(render({N_("The page is at {0}"), {url}}));
    manager.ready(url);
    const Result<> went = monitor->run([] { return interrupted(); });
    manager.stopping();
    server->stop();
    return went;
}

int run(const ServeOptions& options) {
    const auto settings = understand(options);
    if (!settings) {
        return kUsageError;
    }
    give_memory_back_at_once();
    const auto speaking = speak_all_languages();
    let_signals_end_waiting();
    let_hangups_ask_for_a_reload();
    const Result<> served = serve(options, *settings);
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
    const auto options = std::make_shared<ServeOptions>();
    CLI::Option* configuration =
        command
            .add_option("--config", options->configuration,
                        _("settings, in TOML; else /etc/tcpdx/tcpdx.conf where it is there"))
            ->type_name(_("FILE"));
    command
        .add_option("--listen", options->listen,
                    _("address and port; others than the loopback need a token and TLS"))
        ->type_name(_("ADDRESS:PORT"));
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
    command
        .add_option("--host", options->hosts,
                    _("a name that this host is reached by, besides its own"))
        ->type_name(_("NAME"));
    command.add_flag("--no-history", options->no_history, _("keep nothing on disk"));
    add_recording_options(command, options->recording);
    command
        .add_option(
            "--alert-command", options->alert_command,
            _("a program to run for findings that start or end; JSON on its standard input"))
        ->type_name(_("FILE"));
    command
        .add_option("--alert-webhook", options->alert_webhook,
                    _("an address to post them to, as JSON"))
        ->type_name("URL");
    command
        .add_option("--alert-hold", options->alert_hold,
                    _("how long a finding has to last, or to be gone, before it is told: 30s"))
        ->type_name(_("DURATION"));
    command
        .add_option("--alert-least", options->alert_least,
                    _("the least severity that is told: problem, warning or information"))
        ->type_name(_("SEVERITY"));
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
