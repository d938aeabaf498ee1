#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace tcpdx::app {

// What /etc/tcpdx/tcpdx.conf says, as it was written. The same words as on the command line, which
// wins over it.
struct Configuration {
    std::optional<std::string> listen;
    std::optional<std::string> token_file;
    std::optional<std::string> certificate;
    std::optional<std::string> key;
    std::vector<std::string> hosts;
    std::optional<bool> behind_proxy;
    std::optional<bool> all_netns;
    std::optional<std::string> history;
    std::optional<bool> no_history;
    std::optional<std::string> keep;
    std::optional<std::string> most;
    std::optional<std::string> alert_command;
    std::optional<std::string> alert_webhook;
    std::optional<std::string> alert_hold;
    std::optional<std::string> alert_least;
};

inline constexpr const char* kConfigurationFile = "/etc/tcpdx/tcpdx.conf";

// The text of a line that is wrong, with its file and number: "tcpdx.conf:7: ...".
[[nodiscard]] Result<Configuration, std::string> parse_configuration(const std::string& text,
                                                                     const std::string& name);
// A file that is not there says nothing, unless it was asked for.
[[nodiscard]] Result<Configuration, std::string> read_configuration(const std::string& path,
                                                                    bool has_to_exist);

}  // namespace tcpdx::app
