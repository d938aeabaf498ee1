#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "app/recording.h"
#include "app/serve/alerter.h"
#include "app/serve/configuration.h"
#include "app/serve/web_server.h"

namespace tcpdx::app {

// What `serve` says on the command line, as it was written.
struct ServeOptions {
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

// What it means, with what the file says besides.
struct ServeSettings {
    WebSettings web;
    RecordingSettings recording;
    AlertSettings alerts;
    std::chrono::seconds alert_hold{30};
    bool no_history = false;
    bool all_namespaces = false;
    bool sample = false;
};

// Reads the configuration too. Complains itself. Does not open what the settings name.
[[nodiscard]] std::optional<ServeSettings> understand(const ServeOptions& options);

// The settings, by their names in the file, that differ and are only heeded at the start.
[[nodiscard]] std::vector<std::string> need_a_restart(const ServeSettings& before,
                                                      const ServeSettings& after);

}  // namespace tcpdx::app
