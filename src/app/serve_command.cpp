#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/command.h"
#include "app/host_monitor.h"
#include "app/interruption.h"
#include "app/recording.h"
#include "app/serve/api.h"
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
    std::string listen = "127.0.0.1:9669";
    std::string token_file;
    std::string certificate;
    std::string key;
    std::vector<std::string> hosts;
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

Result<> serve(const Options& options, const WebSettings& web, const RecordingSettings& recording) {
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
    TRY(keep_only_what_watching_needs(options.all_namespaces));
    const auto monitor = TRY(HostMonitor::begin(
        {.all_namespaces = options.all_namespaces, .only_sample = options.sample},
        recorder ? &*recorder : nullptr));
    tell_how_watched(*monitor, options.sample);
    RecordingWatch watch;
    monitor->on_second([&watch](const HostNow& now) { watch.tell_changes(now); });
    Api api(*monitor, options.all_namespaces, recorder ? recording.file : std::string());
    // After what it asks, so that it is gone before that.
    server->start(api, [&monitor = *monitor] { return metrics(monitor); });
    tell_address(web, server->port());
    const Result<> went = monitor->run([] { return interrupted(); });
    server->stop();
    return went;
}

int run(const Options& options) {
    const auto web = web_settings(options);
    const auto recording = understand(options.recording);
    if (!web || !recording) {
        return kUsageError;
    }
    const auto speaking = speak_all_languages();
    let_signals_end_waiting();
    const Result<> served = serve(options, *web, *recording);
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
    command.add_flag("--all-netns", options->all_namespaces,
                     _("all network namespaces (containers), not only this one"));
    command.add_flag("--sample", options->sample,
                     _("list the sockets again and again instead of taking events; needs no "
                       "privilege"));
    command.callback([&chosen, options] {
        chosen = [options](const Context& /*context*/) { return run(*options); };
    });
}

}  // namespace tcpdx::app
