#include "app/serve/values.h"

#include <charconv>

#include "app/amounts.h"
#include "base/i18n.h"
#include "model/ip_address.h"

namespace tcpdx::app {
namespace {

Wrong unless(bool right, const char* what, const std::string& text) {
    return right ? Wrong() : Wrong(Message{what, {text}});
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const auto address = parse_ip_address(std::string(text.substr(0, colon)));
    const std::string_view digits = text.substr(colon + 1);
    int port = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (!address || error != std::errc() || end != digits.data() + digits.size() || port < 0 ||
        port > 65535) {
        return std::nullopt;
    }
    return Endpoint{
        .address = to_string(*address), .port = port, .loopback = address->is_loopback()};
}

Wrong wrong_endpoint(const std::string& text) {
    return unless(parse_endpoint(text).has_value(),
                  N_("'{0}' is no address and port: 127.0.0.1:9669"), text);
}

Wrong wrong_duration(const std::string& text) {
    return unless(parse_duration(text).has_value(), N_("'{0}' is no length of time: 30s, 5m"),
                  text);
}

Wrong wrong_keep(const std::string& text) {
    const auto keep = parse_duration(text);
    return unless(keep && keep->count() > 0, N_("'{0}' is no length of time: 12h, 30d"), text);
}

Wrong wrong_most(const std::string& text) {
    constexpr std::uint64_t kLeast = 1024UL * 1024;
    const auto most = parse_size(text);
    return unless(most && *most >= kLeast, N_("'{0}' is no size, or less than 1M: 500M, 1G"), text);
}

Wrong wrong_command(const std::string& text) {
    return unless(text.empty() || text.starts_with('/'),
                  N_("'{0}' is no path from the root: /usr/local/bin/page"), text);
}

Wrong wrong_webhook(const std::string& text) {
    // The address may have a secret in it, so it is not shown.
    const bool right = text.empty() || text.starts_with("http://") || text.starts_with("https://");
    return right ? Wrong() : Wrong(Message{N_("it does not begin with http:// or https://"), {}});
}

Wrong wrong_least(const std::string& text) {
    return unless(text == "problem" || text == "warning" || text == "information",
                  N_("'{0}' is none of problem, warning, information"), text);
}

}  // namespace tcpdx::app
