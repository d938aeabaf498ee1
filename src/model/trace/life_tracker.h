#pragma once

// Puts the events of a trace together to lives of connections. Pure: it sees events, snapshots and
// times that it is given, never the kernel.
//
// A step is told only some milliseconds after it happened: what explains it (the RST's reason, the
// mini-socket that takes over, the port that connect() chose) mostly comes right after it.

#include <array>
#include <bitset>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory_resource>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "model/observations.h"
#include "model/trace/fifo.h"
#include "model/trace/life.h"
#include "model/trace/packed_lives.h"
#include "model/trace/shared_parts.h"
#include "model/trace/step_cause.h"

namespace tcpdx::trace {

// What becomes of a trace. References are valid during the call.
class LifeListener {
public:
    LifeListener() = default;
    LifeListener(const LifeListener&) = delete;
    LifeListener& operator=(const LifeListener&) = delete;
    LifeListener(LifeListener&&) = delete;
    LifeListener& operator=(LifeListener&&) = delete;
    virtual ~LifeListener() = default;

    // Step `index` of this life, which may be further on by now.
    virtual void stepped(const Life& life, std::size_t index) = 0;
    // A detail; without a life when it belongs to no connection that is known.
    virtual void happened(const Event& event, const Life* life) = 0;
    virtual void ended(const Life& life) = 0;
};

struct TrackerSettings {
    // Whether the source sees request sockets and TIME-WAIT mini-sockets. Where it does not, a
    // snapshot from time to time has to tell.
    bool sees_requests = true;
    bool sees_time_wait = true;
    // Snapshots are all there is: steps between two of them are expected to be missed.
    bool samples_only = false;
};

// One listing of the sockets of one network namespace.
struct Snapshot {
    std::uint32_t network_namespace = 0;  // inode
    std::span<const Connection> connections;
    // Cookies, sorted, of those that were listed as the tracker knows them and are left out above.
    // Of any network namespace.
    std::span<const std::uint64_t> agreeing{};
    std::span<const Process> processes;
    Time begun{0};  // what is listed was so at some time between these two
    Time done{0};
    bool complete = true;  // every state was asked for, so what is not listed is gone
};

// Those of one network namespace in TIME-WAIT. On a busy host they are most of all sockets, so
// those that can be are only counted.
struct TimeWaits {
    struct One {
        std::uint64_t cookie = 0;
        SocketAddress local;
        SocketAddress remote;
        Opener opener = Opener::Unknown;
        Time earliest{0};  // when TIME-WAIT began, as in a Step
        Time latest{0};
    };
    std::map<SocketAddress, std::size_t> passive;     // opened so, by local end
    std::vector<TimeWaitsTowards> from_source_ports;  // and not opened passively
    std::vector<One> others;
    // Mini-sockets that are in FIN-WAIT-2 still, as far as is known.
    std::size_t mini_fin_wait2 = 0;
};

class LifeTracker {
public:
    LifeTracker(const TrackerSettings& settings, LifeListener& listener);

    void apply(const Event& event);

    // Between `begun` and this call no event may have been applied; then nothing is doubled. Live
    // knowledge wins: what is already known from events only gets what it lacked.
    void join(const Snapshot& snapshot);
    // After events were lost, or where there are none: corrects what a snapshot contradicts, once
    // settle() is called. Apply all events up to `done` in between.
    void compare(const Snapshot& snapshot);
    void settle();

    // Tells the steps that are old enough. All events before `now` have been applied.
    void advance(Time now);
    // Tells everything that is waiting.
    void finish();

    // Totals of what the source has lost so far.
    void note_losses(std::uint64_t changes, std::uint64_t details);

    // A mini-socket in FIN-WAIT-2 can become TIME-WAIT without an event: takes a snapshot of all
    // in either state. One that is not there any more is doubted, as by compare().
    void enter_time_waits(const Snapshot& snapshot);
    [[nodiscard]] bool may_be_time_wait(std::uint64_t cookie) const {
        const auto found = by_cookie_.find(cookie);
        return found != by_cookie_.end() && mini_fin_wait2_.contains(found->second);
    }
    // Whether there is one that may have, and did not just begin.
    [[nodiscard]] bool lacks_time_waits() const { return any_waits_long(mini_fin_wait2_); }
    // Whether there is one that outlived any timer, so that its end was missed: compare() tells.
    [[nodiscard]] bool lacks_ends() const;
    // Connections whose source port does not show: a snapshot of SYN-SENT would tell.
    [[nodiscard]] bool lacks_ports() const { return any_waits_long(without_port_); }

    // How long this socket has been in this state by `now`, when its beginning was seen.
    [[nodiscard]] std::optional<Age> age_of(std::uint64_t cookie, TcpState state, Time now) const;
    // Who opened it, when that was seen.
    [[nodiscard]] Opener opener_of(std::uint64_t cookie) const;

    // Empty when there is none with this cookie, or it has ended.
    [[nodiscard]] std::optional<Life> open_life(std::uint64_t cookie) const;
    // The same when only the state is wanted, which is much faster.
    [[nodiscard]] std::optional<TcpState> open_state(std::uint64_t cookie) const;
    [[nodiscard]] std::size_t open_lives() const {
        return by_cookie_.size() + resting_.size() + half_open_.size();
    }
    // `source_ports`: those that the kernel gives to clients there.
    [[nodiscard]] TimeWaits time_waits(std::uint32_t network_namespace,
                                       const std::bitset<65536>& source_ports) const;
    // Every life that has not ended, for what is left at the end of a trace.
    void for_each_open(const std::function<void(const Life&)>& tell) const;
    // The same when only the state is wanted, which is much faster.
    void for_each_open_state(const std::function<void(TcpState)>& tell) const;

private:
    // What belongs together happens within microseconds, in one go of the kernel; on a busy machine
    // that is interrupted for a few milliseconds at most.
    static constexpr Time kGrace = std::chrono::milliseconds(5);

    struct Ends {
        SocketAddress local;
        SocketAddress remote;
        std::uint32_t network_namespace = 0;
        friend bool operator==(const Ends&, const Ends&) = default;
    };
    struct EndsHash {
        std::size_t operator()(const Ends& ends) const noexcept;
    };
    // What is known of a life beyond what a listener gets to see.
    struct Record {
        Life life;
        bool child_made = false;  // of a half-open one: the full socket is there
        bool reset_received = false;
        bool reset_sent = false;
        bool program_closed = false;
        bool ended_in_call = false;  // a process held the socket's lock when it ended
        bool timer_ran_out = false;
        bool ports_reused_by_syn = false;
        bool ports_reused_by_connect = false;
        bool time_wait_skipped = false;
        bool from_snapshot = false;  // state and time are a listing's
        Time expired_at{0};          // of a request that was not answered again since
        Time stopped_at{0};          // mini-socket or request: its timer was taken away
        Event stop{};                // the mini-socket's
        Time snapshot_done{0};
        Time last_seen{0};  // in its present state
        Time last_event{0};
        std::uint64_t details_lost_before = 0;
        std::uint8_t told = 0;      // steps
        std::uint16_t pending = 0;  // entries of it in the queue
        bool over = false;          // its last step is there; goes once nothing is pending
        bool end_told = false;
        bool in_doubt = false;              // an entry of doubts_ is about it
        std::list<Record>::iterator place;  // in records_
    };
    using Records = std::pmr::unordered_set<Record*>;
    enum class Due : std::uint8_t { Step, RequestGone, TimeWaitGone, Detail };
    struct Pending {
        Record* record = nullptr;
        Time at{0};
        Due due = Due::Step;
        std::uint8_t steps = 0;  // to be told by then
    };
    struct Doubt {
        Record* record = nullptr;
        std::uint64_t id = 0;              // the record may serve another life by then
        std::optional<Connection> listed;  // nothing: it was not listed any more
        Time begun{0};
        Time done{0};
    };
    struct ListenerOwner {
        SocketAddress local;
        LifeOwner owner;
        bool closed = false;
    };

    // events: life_tracker.cpp
    void on_state(const Event& event);
    void on_child(const Event& event);
    void on_listener(const Event& event);
    void on_closed(Record& record, const Event& event);
    void on_request(const Event& event);
    void on_time_wait(const Event& event);
    void on_detail(const Event& event);

    // lives: lives.cpp
    Record& create(const Event& event, std::optional<TcpState> began_as);
    Record& older_life(const Event& event, TcpState state, SocketKind kind);
    Record* find(std::uint64_t cookie);
    void remember_cookie(std::uint64_t cookie, Record& record);
    void forget_cookie(std::uint64_t cookie);
    Record* find_half_open(const Ends& ends);
    Record* adopt(const Event& event);
    void add_step(Record& record, TcpState state, SocketKind kind, Time earliest, Time latest);
    void note_mini_socket(Record& record);
    [[nodiscard]] bool any_waits_long(const Records& records) const;
    void follow(Record& record, const Event& event, SocketKind kind);
    void learn_ends(Record& record, const Event& event);
    void learn_owner(Record& record, const Event& event);
    void learn_listener(const SocketAddress& local, std::uint32_t network_namespace,
                        const LifeOwner& owner, bool closed);
    void wait_for(Record& record, Due due, Time at, std::uint8_t steps = 0);
    void not_stopped(Record& record);
    void enter_time_wait_late(Record& record, const Event& event);
    [[nodiscard]] Record& new_record();
    void forget(Record& record);
    [[nodiscard]] const ListenerOwner* listener_of(const Life& life) const;
    [[nodiscard]] static Ends ends_of(const Event& event);
    [[nodiscard]] static Ends ends_of(const Life& life);

    // lives at rest: life_resting.cpp
    struct Front {
        TcpState state = TcpState::Closed;
        std::uint8_t shared = 0;  // number in shared_
    };
    template <class Bytes>
    void pass_front(Bytes& bytes, Front& front, Life& life) const;
    template <class Bytes>
    void pass_peer(Bytes& bytes, Life& life) const;
    template <class Bytes>
    void pass(Bytes& bytes, Front& front, Record& record) const;
    [[nodiscard]] static TcpState state_of(const std::byte* packed);
    // Over what is in `record`, which is a new one. Returns its number in shared_.
    std::uint8_t unpack(std::uint64_t cookie, const std::byte* packed, Record& record) const;
    [[nodiscard]] Record unpacked(std::uint64_t cookie, const std::byte* packed) const;
    void rest_if_quiet(Record& record);
    void rest_all_quiet();
    Record* wake(std::uint64_t cookie);
    void use_known(std::uint64_t cookie, const std::function<void(const Record&)>& use) const;

    // telling: life_telling.cpp
    void come_due(const Pending& pending);
    void tell_steps(Record& record, std::uint8_t count);
    [[nodiscard]] static bool ended_with_listener(const Record& record);
    void settle_step(Record& record, std::size_t index);
    void settle_end(Record& record);
    [[nodiscard]] Ending ending_of(const Record& record) const;
    void request_gone(Record& record, Time at);
    void time_wait_gone(Record& record, Time at);
    void for_each_awake(const std::function<void(const Life&)>& tell) const;

    // snapshots: life_snapshots.cpp
    Record* join_one(const Snapshot& snapshot, const Connection& listed);
    void resolve(const Doubt& doubt);
    void learn_from(Record& record, const Snapshot& snapshot, const Connection& listed);
    [[nodiscard]] Record* find(const Connection& listed, std::uint32_t network_namespace);

    TrackerSettings settings_;
    LifeListener& listener_;
    // Some that are not used stay at hand; a burst must not take its room for ever.
    static constexpr std::size_t kMostSpare = 256;
    std::list<Record> records_;
    std::list<Record> spare_;
    // Every connection comes into some of these tables and leaves them: the pool makes that cheap.
    std::pmr::unsynchronized_pool_resource nodes_;
    std::pmr::unordered_map<std::uint64_t, Record*> by_cookie_{&nodes_};
    SharedParts shared_;
    PackedLives resting_;  // not in by_cookie_; see life_resting.cpp
    // In front of it: the events of one connection mostly come close together, and a table with
    // all that are in TIME-WAIT is not in the processor's cache.
    struct Recent {
        std::uint64_t cookie = 0;
        Record* record = nullptr;
    };
    std::array<Recent, 1024> recent_{};
    std::pmr::unordered_map<Ends, Record*, EndsHash> half_open_{&nodes_};  // no cookie yet
    // TIME-WAIT ended early, just now
    std::pmr::unordered_map<Ends, Record*, EndsHash> stopped_{&nodes_};
    std::unordered_map<std::uint64_t, std::vector<ListenerOwner>> listeners_;
    Fifo<Pending> queue_;
    Fifo<Event> details_;  // those that wait in the queue
    Records without_port_{&nodes_};
    std::vector<Doubt> doubts_;
    Records mini_fin_wait2_{&nodes_};  // mini-sockets in that state
    std::uint64_t next_id_ = 1;
    std::uint64_t changes_lost_ = 0;
    std::uint64_t details_lost_ = 0;
    Time joined_at_{0};  // since then no connection can have begun unseen
    Time now_{0};
    Time next_rest_{0};
};

}  // namespace tcpdx::trace
