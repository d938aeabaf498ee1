#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tcpdx::app {

// Tells systemd how it goes: sd_notify(3), and the watchdog of systemd.service(5). Says nothing
// where no service manager listens.
class ServiceManager {
public:
    // From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which are taken out of the environment.
    ServiceManager();

    void ready(std::string_view status) const;
    void reloading() const;
    void stopping() const;
    // Call it often: it says only now and then that we are alive.
    void alive();

private:
    void send(std::string_view message) const;

    std::string socket_;
    std::optional<std::chrono::microseconds> watchdog_;
    std::chrono::steady_clock::time_point told_{};
};

}  // namespace tcpdx::app
