#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "app/peer_watcher.h"
#include "sources/probe/kernel_address.h"

namespace tcpdx::app {

// The server's side of a probe of an address of this host, watched while the probe lasts.
class OwnHostWatch {
public:
    // Empty when `target` is no address of this host, or cannot be watched.
    [[nodiscard]] static std::unique_ptr<OwnHostWatch> begin(const probe::Target& target);
    explicit OwnHostWatch(PeerWatcher started);
    OwnHostWatch(const OwnHostWatch&) = delete;
    OwnHostWatch& operator=(const OwnHostWatch&) = delete;
    ~OwnHostWatch();

    [[nodiscard]] std::optional<PortWatch> end();

private:
    void keep_looking();

    PeerWatcher watcher_;
    std::atomic<bool> stop_ = false;
    std::thread looking_;
};

}  // namespace tcpdx::app
