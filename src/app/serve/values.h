#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/message.h"

namespace tcpdx::app {

// What is wrong with the value of a setting, wherever it was written. Empty when nothing is.
using Wrong = std::optional<Message>;

struct Endpoint {
    std::string address;
    int port = 0;
    bool loopback = false;
};
// "127.0.0.1:9669", "[::1]:9669"
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text);

[[nodiscard]] Wrong wrong_endpoint(const std::string& text);
[[nodiscard]] Wrong wrong_duration(const std::string& text);
[[nodiscard]] Wrong wrong_keep(const std::string& text);
[[nodiscard]] Wrong wrong_most(const std::string& text);
[[nodiscard]] Wrong wrong_command(const std::string& text);
[[nodiscard]] Wrong wrong_webhook(const std::string& text);
[[nodiscard]] Wrong wrong_least(const std::string& text);

}  // namespace tcpdx::app
