#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "model/ip_address.h"

namespace tcpdx::netstat {

enum class Service : std::uint8_t { Tcp, Udp, Raw, Sctp };

// Where the formatters get names from. A view has to live until its line is written.
struct Names {
    std::function<std::string_view(const IpAddress&)> host;
    // For routes: target, mask, whether it is a route to one host.
    std::function<std::string_view(const IpAddress&, const IpAddress&, bool)> network;
    std::function<std::string_view(Service, std::uint16_t)> service;  // empty when none
    std::function<std::string_view(std::int32_t)> user;               // empty when none
    // By the inode of a socket: "pid/program" and its security context; "-" when not known.
    std::function<std::string_view(std::uint64_t)> program;
    std::function<std::string_view(std::uint64_t)> security_context;
};

// "1234/sshd", cut to what fits in netstat's column.
[[nodiscard]] inline std::string program_text(std::string_view pid, std::string_view program) {
    constexpr std::size_t kLongest = 19;
    std::string text(pid);
    text += '/';
    text += program;
    return text.substr(0, kLongest);
}

// Of a long context the end is kept: the beginning is much the same for all.
[[nodiscard]] inline std::string security_context_text(std::string_view context) {
    constexpr std::size_t kLongest = 49;
    return std::string(context.size() > kLongest ? context.substr(context.size() - kLongest + 1)
                                                 : context);
}

}  // namespace tcpdx::netstat
