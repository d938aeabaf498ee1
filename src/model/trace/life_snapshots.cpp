// How snapshots and the live trace come together: by the socket's cookie, and live knowledge wins.
#include <algorithm>
#include <cstring>

#include "model/trace/life_tracker.h"

namespace tcpdx::trace {
namespace {

using namespace std::chrono_literals;

// TCP_TIMEWAIT_LEN and the widest slot of the timer wheel there (HZ=100).
constexpr Time kLongestTimeWait = 66s;

LifeOwner owner_of(const Connection& listed, std::span<const Process> processes) {
    LifeOwner owner;
    if (listed.owner.process >= processes.size()) {
        return owner;
    }
    const Process& process = processes[listed.owner.process];
    owner.process = process.pid;
    process.name.copy(owner.name.data(), owner.name.size() - 1);
    owner.basis = listed.owner.kind == OwnerKind::Process ? OwnerBasis::Used : OwnerBasis::Listener;
    return owner;
}

Step step_of(const Connection& listed, const Snapshot& snapshot) {
    Step step{.state = listed.state, .kind = listed.kind};
    const auto& age = listed.age;
    step.latest = snapshot.done - age.lower.value_or(Age::Duration(0));
    if (age.lower && age.upper) {
        step.earliest = std::max<Time>(snapshot.begun - *age.upper, Time(1));
    }
    return step;
}

}  // namespace

LifeTracker::Record* LifeTracker::find(const Connection& listed, std::uint32_t network_namespace) {
    Record* record = find(listed.cookie.value_or(0));
    return record != nullptr ? record
                             : find_half_open({listed.local, listed.remote, network_namespace});
}

void LifeTracker::join(const Snapshot& snapshot) {
    for (const Connection& listed : snapshot.connections) {
        Record* record = find(listed, snapshot.network_namespace);
        if (record != nullptr) {
            learn_from(*record, snapshot, listed);
        } else {
            record = join_one(snapshot, listed);
        }
        if (record != nullptr) {
            rest_if_quiet(*record);
        }
    }
    if (snapshot.complete) {
        joined_at_ = std::max(joined_at_, snapshot.done);
    }
}

LifeTracker::Record* LifeTracker::join_one(const Snapshot& snapshot, const Connection& listed) {
    if (!listed.cookie || *listed.cookie == 0) {
        return nullptr;
    }
    Event event{.kind = EventKind::OwnerSeen, .at = snapshot.done};
    event.cookie = *listed.cookie;
    event.network_namespace = snapshot.network_namespace;
    event.local = listed.local;
    event.remote = listed.remote;
    Record& record = older_life(event, listed.state, listed.kind);
    record.life.step_room[0] = step_of(listed, snapshot);
    record.from_snapshot = true;
    record.snapshot_done = snapshot.done;
    record.last_seen = record.last_event = snapshot.begun;
    learn_from(record, snapshot, listed);
    return &record;
}

void LifeTracker::learn_from(Record& record, const Snapshot& snapshot, const Connection& listed) {
    Life& life = record.life;
    if (life.local.port == 0 && listed.local.port != 0) {
        life.local = listed.local;
        without_port_.erase(&record);
        if (record.told == 0 && now_ >= life.step_room[0].latest + kGrace) {
            tell_steps(record, 1);
        }
    }
    if (life.opener == Opener::Unknown) {
        life.opener = listed.opener;
    }
    if (!life.user) {
        life.user = listed.uid;
    }
    const LifeOwner owner = owner_of(listed, snapshot.processes);
    if (owner.basis == OwnerBasis::Used && life.owner.basis != OwnerBasis::Used) {
        life.owner = owner;
    }
    if (listed.is_listener()) {
        learn_listener(listed.local, snapshot.network_namespace, owner, false);
    }
}

void LifeTracker::enter_time_waits(const Snapshot& snapshot) {
    std::unordered_set<const Record*> seen;
    for (const Connection& listed : snapshot.connections) {
        Record* record = find(listed.cookie.value_or(0));
        seen.insert(record);
        if (record == nullptr || listed.state != TcpState::TimeWait || record->over ||
            record->life.state() != TcpState::FinWait2 ||
            record->life.last().kind != SocketKind::TimeWaitSocket) {
            continue;
        }
        const Step step = step_of(listed, snapshot);
        const Time since = record->life.last().latest;
        add_step(*record, TcpState::TimeWait, SocketKind::TimeWaitSocket,
                 std::max(step.earliest, since), std::max(step.latest, since));
    }
    for (Record* record : mini_fin_wait2_) {
        if (record->life.network_namespace == snapshot.network_namespace && !record->over &&
            record->last_event < snapshot.begun && !seen.contains(record)) {
            record->in_doubt = true;
            doubts_.push_back(
                {record, record->life.id, std::nullopt, snapshot.begun, snapshot.done});
        }
    }
}

bool LifeTracker::lacks_ends() const {
    const auto lacks_end = [this](const Record& record) {
        return !record.over && record.life.state() == TcpState::TimeWait &&
               record.last_event + kLongestTimeWait < now_;
    };
    bool lacking = std::any_of(by_cookie_.begin(), by_cookie_.end(),
                               [&](const auto& each) { return lacks_end(*each.second); });
    resting_.for_each([&](std::uint64_t cookie, const std::byte* packed) {
        lacking = lacking ||
                  (state_of(packed) == TcpState::TimeWait && lacks_end(unpacked(cookie, packed)));
    });
    return lacking;
}

void LifeTracker::compare(const Snapshot& snapshot) {
    std::unordered_set<std::uint64_t> seen;  // by life.id
    for (const Connection& listed : snapshot.connections) {
        Record* record = find(listed, snapshot.network_namespace);
        if (record == nullptr) {
            record = join_one(snapshot, listed);
            if (record == nullptr) {
                continue;
            }
            if (joined_at_ != Time(0)) {
                // It was not there when we looked before, so it began in between.
                Step& first = record->life.step_room[0];
                first.earliest = std::max(first.earliest, joined_at_);
                record->told = 0;
                wait_for(*record, Due::Step, first.latest, 1);
            }
            seen.insert(record->life.id);
            rest_if_quiet(*record);
            continue;
        }
        seen.insert(record->life.id);
        learn_from(*record, snapshot, listed);
        const Step& last = record->life.last();
        if (last.state != listed.state || last.kind != listed.kind) {
            record->in_doubt = true;
            doubts_.push_back({record, record->life.id, listed, snapshot.begun, snapshot.done});
        } else {
            record->last_seen = snapshot.begun;
            rest_if_quiet(*record);
        }
    }
    if (!snapshot.complete) {
        return;
    }
    const auto agrees = [&](std::uint64_t cookie) {
        return std::binary_search(snapshot.agreeing.begin(), snapshot.agreeing.end(), cookie);
    };
    const auto is_absent = [&](const Record& record) {
        return record.life.network_namespace == snapshot.network_namespace && !record.over &&
               record.last_event < snapshot.begun && !seen.contains(record.life.id) &&
               !agrees(record.life.cookie);
    };
    std::vector<std::uint64_t> absent_at_rest;
    resting_.for_each([&](std::uint64_t cookie, const std::byte* packed) {
        if (!agrees(cookie) && is_absent(unpacked(cookie, packed))) {
            absent_at_rest.push_back(cookie);
        }
    });
    for (const std::uint64_t cookie : absent_at_rest) {
        wake(cookie);
    }
    const auto doubt_absent = [&](Record* record) {
        if (is_absent(*record)) {
            record->in_doubt = true;
            doubts_.push_back(
                {record, record->life.id, std::nullopt, snapshot.begun, snapshot.done});
        }
    };
    for (const auto& [cookie, record] : by_cookie_) {
        doubt_absent(record);
    }
    for (const auto& [ends, record] : half_open_) {
        doubt_absent(record);
    }
    joined_at_ = std::max(joined_at_, snapshot.done);
}

void LifeTracker::settle() {
    for (const Doubt& doubt : doubts_) {
        resolve(doubt);
    }
    doubts_.clear();
    while (spare_.size() > kMostSpare) {
        spare_.pop_back();
    }
}

void LifeTracker::resolve(const Doubt& doubt) {
    Record& record = *doubt.record;
    // Live knowledge wins: an event since the listing says more than the listing.
    if (record.life.id != doubt.id) {
        return;
    }
    record.in_doubt = false;
    if (record.over || record.last_event >= doubt.begun) {
        return;
    }
    Life& life = record.life;
    const TcpState from = life.state();
    Time earliest = std::min(record.last_seen, doubt.done);
    if (!doubt.listed) {
        add_step(record, TcpState::Closed, life.last().kind, earliest, doubt.done);
        const bool expected =
            from == TcpState::TimeWait || from == TcpState::LastAck || from == TcpState::Listen;
        if (!expected) {
            life.step_room[life.step_count - 1U].flaw = Flaw::StepsMissed;
        }
        record.timer_ran_out = from == TcpState::TimeWait;
        record.over = true;
        return;
    }
    const Connection& listed = *doubt.listed;
    Time latest = doubt.done;
    if (const auto& age = listed.age; age.lower) {
        latest = std::max<Time>(earliest, doubt.done - *age.lower);
        if (age.upper) {
            earliest = std::clamp<Time>(doubt.begun - *age.upper, earliest, latest);
        }
    }
    const bool legal = is_legal(from, listed.state) || from == listed.state;
    add_step(record, listed.state, listed.kind, earliest, latest);
    if (!settings_.samples_only || !legal) {
        life.step_room[life.step_count - 1U].flaw = Flaw::StepsMissed;
    }
    if (life.cookie == 0 && listed.cookie) {
        half_open_.erase(ends_of(life));
        life.cookie = *listed.cookie;
        remember_cookie(life.cookie, record);
    }
    record.last_seen = doubt.begun;
}

}  // namespace tcpdx::trace
