#include "app/own_host_watch.h"

#include "sources/probe/path_lookup.h"

namespace tcpdx::app {

std::unique_ptr<OwnHostWatch> OwnHostWatch::begin(const probe::Target& target) {
    const auto route = probe::look_up_route(target);
    const auto source = probe::source_towards(target);
    if (!route || route->kind != LocalRoute::Kind::Local || !source) {
        return nullptr;
    }
    PeerWatcher watcher(target.address.port, *source);
    if (!watcher.start()) {
        return nullptr;
    }
    return std::make_unique<OwnHostWatch>(std::move(watcher));
}

OwnHostWatch::OwnHostWatch(PeerWatcher started)
    : watcher_(std::move(started)), looking_([this] { keep_looking(); }) {}

OwnHostWatch::~OwnHostWatch() {
    stop_ = true;
    if (looking_.joinable()) {
        looking_.join();
    }
}

void OwnHostWatch::keep_looking() {
    while (!stop_ && watcher_.look()) {
        std::this_thread::sleep_for(PeerWatcher::kBetweenLooks);
    }
}

std::optional<PortWatch> OwnHostWatch::end() {
    stop_ = true;
    looking_.join();
    // What came of the last segments.
    if (!watcher_.look()) {
        return std::nullopt;
    }
    auto watch = watcher_.finish();
    return watch ? std::optional(*std::move(watch)) : std::nullopt;
}

}  // namespace tcpdx::app
