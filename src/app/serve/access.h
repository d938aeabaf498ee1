#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tcpdx::app {

// Who may ask. Without a token everybody who can reach the address; the address is the loopback
// then.
class Access {
public:
    // `token` may be empty. `names`: what the host may be called besides localhost, its own name
    // and addresses. Another token than before ends all sessions.
    void change(const std::string& token, std::vector<std::string> names);

    // One line, 16 characters at least, in a file that others cannot read.
    [[nodiscard]] static Result<std::string> read_token(const std::string& path);

    [[nodiscard]] bool needs_token() const;
    // Whether this Host header names us. A page of another site that has its name point to us (DNS
    // rebinding) comes with that name; an address as a number it cannot fake.
    [[nodiscard]] bool is_our_name(std::string_view host_header) const;
    // By the headers Authorization and Cookie; either may be empty.
    [[nodiscard]] bool may_enter(std::string_view authorization, std::string_view cookie);
    // A new session, or nothing for a wrong token.
    [[nodiscard]] std::string log_in(std::string_view token);
    void log_out(std::string_view cookie);

    static constexpr std::string_view kCookie = "tcpdx_session";

private:
    [[nodiscard]] bool is_token(std::string_view text) const;  // with the mutex held
    [[nodiscard]] static std::string_view session_in(std::string_view cookie);

    mutable std::mutex mutex_;  // what follows
    std::string token_;
    std::vector<std::string> names_;
    std::map<std::string, std::chrono::steady_clock::time_point, std::less<>> sessions_;
};

}  // namespace tcpdx::app
