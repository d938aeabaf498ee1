#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "endpoint/stack.h"
#include "flags.h"

namespace tcpdx::packetdrill {

// The stack with a clock and a wire, used by two threads: one injects and sniffs packets and lets
// time pass, the other makes the calls that block. All of it is under one lock.
//
// With the virtual clock, time stands still except where a caller waits for it, and it does not
// move while a caller who has been released is still on the way back: so a run always goes the same
// way, and an hour takes no time.
class Engine {
public:
    using Lock = std::unique_lock<std::mutex>;

    explicit Engine(const Flags& flags);

    [[nodiscard]] Lock lock() { return Lock(mutex_); }
    [[nodiscard]] endpoint::TcpStack& stack() { return stack_; }
    [[nodiscard]] const Flags& flags() const { return flags_; }
    [[nodiscard]] endpoint::Time now() const;

    // After a call that may have made segments: puts them on the wire and releases who can go on.
    void pump();

    // Blocks until `ready`, or until so much time has passed. False when it was not ready.
    bool wait(Lock& lock, const std::function<bool()>& ready,
              std::optional<endpoint::Duration> timeout);

    // ---- the other thread's part
    void inject(Lock& lock, std::span<const std::byte> datagram);
    // Empty when nothing will come any more.
    struct Sniffed {
        std::vector<std::byte> datagram;
        endpoint::Time sent_at;
    };
    [[nodiscard]] std::optional<Sniffed> sniff(Lock& lock);
    void sleep(Lock& lock, endpoint::Duration duration);
    [[nodiscard]] endpoint::Time read_clock(Lock& lock);
    // The calling thread has begun something new, so it has returned from what it was blocked in.
    void arrived() { returning_.remove(std::this_thread::get_id()); }

    std::function<void()> on_progress;  // after segments and timers: sockets look at events

private:
    struct Waiter {
        const std::function<bool()>* ready;
        std::optional<endpoint::Time> deadline;
        std::thread::id thread;
        bool released = false;
    };

    void release_waiters();
    [[nodiscard]] std::optional<endpoint::Time> next_time() const;
    void run_timers();
    void move_to(Lock& lock, endpoint::Time until);
    void await_returning(Lock& lock);

    Flags flags_;
    std::mutex mutex_;
    std::condition_variable changed_;
    endpoint::TcpStack stack_;
    endpoint::Time virtual_now_;
    std::deque<Sniffed> wire_;
    std::list<Waiter> waiters_;
    std::list<std::thread::id> returning_;
    std::thread::id owner_ = std::this_thread::get_id();
};

}  // namespace tcpdx::packetdrill
