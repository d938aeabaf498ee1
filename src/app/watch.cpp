#include "app/watch.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "app/interruption.h"
#include "app/look.h"
#include "app/stamped_ages.h"
#include "base/i18n.h"
#include "model/age_estimate.h"
#include "sources/procfs/network_namespaces.h"
#include "sources/sockdiag/exact_ages.h"
#include "sources/sockdiag/tcp_dump.h"

namespace tcpdx::app {
namespace {

using namespace std::chrono_literals;

// The ring buffer holds what comes in a good deal longer than this at any rate that was measured.
constexpr int kBusyRestMs = 2;
constexpr int kIdleRestMs = 5;
constexpr trace::Time kBetweenSearches = 250ms;
constexpr trace::Time kBetweenRepairs = 2s;
constexpr trace::Time kBetweenLossChecks = 500ms;
constexpr trace::Time kBetweenOverdueChecks = 60s;
// Where mini-sockets cannot be traced: TIME-WAIT lasts a minute, so this sees each one.
constexpr trace::Time kBetweenListings = 10s;

std::optional<std::uint32_t> own_namespace() {
    struct stat status {};
    if (::stat("/proc/thread-self/ns/net", &status) != 0) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(status.st_ino);
}

// Also ends early when nobody reads our output any more, which no write would tell while nothing
// happens.
void rest(int milliseconds) {
    pollfd reader{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
    if (::poll(&reader, 1, milliseconds) > 0 && (reader.revents & POLLERR) == 0) {
        ::poll(nullptr, 0, milliseconds);  // a terminal that has hung up, a closed descriptor
    }
}

bool reader_gone() {
    pollfd reader{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
    return ::poll(&reader, 1, 0) > 0 && (reader.revents & POLLERR) != 0;
}

// The timer alone leaves open whether it was started anew.
void read_stamps(std::vector<Connection>& connections) {
    const auto ages = sockdiag::read_exact_ages();
    if (!ages) {
        return;
    }
    for (Connection& connection : connections) {
        const auto age = ages->find(connection.cookie.value_or(0));
        if (age != ages->end()) {
            connection.age = Age::exact(age->second, AgeMethod::KernelTimestamp);
        }
    }
}

}  // namespace

trace::Time monotonic_now() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

Result<Watch> Watch::begin(const WatchRequest& request) {
    Watch watch;
    watch.request_ = request;
    if (request.only_sample) {
        watch.refused_ = Error{.code = ErrorCode::Unsupported, .doing = "", .os_error = 0};
        return watch;
    }
    trace::TracerSettings settings;
    if (!request.all_namespaces) {
        settings.network_namespace = own_namespace();
    }
    settings.areas = request.areas;
    settings.most_ring_bytes = request.most_event_bytes.value_or(settings.most_ring_bytes);
    auto tracer = trace::Tracer::attach(settings);
    if (tracer) {
        watch.tracer_ = *std::move(tracer);
        watch.unseen_ = watch.tracer_->missing();
    } else {
        watch.refused_ = tracer.error();
    }
    return watch;
}

trace::TrackerSettings Watch::tracker_settings() const {
    if (!tracer_) {
        return {.sees_requests = false, .sees_time_wait = true, .samples_only = true};
    }
    return {.sees_requests = tracer_->sees_requests(), .sees_time_wait = tracer_->sees_time_wait()};
}

const trace::ReasonNames& Watch::reasons() const {
    return tracer_ ? tracer_->reasons() : no_reasons_;
}

trace::Losses Watch::losses() const {
    return tracer_ ? tracer_->losses() : trace::Losses{};
}

std::string_view Watch::namespace_name(std::uint32_t inode) const {
    const auto found = namespaces_.find(inode);
    return found == namespaces_.end() ? std::string_view() : std::string_view(found->second);
}

trace::Time Watch::rest_after(trace::Time work, trace::Time least) const {
    return std::max(least, work * request_.rest_per_work);
}

Result<> Watch::take_snapshot(trace::LifeTracker& tracker, Purpose purpose) {
    LookRequest look;
    look.all_namespaces = request_.all_namespaces;
    std::vector<std::uint64_t> agreeing;
    if (request_.few_rows) {
        look.leave_out = [&](const Connection& listed) {
            const std::uint64_t cookie = listed.cookie.value_or(0);
            const bool agrees = listed.state == TcpState::TimeWait &&
                                tracker.open_state(cookie) == TcpState::TimeWait;
            if (agrees) {
                agreeing.push_back(cookie);
            }
            return agrees;
        };
    }
    const trace::Time begun = monotonic_now();
    looks_ = TRY(look_at_host(look));
    const trace::Time done = monotonic_now();
    std::sort(agreeing.begin(), agreeing.end());
    for (const Observations& seen : looks_) {
        const auto inode = static_cast<std::uint32_t>(seen.network_namespace.inode);
        namespaces_[inode] = seen.network_namespace.name;
        (tracker.*purpose)({.network_namespace = inode,
                            .connections = seen.connections,
                            .agreeing = agreeing,
                            .processes = seen.processes,
                            .begun = begun,
                            .done = done});
        if (first_snapshot_) {
            unseen_.insert(unseen_.end(), seen.coverage.unseen.begin(), seen.coverage.unseen.end());
        }
    }
    first_snapshot_ = false;
    return {};
}

Result<> Watch::join(trace::LifeTracker& tracker) {
    next_repair_ = monotonic_now() + kBetweenListings;
    return take_snapshot(tracker, &trace::LifeTracker::join);
}

Result<std::size_t> Watch::take_events(trace::LifeTracker& tracker) {
    const trace::Time now = monotonic_now();
    // What has piled up while this process had to wait is told as it is read: else every connection
    // in it would be awake at once.
    constexpr std::size_t kMostUntold = 512;
    std::size_t untold = 0;
    const std::size_t taken = TRY(tracer_->drain([&](const trace::Event& event) {
        tracker.apply(event);
        if (++untold == kMostUntold) {
            tracker.advance(event.at);
            untold = 0;
        }
    }));
    if (now >= next_loss_check_) {
        const trace::Losses losses = tracer_->losses();
        changes_lost_ = losses.changes + losses.skipped;
        tracker.note_losses(changes_lost_, losses.details);
        next_loss_check_ = now + kBetweenLossChecks;
    }
    tracker.advance(now);
    return taken;
}

Result<> Watch::list_some(StateSet states, const Wanted& wanted, const Listed& on_namespace) const {
    const sockdiag::DumpRequest request{.states = states, .conditions = {}, .tcp_info = false};
    const auto look = [&](std::uint32_t inode) -> Result<> {
        const trace::Time begun = monotonic_now();
        std::vector<Connection> connections;
        std::size_t all = 0;
        TRY(sockdiag::dump_tcp(request, [&](Connection& each) {
            ++all;
            if (wanted(each)) {
                each.age = estimate_age(each, {});
                connections.push_back(each);
            }
        }));
        const trace::Snapshot snapshot{.network_namespace = inode,
                                       .connections = connections,
                                       .processes = {},
                                       .begun = begun,
                                       .done = monotonic_now(),
                                       .complete = false};
        on_namespace(snapshot, all);
        return {};
    };
    TRY(look(own_namespace().value_or(0)));
    if (!request_.all_namespaces) {
        return {};
    }
    const auto list = TRY(procfs::list_network_namespaces());
    for (std::size_t i = 1; i < list.namespaces.size(); ++i) {
        // One that has vanished meanwhile has no connections either.
        (void)procfs::inside_network_namespace(list.namespaces[i].entrance, [&] {
            return look(static_cast<std::uint32_t>(list.namespaces[i].identity.inode));
        });
    }
    return {};
}

// connect() chooses its port after the change to SYN-SENT, so it shows only with the next event.
Result<> Watch::find_ports(trace::LifeTracker& tracker) {
    const trace::Time begun = monotonic_now();
    TRY(list_some(
        StateSet().add(TcpState::SynSent), [](const Connection&) { return true; },
        [&](const trace::Snapshot& snapshot, std::size_t) { tracker.join(snapshot); }));
    const trace::Time now = monotonic_now();
    next_port_search_ = now + rest_after(now - begun, kBetweenSearches);
    return {};
}

// The change of a mini-socket from FIN-WAIT-2 to TIME-WAIT often makes no event.
Result<> Watch::find_time_waits(trace::LifeTracker& tracker) {
    const trace::Time begun = monotonic_now();
    const StateSet states = StateSet().add(TcpState::TimeWait).add(TcpState::FinWait2);
    const auto may_have_changed = [&tracker](const Connection& each) {
        return tracker.may_be_time_wait(each.cookie.value_or(0));
    };
    TRY(list_some(states, may_have_changed, [&](const trace::Snapshot& listed, std::size_t all) {
        std::vector<Connection> changed(listed.connections.begin(), listed.connections.end());
        if (!changed.empty() && all <= kMostStampsWorthReading) {
            read_stamps(changed);
        }
        trace::Snapshot snapshot = listed;
        snapshot.connections = changed;
        snapshot.done = monotonic_now();
        tracker.enter_time_waits(snapshot);
    }));
    TRY(take_events(tracker));
    tracker.settle();
    const trace::Time now = monotonic_now();
    next_time_wait_search_ = now + rest_after(now - begun, kBetweenSearches);
    return {};
}

Result<> Watch::repair(trace::LifeTracker& tracker) {
    const trace::Time begun = monotonic_now();
    TRY(take_snapshot(tracker, &trace::LifeTracker::compare));
    TRY(take_events(tracker));
    tracker.settle();
    looks_ = {};  // nobody asks for them any more
    const trace::Time now = monotonic_now();
    next_repair_ = now + rest_after(now - begun, kBetweenRepairs);
    return {};
}

Result<> Watch::turn(trace::LifeTracker& tracker, std::chrono::steady_clock::time_point until) {
    if (reader_gone()) {
        return failure(ErrorCode::ReaderGone, "writing the trace");
    }
    if (!tracer_) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        sleep_unless_interrupted(std::min(left, request_.interval));
        return last_turn(tracker);
    }
    const std::size_t taken = TRY(take_in(tracker));
    rest(taken > 0 ? kBusyRestMs : kIdleRestMs);
    return {};
}

Result<std::size_t> Watch::take_in(trace::LifeTracker& tracker) {
    const std::size_t taken = TRY(take_events(tracker));
    const trace::Time now = monotonic_now();
    if (tracker.lacks_ports() && now >= next_port_search_) {
        TRY(find_ports(tracker));
    }
    if (tracker.lacks_time_waits() && now >= next_time_wait_search_) {
        TRY(find_time_waits(tracker));
    }
    const trace::TrackerSettings settings = tracker_settings();
    const bool blind = !settings.sees_requests || !settings.sees_time_wait;
    // The kernel may not run our programs at all: some supervisors hide their threads from BPF, and
    // with them the timers that ran out while one of them was interrupted.
    const bool hidden = now >= next_overdue_check_ && tracker.lacks_ends();
    if (now >= next_overdue_check_) {
        next_overdue_check_ = now + kBetweenOverdueChecks;
    }
    if (hidden || (now >= next_repair_ && (changes_lost_ != repaired_after_ || blind))) {
        repaired_after_ = changes_lost_;
        TRY(repair(tracker));
        if (blind) {
            next_repair_ = now + kBetweenListings;
        }
    }
    return taken;
}

Result<> Watch::last_turn(trace::LifeTracker& tracker) {
    if (tracer_) {
        TRY(take_events(tracker));
        const trace::Losses losses = tracer_->losses();
        tracker.note_losses(losses.changes + losses.skipped, losses.details);
        return {};
    }
    TRY(take_snapshot(tracker, &trace::LifeTracker::compare));
    tracker.settle();
    tracker.advance(monotonic_now());
    return {};
}

}  // namespace tcpdx::app
