#include "app/serve/access.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <fstream>

#include "base/i18n.h"
#include "model/ip_address.h"

namespace tcpdx::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kSessionLength = std::chrono::hours(12);
constexpr std::size_t kMostSessions = 1000;
constexpr std::size_t kShortestToken = 16;

std::string lower(std::string_view text) {
    std::string small(text);
    std::transform(small.begin(), small.end(), small.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return small;
}

std::string without_port(std::string_view host) {
    if (host.starts_with('[')) {
        return std::string(host.substr(0, host.find(']') + 1));
    }
    return std::string(host.substr(0, host.find(':')));
}

}  // namespace

void Access::change(const std::string& token, std::vector<std::string> names) {
    for (std::string& name : names) {
        name = lower(name);
    }
    names.emplace_back("localhost");
    std::array<char, HOST_NAME_MAX + 1> own{};
    if (::gethostname(own.data(), own.size() - 1) == 0) {
        names.push_back(lower(own.data()));
    }
    const std::lock_guard lock(mutex_);
    if (token != token_) {
        sessions_.clear();
    }
    token_ = token;
    names_ = std::move(names);
}

bool Access::needs_token() const {
    const std::lock_guard lock(mutex_);
    return !token_.empty();
}

Result<std::string> Access::read_token(const std::string& path) {
    struct stat status {};
    std::ifstream file(path);
    if (!file || ::stat(path.c_str(), &status) != 0) {
        return os_failure(N_("reading the token"), path);
    }
    const auto wrong = [&](const char* what) {
        return unexpected(
            Error{.code = ErrorCode::Usage, .doing = what, .os_error = 0, .about = path});
    };
    if ((status.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) != 0) {
        return wrong(N_("reading the token: others can read or change the file (chmod 600)"));
    }
    std::string token;
    std::getline(file, token);
    while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) {
        token.pop_back();
    }
    if (token.size() < kShortestToken) {
        return wrong(N_("reading the token: it has less than 16 characters"));
    }
    return token;
}

bool Access::is_our_name(std::string_view host_header) const {
    const std::string name = lower(without_port(host_header));
    if (parse_ip_address(name)) {
        return true;
    }
    const std::lock_guard lock(mutex_);
    return std::find(names_.begin(), names_.end(), name) != names_.end();
}

bool Access::is_token(std::string_view text) const {
    // In a time that tells nothing but the length.
    return text.size() == token_.size() &&
           CRYPTO_memcmp(text.data(), token_.data(), token_.size()) == 0;
}

std::string_view Access::session_in(std::string_view cookie) {
    const std::string wanted = std::string(kCookie) + "=";
    std::size_t at = 0;
    while (at < cookie.size()) {
        const std::size_t end = std::min(cookie.find(';', at), cookie.size());
        std::string_view pair = cookie.substr(at, end - at);
        pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
        if (pair.starts_with(wanted)) {
            return pair.substr(wanted.size());
        }
        at = end + 1;
    }
    return {};
}

bool Access::may_enter(std::string_view authorization, std::string_view cookie) {
    const std::lock_guard lock(mutex_);
    if (token_.empty()) {
        return true;
    }
    constexpr std::string_view kBearer = "Bearer ";
    if (authorization.starts_with(kBearer) && is_token(authorization.substr(kBearer.size()))) {
        return true;
    }
    const auto session = sessions_.find(session_in(cookie));
    return session != sessions_.end() && Clock::now() < session->second;
}

std::string Access::log_in(std::string_view token) {
    const std::lock_guard lock(mutex_);
    if (token_.empty() || !is_token(token)) {
        return {};
    }
    std::array<unsigned char, 32> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
        return {};
    }
    std::string session;
    for (const unsigned char byte : bytes) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        session += kDigits[byte >> 4U];
        session += kDigits[byte & 15U];
    }
    std::erase_if(sessions_, [](const auto& each) { return each.second <= Clock::now(); });
    if (sessions_.size() >= kMostSessions) {
        sessions_.erase(
            std::min_element(sessions_.begin(), sessions_.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; }));
    }
    sessions_[session] = Clock::now() + kSessionLength;
    return session;
}

void Access::log_out(std::string_view cookie) {
    const std::lock_guard lock(mutex_);
    const auto session = sessions_.find(session_in(cookie));
    if (session != sessions_.end()) {
        sessions_.erase(session);
    }
}

}  // namespace tcpdx::app
