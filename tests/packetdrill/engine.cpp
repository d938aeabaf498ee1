#include "engine.h"

#include <algorithm>
#include <chrono>

namespace tcpdx::packetdrill {
namespace {

using endpoint::Duration;
using endpoint::Time;

// A released caller that never comes back to the table must not stop the clock for ever.
constexpr std::chrono::milliseconds kReturnPatience(200);
// How long to listen to a silent wire on the real clock while another thread could still write.
constexpr std::chrono::seconds kSilence(1);
constexpr Time kVirtualStart{std::chrono::seconds(1'000'000)};

Time real_now() {
    return Time(
        std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()));
}

}  // namespace

Engine::Engine(const Flags& flags)
    : flags_(flags), stack_(flags.settings), virtual_now_(kVirtualStart) {}

Time Engine::now() const {
    return flags_.virtual_clock ? virtual_now_ : real_now();
}

void Engine::pump() {
    std::vector<std::byte> room(flags_.settings.mtu + 100U);
    while (const std::size_t size = stack_.poll_output(now(), room)) {
        wire_.push_back(
            {.datagram = {room.begin(), room.begin() + static_cast<long>(size)}, .sent_at = now()});
    }
    if (on_progress) {
        on_progress();
    }
    release_waiters();
    changed_.notify_all();
}

void Engine::release_waiters() {
    for (Waiter& waiter : waiters_) {
        const bool timed_out = waiter.deadline && *waiter.deadline <= now();
        if (!waiter.released && (timed_out || (*waiter.ready)())) {
            waiter.released = true;
            returning_.push_back(waiter.thread);
        }
    }
}

std::optional<Time> Engine::next_time() const {
    auto next = stack_.next_deadline();
    for (const Waiter& waiter : waiters_) {
        if (!waiter.released && waiter.deadline && (!next || *waiter.deadline < *next)) {
            next = waiter.deadline;
        }
    }
    return next;
}

void Engine::run_timers() {
    stack_.advance_time(now());
    pump();
}

void Engine::await_returning(Lock& lock) {
    arrived();
    const auto patience = std::chrono::steady_clock::now() + kReturnPatience;
    while (!returning_.empty()) {
        if (changed_.wait_until(lock, patience) == std::cv_status::timeout) {
            returning_.clear();
        }
    }
}

// The virtual clock, stopping at everything that happens on the way.
void Engine::move_to(Lock& lock, Time until) {
    await_returning(lock);
    for (auto next = next_time(); next && *next <= until; next = next_time()) {
        virtual_now_ = std::max(virtual_now_, *next);
        run_timers();
        await_returning(lock);
    }
    virtual_now_ = std::max(virtual_now_, until);
}

bool Engine::wait(Lock& lock, const std::function<bool()>& ready, std::optional<Duration> timeout) {
    if (ready()) {
        return true;
    }
    if (timeout && timeout->count() <= 0) {
        return false;
    }
    std::optional<Time> deadline;
    if (timeout) {
        deadline = now() + *timeout;
    }
    if (flags_.virtual_clock && std::this_thread::get_id() == owner_) {
        // Nobody else lets time pass.
        while (!ready()) {
            auto next = next_time();
            if (deadline && (!next || *deadline < *next)) {
                next = deadline;
            }
            if (!next) {
                return false;
            }
            move_to(lock, *next);
            if (deadline && virtual_now_ >= *deadline) {
                return ready();
            }
        }
        return true;
    }
    const auto self = waiters_.insert(
        waiters_.end(),
        Waiter{.ready = &ready, .deadline = deadline, .thread = std::this_thread::get_id()});
    while (!self->released) {
        if (flags_.virtual_clock) {
            changed_.wait(lock);
            continue;
        }
        const auto next = next_time();
        if (next) {
            changed_.wait_for(lock, std::max(*next - now(), Duration(1)));
        } else {
            changed_.wait(lock);
        }
        run_timers();
    }
    waiters_.erase(self);
    return ready();
}

void Engine::inject(Lock& lock, std::span<const std::byte> datagram) {
    arrived();
    if (flags_.virtual_clock) {
        await_returning(lock);
    } else {
        run_timers();
    }
    stack_.receive(datagram, now());
    pump();
}

std::optional<Engine::Sniffed> Engine::sniff(Lock& lock) {
    arrived();
    auto silent_until = std::chrono::steady_clock::now() + kSilence;
    while (wire_.empty()) {
        const auto next = next_time();
        if (flags_.virtual_clock) {
            await_returning(lock);
            if (!wire_.empty()) {
                break;
            }
            if (!next) {
                return std::nullopt;
            }
            move_to(lock, std::max(*next, virtual_now_));
            continue;
        }
        if (!next && std::chrono::steady_clock::now() >= silent_until) {
            return std::nullopt;
        }
        changed_.wait_for(lock, next ? std::max(*next - now(), Duration(1)) : Duration(kSilence));
        run_timers();
        if (next) {
            silent_until = std::chrono::steady_clock::now() + kSilence;
        }
    }
    Sniffed first = std::move(wire_.front());
    wire_.pop_front();
    return first;
}

void Engine::sleep(Lock& lock, Duration duration) {
    arrived();
    const Time until = now() + duration;
    if (flags_.virtual_clock) {
        move_to(lock, until);
        return;
    }
    while (now() < until) {
        const auto next = next_time();
        const Time stop = next && *next < until ? *next : until;
        changed_.wait_for(lock, std::max(stop - now(), Duration(0)));
        run_timers();
    }
}

Time Engine::read_clock(Lock& lock) {
    const bool was_returning = std::find(returning_.begin(), returning_.end(),
                                         std::this_thread::get_id()) != returning_.end();
    arrived();
    changed_.notify_all();
    if (!flags_.virtual_clock) {
        run_timers();
        return real_now();
    }
    if (was_returning) {
        return virtual_now_;  // it asks when its call returned
    }
    move_to(lock, virtual_now_ + Duration(1));
    return virtual_now_;
}

}  // namespace tcpdx::packetdrill
