#pragma once

#include <cstdint>
#include <functional>
#include <random>

#include "endpoint/stack.h"
#include "lab/tun_device.h"

namespace tcpdx::lab {

// A host on a TUN device: the stack with a real clock and a real wire. It can lose datagrams in
// both directions, so that no queueing discipline is needed to make a bad network.
class TunHost {
public:
    TunHost(TunDevice device, const endpoint::Settings& settings, double loss = 0,
            std::uint32_t seed = 1);

    [[nodiscard]] endpoint::TcpStack& stack() { return stack_; }
    [[nodiscard]] endpoint::Time now() const;

    // Waits for a datagram, a timer or the end of `longest`, and sees to everything that is due;
    // then calls `program`, and sends what that has made.
    Result<> run_once(endpoint::Duration longest, const std::function<void()>& program);

private:
    [[nodiscard]] bool loses();
    Result<> take_datagrams();
    Result<> send_datagrams();

    TunDevice device_;
    endpoint::TcpStack stack_;
    double loss_;
    std::mt19937 random_;
    std::vector<std::byte> room_;
};

}  // namespace tcpdx::lab
