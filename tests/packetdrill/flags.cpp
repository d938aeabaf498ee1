#include "flags.h"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tcpdx::packetdrill {
namespace {

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

bool apply_number(endpoint::Settings& settings, std::string_view key, std::uint32_t value) {
    const std::map<std::string_view, bool*> switches{{"rfc5961", &settings.rfc5961},
                                                     {"rfc1337", &settings.rfc1337},
                                                     {"tw_reopen", &settings.tw_reopen},
                                                     {"drop_synfin", &settings.drop_synfin},
                                                     {"ecn", &settings.ecn},
                                                     {"sack", &settings.sack},
                                                     {"timestamps", &settings.timestamps},
                                                     {"wscale", &settings.window_scaling},
                                                     {"delayed_ack", &settings.delayed_ack}};
    if (const auto found = switches.find(key); found != switches.end()) {
        *found->second = value != 0;
        return true;
    }
    if (key == "shift") {
        settings.window_shift = static_cast<std::uint8_t>(value);
    } else if (key == "iw") {
        settings.initial_window_segments = value;
    } else if (key == "msl_ms") {
        settings.msl = std::chrono::milliseconds(value);
    } else if (key == "invalid_ratelimit_ms") {
        settings.invalid_ratelimit = std::chrono::milliseconds(value);
    } else if (key == "mtu") {
        settings.mtu = value;
    } else if (key == "rcvbuf") {
        settings.receive_buffer = value;
    } else if (key == "sndbuf") {
        settings.send_buffer = value;
    } else {
        return false;
    }
    return true;
}

bool apply(Flags& flags, std::string_view key, std::string_view value) {
    if (key == "local4" || key == "local6") {
        const auto address = parse_ip_address(value);
        if (address) {
            (key == "local4" ? flags.local4 : flags.local6) = *address;
        }
        return address.has_value();
    }
    if (key == "clock") {
        flags.virtual_clock = value == "virtual";
        return value == "virtual" || value == "real";
    }
    const auto parsed = number(value);
    return parsed && apply_number(flags.settings, key, *parsed);
}

}  // namespace

Flags parse_flags(std::string_view text) {
    Flags flags{.settings = text.find("profile=linux") != std::string_view::npos
                                ? endpoint::linux_settings()
                                : endpoint::rfc_settings(),
                .local4 = IpAddress::v4(0xc0a80001),
                .local6 = *parse_ip_address("fd3d:fa7b:d17d::1")};
    // A write() in a script expects to be taken whole, however little of it the window lets out.
    flags.settings.send_buffer = 4U << 20;
    // Scripts throw many bad segments and want an answer to each, as from a kernel whose
    // tcp_invalid_ratelimit is 0.
    flags.settings.invalid_ratelimit = {};
    flags.settings.secret = {0x0123456789abcdef, 0xfedcba9876543210};
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(','));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        const std::size_t equals = part.find('=');
        const std::string_view key = part.substr(0, equals);
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
        if (!part.empty() && key != "profile" && !apply(flags, key, value)) {
            std::fprintf(stderr, "tcpdx: --so_flags: cannot use \"%s\"\n",
                         std::string(part).c_str());
        }
    }
    return flags;
}

}  // namespace tcpdx::packetdrill
