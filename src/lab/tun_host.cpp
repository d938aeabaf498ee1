#include "lab/tun_host.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace tcpdx::lab {

using endpoint::Duration;
using endpoint::Time;

namespace {

// After so many datagrams without a pause what they have caused is sent.
constexpr int kBatch = 64;

}  // namespace

TunHost::TunHost(TunDevice device, const endpoint::Settings& settings, double loss,
                 std::uint32_t seed)
    : device_(std::move(device)), stack_(settings), loss_(loss), random_(seed), room_(65536) {}

Time TunHost::now() const {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

bool TunHost::loses() {
    return loss_ > 0 && std::uniform_real_distribution<>(0, 1)(random_) < loss_;
}

Result<> TunHost::take_datagrams() {
    for (int i = 0; i < kBatch; ++i) {
        const std::size_t size = TRY(device_.read(room_));
        if (size == 0) {
            break;
        }
        if (!loses()) {
            stack_.receive(std::span(room_).first(size), now());
        }
    }
    return {};
}

Result<> TunHost::send_datagrams() {
    while (const std::size_t size = stack_.poll_output(now(), room_)) {
        if (!loses()) {
            (void)TRY(device_.write(std::span(room_).first(size)));
        }
    }
    return {};
}

Result<> TunHost::run_once(Duration longest, const std::function<void()>& program) {
    Duration wait = longest;
    if (const auto next = stack_.next_deadline()) {
        wait = std::clamp(*next - now(), Duration(0), longest);
    }
    pollfd fd{.fd = device_.fd(), .events = POLLIN, .revents = 0};
    // Rounded up: a timer must not find itself called a little early again and again.
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    if (::poll(&fd, 1, static_cast<int>(milliseconds)) < 0 && errno != EINTR) {
        return os_failure("waiting for the TUN device");
    }
    TRY(take_datagrams());
    stack_.advance_time(now());
    program();
    TRY(send_datagrams());
    return {};
}

}  // namespace tcpdx::lab
