#include "app/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/unique_fd.h"

namespace tcpdx::app {
namespace {

// At the start, before there are threads.
std::string taken_from_environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    std::string text = value == nullptr ? "" : value;
    ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
    return text;
}

std::optional<long> number(const std::string& text) {
    long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                    : std::nullopt;
}

}  // namespace

ServiceManager::ServiceManager() : socket_(taken_from_environment("NOTIFY_SOCKET")) {
    const auto every = number(taken_from_environment("WATCHDOG_USEC"));
    const std::string whom = taken_from_environment("WATCHDOG_PID");
    if (every && *every > 0 && (whom.empty() || number(whom) == long{::getpid()})) {
        watchdog_ = std::chrono::microseconds(*every);
    }
}

void ServiceManager::send(std::string_view message) const {
    sockaddr_un address{};
    // "/run/..." or, in the abstract namespace, "@...".
    if (socket_.empty() || socket_.size() >= sizeof address.sun_path ||
        (socket_[0] != '/' && socket_[0] != '@')) {
        return;
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    if (socket_[0] == '@') {
        address.sun_path[0] = '\0';
    }
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (fd) {
        // A manager that does not listen is no reason to stop.
        static_cast<void>(::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL,
                                   reinterpret_cast<const sockaddr*>(&address), size));
    }
}

void ServiceManager::ready(std::string_view status) const {
    send("READY=1\nSTATUS=" + std::string(status));
}

void ServiceManager::reloading() const {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    send("RELOADING=1\nMONOTONIC_USEC=" +
         std::to_string(now.tv_sec * 1'000'000 + now.tv_nsec / 1000));
}

void ServiceManager::stopping() const {
    send("STOPPING=1");
}

void ServiceManager::alive() {
    const auto now = std::chrono::steady_clock::now();
    // Half of what is allowed, as sd_watchdog_enabled(3) recommends, or a little earlier: the next
    // call may be a second away.
    constexpr std::chrono::milliseconds kBetweenCalls(500);
    if (watchdog_ && now - told_ + kBetweenCalls >= *watchdog_ / 2) {
        told_ = now;
        send("WATCHDOG=1");
    }
}

}  // namespace tcpdx::app
