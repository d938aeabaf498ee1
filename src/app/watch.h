#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/filter/search_space.h"
#include "model/observations.h"
#include "model/trace/life_tracker.h"
#include "sources/trace/tracer.h"

namespace tcpdx::app {

struct WatchRequest {
    bool all_namespaces = false;
    // Where everything that is wanted can be found; empty for everywhere.
    std::vector<filter::SearchArea> areas;
    // Between two listings, where there are no events.
    std::chrono::milliseconds interval{1000};
    bool only_sample = false;
    // A listing of very many sockets takes a while, and must not eat the time for reading events:
    // so much longer is the rest until the next one.
    int rest_per_work = 20;
    // A TIME-WAIT that is as it is known to be needs no row when lost events are made up for. If
    // its end is lost later, the bounds of it are wider.
    bool few_rows = false;
    // At most, for events that wait; the source's own measure when empty.
    std::optional<std::uint32_t> most_event_bytes;
};

// Now, by the clock that events are stamped with.
[[nodiscard]] trace::Time monotonic_now();

// Watches the connections of this host for a while: through eBPF where that works, else by listing
// the sockets again and again.
class Watch {
public:
    // What is wrong with eBPF here is no error: it is in without_events().
    [[nodiscard]] static Result<Watch> begin(const WatchRequest& request);

    [[nodiscard]] trace::TrackerSettings tracker_settings() const;
    [[nodiscard]] const trace::ReasonNames& reasons() const;
    // Why there are no events, where there are none.
    [[nodiscard]] const std::optional<Error>& without_events() const { return refused_; }
    [[nodiscard]] const std::vector<Unseen>& unseen() const { return unseen_; }
    [[nodiscard]] trace::Losses losses() const;
    // Name of a network namespace, by inode; empty where there is none.
    [[nodiscard]] std::string_view namespace_name(std::uint32_t inode) const;

    // Takes in what there is already. Once, before the first turn().
    [[nodiscard]] Result<> join(trace::LifeTracker& tracker);
    // Takes in what happened since the last turn, then rests for some milliseconds (or for the
    // interval between listings, unless `until` comes first).
    [[nodiscard]] Result<> turn(trace::LifeTracker& tracker,
                                std::chrono::steady_clock::time_point until);
    // turn() without the rest, for those that rest by themselves: what happened since the last one,
    // and how many events that were. Where there are no events, last_turn() does the same.
    [[nodiscard]] Result<std::size_t> take_in(trace::LifeTracker& tracker);
    // What join() saw.
    [[nodiscard]] std::vector<Observations> take_looks() { return std::move(looks_); }
    // The same without the rest, for the last time.
    [[nodiscard]] Result<> last_turn(trace::LifeTracker& tracker);

private:
    using Purpose = void (trace::LifeTracker::*)(const trace::Snapshot&);

    Watch() = default;
    [[nodiscard]] trace::Time rest_after(trace::Time work, trace::Time least) const;
    Result<> take_snapshot(trace::LifeTracker& tracker, Purpose purpose);
    Result<std::size_t> take_events(trace::LifeTracker& tracker);
    // Lists sockets in these states, and no more of them than that costs little: those that are
    // wanted, with the number of all.
    using Wanted = std::function<bool(const Connection&)>;
    using Listed = std::function<void(const trace::Snapshot&, std::size_t all)>;
    Result<> list_some(StateSet states, const Wanted& wanted, const Listed& on_namespace) const;
    Result<> find_ports(trace::LifeTracker& tracker);
    Result<> find_time_waits(trace::LifeTracker& tracker);
    Result<> repair(trace::LifeTracker& tracker);

    WatchRequest request_;
    std::optional<trace::Tracer> tracer_;
    std::optional<Error> refused_;
    trace::ReasonNames no_reasons_;
    std::vector<Unseen> unseen_;
    std::map<std::uint32_t, std::string> namespaces_;
    std::vector<Observations> looks_;   // of the last snapshot
    std::uint64_t changes_lost_ = 0;    // by the last check
    std::uint64_t repaired_after_ = 0;  // so many
    trace::Time next_port_search_{0};
    trace::Time next_time_wait_search_{0};
    trace::Time next_repair_{0};
    trace::Time next_loss_check_{0};
    trace::Time next_overdue_check_{0};
    bool first_snapshot_ = true;
};

}  // namespace tcpdx::app
