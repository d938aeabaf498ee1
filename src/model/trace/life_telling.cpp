// What the tracker tells, and when: steps once what explains them has come, ends once nothing more
// can come.
#include <algorithm>
#include <cerrno>

#include "model/trace/life_tracker.h"

namespace tcpdx::trace {
namespace {

using namespace std::chrono_literals;

// The port of a connect() shows with its next event; a snapshot is asked for until then.
constexpr Time kPortPatience = 300ms;
constexpr Time kBetweenRests = 10s;

}  // namespace

void LifeTracker::advance(Time now) {
    now_ = std::max(now_, now);
    if (now >= next_rest_) {
        rest_all_quiet();
        next_rest_ = now + kBetweenRests;
    }
    while (!queue_.empty() && queue_.front().at + kGrace <= now) {
        const Pending pending = queue_.front();
        queue_.pop_front();
        come_due(pending);
    }
    if (without_port_.empty()) {
        return;
    }
    std::vector<Record*> waited_enough;
    for (Record* record : without_port_) {
        if (record->life.step_room[0].latest + kPortPatience <= now && record->told == 0) {
            waited_enough.push_back(record);
        }
    }
    for (Record* record : waited_enough) {
        without_port_.erase(record);
        tell_steps(*record, 1);
    }
}

void LifeTracker::finish() {
    while (!queue_.empty()) {
        const Pending pending = queue_.front();
        queue_.pop_front();
        come_due(pending);
    }
    const auto without_port = without_port_;
    without_port_.clear();
    for (Record* record : without_port) {
        tell_steps(*record, 1);
    }
}

void LifeTracker::come_due(const Pending& pending) {
    if (pending.record == nullptr) {
        listener_.happened(details_.front(), nullptr);
        details_.pop_front();
        return;
    }
    Record& record = *pending.record;
    --record.pending;
    switch (pending.due) {
        case Due::Step: {
            const bool port_may_come =
                record.life.step_count == 1 && without_port_.contains(&record);
            if (!port_may_come) {
                tell_steps(record, pending.steps);
            }
            break;
        }
        case Due::RequestGone:
            request_gone(record, pending.at);
            break;
        case Due::TimeWaitGone:
            time_wait_gone(record, pending.at);
            break;
        case Due::Detail:
            listener_.happened(details_.front(), &record.life);
            details_.pop_front();
            break;
    }
    if (record.over && record.pending == 0 && record.end_told) {
        forget(record);
    } else if (!record.over && record.life.state() == TcpState::TimeWait) {
        rest_if_quiet(record);
    }
}

void LifeTracker::request_gone(Record& record, Time at) {
    if (record.over || record.child_made || record.life.cookie != 0) {
        return;
    }
    if (record.stopped_at == at) {
        add_step(record, TcpState::Closed, SocketKind::RequestSocket, at, at);
    } else if (record.expired_at == at) {
        record.timer_ran_out = true;
        add_step(record, TcpState::Closed, SocketKind::RequestSocket, at, at);
    } else {
        return;
    }
    record.over = true;
}

void LifeTracker::time_wait_gone(Record& record, Time at) {
    if (record.over || record.stopped_at != at) {
        return;
    }
    enter_time_wait_late(record, record.stop);
    add_step(record, TcpState::Closed, SocketKind::TimeWaitSocket, at, at);
    record.over = true;
}

void LifeTracker::tell_steps(Record& record, std::uint8_t count) {
    Life& life = record.life;
    if (life.owner.basis == OwnerBasis::None && life.opener != Opener::Active) {
        if (const ListenerOwner* listener = listener_of(life);
            listener != nullptr && listener->owner.process != 0) {
            life.owner = listener->owner;
            life.owner.basis = OwnerBasis::Listener;
        }
    }
    count = std::min(count, life.step_count);
    if (record.over && count == life.step_count && record.told < count) {
        settle_end(record);
    }
    while (record.told < count) {
        const std::size_t index = record.told++;
        settle_step(record, index);
        listener_.stepped(life, index);
    }
    if (record.over && !record.end_told && record.told == life.step_count) {
        record.end_told = true;
        listener_.ended(life);
    }
}

// Of one that waited in the accept queue. No program has its socket, so nobody holds its lock while
// inet_csk_listen_stop() resets it; for any program's own abort somebody does.
bool LifeTracker::ended_with_listener(const Record& record) {
    return record.reset_sent && !record.reset_received && !record.ended_in_call &&
           (record.life.error == 0 || record.life.error == ECONNRESET) &&
           record.life.opener == Opener::Passive;
}

void LifeTracker::settle_step(Record& record, std::size_t index) {
    Life& life = record.life;
    Step& step = life.step_room[index];
    const auto from = state_before(life, index);
    // FIN-WAIT-2 handing over to its mini-socket is no change, and may be due to the last ACK or to
    // close().
    if (!from || *from == step.state || step.flaw != Flaw::None) {
        return;
    }
    const bool ends = step.state == TcpState::Closed;
    StepEvidence seen{.from = *from, .to = step.state, .to_kind = step.kind};
    seen.from_kind = index == 0 ? SocketKind::Full : life.step_room[index - 1].kind;
    if (ends) {
        const ListenerOwner* listener = listener_of(life);
        seen.reset_received = record.reset_received;
        seen.reset_sent = record.reset_sent;
        seen.reset_cause = life.reset_cause;
        seen.error = life.error;
        seen.program_closed = record.program_closed;
        seen.timer_ran_out = record.timer_ran_out;
        seen.listener_closed = listener != nullptr && listener->closed &&
                               (*from == TcpState::SynReceived || ended_with_listener(record));
        seen.ports_reused_by_syn = record.ports_reused_by_syn;
        seen.ports_reused_by_connect = record.ports_reused_by_connect;
        seen.time_wait_skipped = record.time_wait_skipped;
        seen.details_lost = life.details_lost;
    }
    step.cause = cause_of(seen);
}

void LifeTracker::settle_end(Record& record) {
    Life& life = record.life;
    life.details_lost = details_lost_ != record.details_lost_before;
    life.first_fin = find_first_fin(life);
    life.ending = ending_of(record);
    if (life.ending == Ending::Reset) {
        // A FIN can be answered with an RST, and data after our close() is: then both were seen.
        const bool ours = record.reset_sent || (!record.reset_received &&
                                                life.error != ECONNRESET && life.error != EPIPE);
        life.reset_by = ours ? Closer::Local : Closer::Peer;
    } else if (life.ending == Ending::Refused) {
        life.reset_by = Closer::Peer;
    }
}

Ending LifeTracker::ending_of(const Record& record) const {
    const Life& life = record.life;
    const TcpState from = state_before(life, life.step_count - 1U).value_or(TcpState::Closed);
    if (life.last().flaw == Flaw::StepsMissed) {
        return from == TcpState::TimeWait ? Ending::Closed : Ending::Unseen;
    }
    const bool reset = record.reset_received || record.reset_sent || life.error == ECONNRESET ||
                       life.error == EPIPE || life.error == ECONNABORTED;
    switch (from) {
        case TcpState::SynSent:
            if (record.reset_received) {
                return Ending::Refused;
            }
            if (life.error == ETIMEDOUT) {
                return Ending::Unanswered;
            }
            if (life.error == ECONNABORTED) {
                return Ending::Reset;
            }
            if (life.error != 0) {
                return life.error == ECONNREFUSED && life.details_lost ? Ending::Refused
                                                                       : Ending::Unreachable;
            }
            return life.local.port == 0 ? Ending::NoSourcePort : Ending::Unanswered;
        case TcpState::SynReceived:
            if (reset) {
                return Ending::Reset;
            }
            return record.timer_ran_out || life.error == ETIMEDOUT ? Ending::Unanswered
                                                                   : Ending::Dropped;
        case TcpState::Established:
        case TcpState::CloseWait:
            return life.error != 0 && !reset ? Ending::TimedOut : Ending::Reset;
        case TcpState::FinWait1:
            if (reset) {
                return Ending::Reset;
            }
            return life.error != 0 ? Ending::TimedOut : Ending::Orphaned;
        case TcpState::FinWait2:
            if (reset) {
                return Ending::Reset;
            }
            if (record.time_wait_skipped) {
                return Ending::Closed;
            }
            return record.timer_ran_out ? Ending::Orphaned : Ending::Dropped;
        case TcpState::Closing:
        case TcpState::LastAck:
            if (reset) {
                return Ending::Reset;
            }
            return life.error != 0 ? Ending::TimedOut : Ending::Closed;
        case TcpState::TimeWait:
        case TcpState::Listen:
        case TcpState::Closed:
            return Ending::Closed;
    }
    return Ending::Unseen;
}

void LifeTracker::note_losses(std::uint64_t changes, std::uint64_t details) {
    changes_lost_ = changes;
    details_lost_ = details;
}

std::optional<Age> LifeTracker::age_of(std::uint64_t cookie, TcpState state, Time now) const {
    std::optional<Age> age;
    use_known(cookie, [&](const Record& record) {
        const Life& life = record.life;
        const Step& last = life.last();
        const bool from_listing = life.step_count == 1 && !life.began_as;
        if (record.told > 0 && !from_listing && last.is_exact() && last.state == state &&
            last.latest <= now) {
            age = Age::exact(std::chrono::duration_cast<Age::Duration>(now - last.latest),
                             AgeMethod::Watched);
        }
    });
    return age;
}

Opener LifeTracker::opener_of(std::uint64_t cookie) const {
    Opener opener = Opener::Unknown;
    use_known(cookie, [&](const Record& record) {
        opener = record.life.began_as ? record.life.opener : Opener::Unknown;
    });
    return opener;
}

std::optional<Life> LifeTracker::open_life(std::uint64_t cookie) const {
    std::optional<Life> life;
    use_known(cookie, [&](const Record& record) {
        if (!record.over) {
            life = record.life;
        }
    });
    return life;
}

std::optional<TcpState> LifeTracker::open_state(std::uint64_t cookie) const {
    if (const std::byte* packed = resting_.find(cookie); packed != nullptr) {
        return state_of(packed);
    }
    const auto known = by_cookie_.find(cookie);
    return known == by_cookie_.end() || known->second->over
               ? std::nullopt
               : std::optional(known->second->life.state());
}

void LifeTracker::for_each_open(const std::function<void(const Life&)>& tell) const {
    for_each_awake(tell);
    resting_.for_each([&](std::uint64_t cookie, const std::byte* packed) {
        tell(unpacked(cookie, packed).life);
    });
}

void LifeTracker::for_each_open_state(const std::function<void(TcpState)>& tell) const {
    for_each_awake([&tell](const Life& life) { tell(life.state()); });
    resting_.for_each([&tell](std::uint64_t, const std::byte* packed) { tell(state_of(packed)); });
}

void LifeTracker::for_each_awake(const std::function<void(const Life&)>& tell) const {
    for (const auto& [cookie, record] : by_cookie_) {
        if (!record->over) {
            tell(record->life);
        }
    }
    for (const auto& [ends, record] : half_open_) {
        if (!record->over && record->life.cookie == 0) {
            tell(record->life);
        }
    }
}

}  // namespace tcpdx::trace
