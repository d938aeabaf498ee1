// How the tracker finds, makes and extends the lives that events belong to.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "model/trace/life_tracker.h"

namespace tcpdx::trace {
namespace {

using namespace std::chrono_literals;

// Most such questions answer themselves sooner.
constexpr Time kWorthAsking = 50ms;

std::uint64_t listener_key(std::uint32_t network_namespace, std::uint16_t port) {
    return (std::uint64_t{network_namespace} << 16U) | port;
}

}  // namespace

std::size_t LifeTracker::EndsHash::operator()(const Ends& ends) const noexcept {
    std::uint64_t words[4];
    std::memcpy(words, ends.local.address.bytes.data(), 16);
    std::memcpy(words + 2, ends.remote.address.bytes.data(), 16);
    std::uint64_t hash = (std::uint64_t{ends.local.port} << 48U) |
                         (std::uint64_t{ends.remote.port} << 32U) | ends.network_namespace;
    for (const std::uint64_t word : words) {
        hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 29U;
    }
    return hash;
}

LifeTracker::Ends LifeTracker::ends_of(const Event& event) {
    return {event.local, event.remote, event.network_namespace};
}

LifeTracker::Ends LifeTracker::ends_of(const Life& life) {
    return {life.local, life.remote, life.network_namespace};
}

LifeTracker::Record& LifeTracker::new_record() {
    if (spare_.empty()) {
        records_.emplace_front();
    } else {
        records_.splice(records_.begin(), spare_, spare_.begin());
        std::construct_at(&records_.front());
    }
    records_.front().place = records_.begin();
    return records_.front();
}

LifeTracker::Record& LifeTracker::create(const Event& event, std::optional<TcpState> began_as) {
    Record& record = new_record();
    Life& life = record.life;
    life.id = next_id_++;
    life.cookie = event.cookie;
    life.network_namespace = event.network_namespace;
    life.local = event.local;
    life.remote = event.remote;
    life.user = event.user;
    life.began_as = began_as;
    if (began_as == TcpState::Closed && event.to == TcpState::SynSent) {
        life.opener = Opener::Active;
    } else if (began_as == TcpState::Listen) {
        life.opener = Opener::Passive;
    }
    record.last_event = event.at;
    record.details_lost_before = details_lost_;
    if (event.cookie != 0) {
        remember_cookie(event.cookie, record);
    }
    return record;
}

// One that began before the trace, or whose beginning was lost.
LifeTracker::Record& LifeTracker::older_life(const Event& event, TcpState state, SocketKind kind) {
    Record& record = create(event, std::nullopt);
    Life& life = record.life;
    if (state == TcpState::SynSent) {
        life.opener = Opener::Active;
    } else if (kind == SocketKind::RequestSocket) {
        life.opener = Opener::Passive;
        half_open_[ends_of(event)] = &record;
    }
    Step& first = life.step_room[0];
    first = {.state = state, .kind = kind, .earliest = Time(0), .latest = event.at};
    if (event.entered && kind == SocketKind::TimeWaitSocket) {
        first.earliest = *event.entered;
        first.latest = std::min<Time>(*event.entered + 1ms, event.at);
    }
    life.step_count = 1;
    record.told = 1;
    note_mini_socket(record);
    return record;
}

LifeTracker::Record* LifeTracker::find(std::uint64_t cookie) {
    if (cookie == 0) {
        return nullptr;
    }
    Recent& recent = recent_[cookie % recent_.size()];
    if (recent.cookie == cookie) {
        return recent.record;
    }
    const auto found = by_cookie_.find(cookie);
    if (found == by_cookie_.end()) {
        return wake(cookie);
    }
    recent = {cookie, found->second};
    return found->second;
}

void LifeTracker::remember_cookie(std::uint64_t cookie, Record& record) {
    by_cookie_[cookie] = &record;
    recent_[cookie % recent_.size()] = {cookie, &record};
}

void LifeTracker::forget_cookie(std::uint64_t cookie) {
    by_cookie_.erase(cookie);
    Recent& recent = recent_[cookie % recent_.size()];
    if (recent.cookie == cookie) {
        recent = {};
    }
}

LifeTracker::Record* LifeTracker::find_half_open(const Ends& ends) {
    const auto found = half_open_.find(ends);
    return found == half_open_.end() ? nullptr : found->second;
}

// The half-open connection that this socket, seen by its cookie for the first time, came from.
LifeTracker::Record* LifeTracker::adopt(const Event& event) {
    const auto found = half_open_.find(ends_of(event));
    if (found == half_open_.end() || found->second->over) {
        return nullptr;
    }
    Record& record = *found->second;
    half_open_.erase(found);
    record.life.cookie = event.cookie;
    record.stopped_at = record.expired_at = Time(0);
    remember_cookie(event.cookie, record);
    // With a SYN cookie there is no request socket, and the connection exists from the ACK on. A
    // fast open has none either, but takes data from the SYN.
    Life& life = record.life;
    const bool nothing_unseen = settings_.sees_requests && joined_at_ != Time(0) &&
                                life.step_room[0].latest > joined_at_ && changes_lost_ == 0;
    if (event.kind == EventKind::StateChange && event.to == TcpState::Established &&
        life.step_count == 1 && life.last().kind == SocketKind::Full && record.told == 0 &&
        nothing_unseen && !event.fast_open) {
        life.syn_cookie = true;
    }
    return &record;
}

void LifeTracker::add_step(Record& record, TcpState state, SocketKind kind, Time earliest,
                           Time latest) {
    Life& life = record.life;
    if (life.step_count == Life::kMostSteps) {
        // Nothing that the kernel does gets here; the last one is what matters.
        life.steps_lost = true;
        --life.step_count;
        record.told = std::min(record.told, life.step_count);
    }
    life.step_room[life.step_count++] = {
        .state = state, .kind = kind, .earliest = earliest, .latest = latest};
    note_mini_socket(record);
    record.last_seen = latest;
    if (state == TcpState::SynSent && life.local.port == 0) {
        without_port_.insert(&record);
    }
    wait_for(record, Due::Step, latest, life.step_count);
}

bool LifeTracker::any_waits_long(const Records& records) const {
    return std::any_of(records.begin(), records.end(), [this](const Record* record) {
        return record->life.last().latest + kWorthAsking <= now_;
    });
}

// One transition as the kernel reported it.
void LifeTracker::follow(Record& record, const Event& event, SocketKind kind) {
    Life& life = record.life;
    if (life.syn_cookie && event.to == TcpState::Established && life.step_count == 1) {
        life.step_count = 0;
        add_step(record, event.to, kind, event.at, event.at);
        return;
    }
    if (life.state() != event.from) {
        if (record.from_snapshot && event.at <= record.snapshot_done) {
            // The listing was made after this event: it had only not been read yet.
            mini_fin_wait2_.erase(&record);
            life.step_room[0] = {.state = event.from, .earliest = Time(0), .latest = event.at};
            life.step_count = record.told = 1;
        } else {
            add_step(record, event.from, SocketKind::Full, life.last().latest, event.at);
            life.step_room[life.step_count - 1U].flaw = Flaw::StepsMissed;
        }
    }
    record.from_snapshot = false;
    const bool known = event.from == event.to || is_legal(event.from, event.to);
    add_step(record, event.to, kind, event.at, event.at);
    if (!known) {
        // A mini-socket does not say which state it took over from, so some may be missing.
        life.step_room[life.step_count - 1U].flaw =
            event.kind == EventKind::StateChange ? Flaw::Illegal : Flaw::StepsMissed;
    }
}

void LifeTracker::learn_ends(Record& record, const Event& event) {
    Life& life = record.life;
    if (life.local.port == 0 && event.local.port != 0) {
        life.local = event.local;
        without_port_.erase(&record);
    }
    if (life.remote.port == 0) {
        life.remote = event.remote;
    }
    if (event.user) {
        life.user = event.user;
    }
}

void LifeTracker::learn_owner(Record& record, const Event& event) {
    // ss -K works on other processes' sockets.
    if (event.process == 0 || event.error == ECONNABORTED) {
        return;
    }
    LifeOwner& owner = record.life.owner;
    if (owner.basis == OwnerBasis::Used && owner.process != event.process) {
        record.life.more_owners = true;
        // Who closes last may only have had a copy; who sends or receives works with it.
        if (event.kind != EventKind::OwnerSeen) {
            return;
        }
    }
    owner = {.process = event.process, .name = event.process_name, .basis = OwnerBasis::Used};
}

void LifeTracker::learn_listener(const SocketAddress& local, std::uint32_t network_namespace,
                                 const LifeOwner& owner, bool closed) {
    auto& same_port = listeners_[listener_key(network_namespace, local.port)];
    const auto known = std::find_if(same_port.begin(), same_port.end(),
                                    [&](const ListenerOwner& each) { return each.local == local; });
    if (known == same_port.end()) {
        same_port.push_back({.local = local, .owner = owner, .closed = closed});
        return;
    }
    known->closed = closed;
    if (owner.basis != OwnerBasis::None) {
        known->owner = owner;
    }
}

const LifeTracker::ListenerOwner* LifeTracker::listener_of(const Life& life) const {
    const auto found = listeners_.find(listener_key(life.network_namespace, life.local.port));
    if (found == listeners_.end()) {
        return nullptr;
    }
    const ListenerOwner* wildcard = nullptr;
    for (const ListenerOwner& each : found->second) {
        if (each.local.address.same_host(life.local.address)) {
            return &each;
        }
        if (each.local.address.is_any()) {
            wildcard = &each;
        }
    }
    return wildcard;
}

void LifeTracker::wait_for(Record& record, Due due, Time at, std::uint8_t steps) {
    ++record.pending;
    queue_.push_back({&record, at, due, steps});
}

// Nothing refers to it any more, and it may be gone after this.
void LifeTracker::forget(Record& record) {
    const auto drop = [&record](auto& map, const auto& key) {
        if (const auto found = map.find(key); found != map.end() && found->second == &record) {
            map.erase(found);
        }
    };
    if (const auto known = by_cookie_.find(record.life.cookie);
        known != by_cookie_.end() && known->second == &record) {
        forget_cookie(record.life.cookie);
    }
    drop(half_open_, ends_of(record.life));
    if (record.stopped_at != Time(0)) {
        drop(stopped_, ends_of(record.stop));
    }
    without_port_.erase(&record);
    mini_fin_wait2_.erase(&record);
    // What is doubted is looked at again by settle(), whatever has become of it.
    if (spare_.size() < kMostSpare || !doubts_.empty()) {
        spare_.splice(spare_.begin(), records_, record.place);
    } else {
        records_.erase(record.place);
    }
}

}  // namespace tcpdx::trace
