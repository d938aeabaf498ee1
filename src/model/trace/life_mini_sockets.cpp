// Events of the small objects in which Linux keeps the two ends of a connection's life: request
// sockets and TIME-WAIT mini-sockets. Their timers tell.
#include <algorithm>

#include "model/trace/life_tracker.h"

namespace tcpdx::trace {
namespace {

using namespace std::chrono_literals;

// connect() chooses its port right after it has changed to SYN-SENT, and may take a TIME-WAIT's.
constexpr Time kConnectTakesPort = 1ms;
// A timer that is moved shows as stopped and started, one right after the other.
constexpr Time kTimerMoves = 20us;

// Without the kernel's stamp: a timer of a minute that is moved within its slot of the timer wheel
// makes no event, and slots are at most this wide (HZ=100; 2 s at 250, 4 s at 1000).
constexpr Time kWidestTimerSlot = 5200ms;

}  // namespace

void LifeTracker::on_request(const Event& event) {
    const Ends ends = ends_of(event);
    Record* record = find_half_open(ends);
    const bool usable = record != nullptr && !record->over && !record->child_made;
    switch (event.kind) {
        case EventKind::RequestStarted:
            if (usable && record->stopped_at != Time(0) &&
                event.at - record->stopped_at < kTimerMoves) {
                record->stopped_at = Time(0);  // the SYN came again, and was answered again
                ++record->life.syn_retransmissions;
                record->last_event = event.at;
                return;
            }
            if (usable && record->stopped_at == Time(0)) {
                record->life.syn_retransmissions += record->expired_at != Time(0) ? 1U : 0U;
                record->expired_at = Time(0);
                record->last_event = event.at;
                return;
            }
            if (const auto reused = stopped_.find(ends); reused != stopped_.end()) {
                reused->second->ports_reused_by_syn = true;
            }
            record = &create(event, TcpState::Listen);
            add_step(*record, TcpState::SynReceived, SocketKind::RequestSocket, event.at, event.at);
            half_open_[ends] = record;
            return;
        case EventKind::RequestExpired:
            if (record == nullptr) {
                record = &older_life(event, TcpState::SynReceived, SocketKind::RequestSocket);
            } else if (!usable) {
                return;
            }
            // A timer that runs out is stopped first.
            record->stopped_at = Time(0);
            record->expired_at = record->last_event = event.at;
            wait_for(*record, Due::RequestGone, event.at);
            return;
        case EventKind::RequestStopped:
            if (usable) {
                record->stopped_at = record->last_event = event.at;
                wait_for(*record, Due::RequestGone, event.at);
            }
            return;
        case EventKind::StateChange:
        case EventKind::TimeWaitStarted:
        case EventKind::TimeWaitExpired:
        case EventKind::TimeWaitStopped:
        case EventKind::Retransmission:
        case EventKind::SynAckRepeated:
        case EventKind::ResetSent:
        case EventKind::ResetReceived:
        case EventKind::ErrorReported:
        case EventKind::PacketDropped:
        case EventKind::OwnerSeen:
        case EventKind::Released:
            return;
    }
}

void LifeTracker::on_time_wait(const Event& event) {
    Record* record = find(event.cookie);
    if (record != nullptr && record->over) {
        return;
    }
    if (event.kind == EventKind::TimeWaitStarted) {
        if (record == nullptr) {
            older_life(event, event.to, SocketKind::TimeWaitSocket);
            return;
        }
        learn_ends(*record, event);
        record->last_event = event.at;
        not_stopped(*record);
        const Step& last = record->life.last();
        if (last.kind == SocketKind::TimeWaitSocket && last.state == event.to) {
            return;  // the peer sent its FIN again, and the time starts anew
        }
        Event handed_over = event;
        handed_over.from = last.state;
        follow(*record, handed_over, SocketKind::TimeWaitSocket);
        return;
    }
    if (record == nullptr) {
        return;  // it began before the trace and was not in the snapshot: nothing to tell
    }
    record->last_event = event.at;
    if (event.kind == EventKind::TimeWaitExpired) {
        // A timer that runs out is stopped first.
        not_stopped(*record);
        record->ports_reused_by_connect = false;
        enter_time_wait_late(*record, event);
        record->timer_ran_out = true;
        add_step(*record, TcpState::Closed, SocketKind::TimeWaitSocket, event.at, event.at);
        record->over = true;
        return;
    }
    record->stopped_at = event.at;
    record->stop = event;
    stopped_[ends_of(event)] = record;
    record->ports_reused_by_connect =
        std::any_of(without_port_.begin(), without_port_.end(), [&](const Record* each) {
            return each->life.remote == event.remote &&
                   each->life.local.address == event.local.address &&
                   each->life.network_namespace == event.network_namespace &&
                   event.at - each->life.last().latest < kConnectTakesPort;
        });
    wait_for(*record, Due::TimeWaitGone, event.at);
}

void LifeTracker::not_stopped(Record& record) {
    if (record.stopped_at != Time(0)) {
        stopped_.erase(ends_of(record.stop));
        record.stopped_at = Time(0);
    }
}

// A mini-socket in FIN-WAIT-2 that has become TIME-WAIT without an event.
void LifeTracker::enter_time_wait_late(Record& record, const Event& event) {
    Life& life = record.life;
    if (event.to == TcpState::TimeWait && life.state() == TcpState::TimeWait && event.entered &&
        !life.last().is_exact()) {
        // So far known from a snapshot.
        Step& step = life.step_room[life.step_count - 1U];
        step.earliest = std::clamp<Time>(*event.entered, step.earliest, step.latest);
        step.latest = std::clamp<Time>(*event.entered + 1ms, step.earliest, step.latest);
    }
    if (event.to != TcpState::TimeWait || life.state() != TcpState::FinWait2) {
        return;
    }
    const Time since = life.last().latest;
    Time earliest = since;
    Time latest = std::min<Time>(event.at, since + kWidestTimerSlot);
    if (event.entered) {
        earliest = std::clamp<Time>(*event.entered, since, event.at);
        latest = std::clamp<Time>(*event.entered + 1ms, since, event.at);
    }
    add_step(record, TcpState::TimeWait, SocketKind::TimeWaitSocket, earliest, latest);
}

void LifeTracker::note_mini_socket(Record& record) {
    const Step& last = record.life.last();
    if (last.kind != SocketKind::TimeWaitSocket) {
        return;
    }
    if (last.state == TcpState::FinWait2) {
        mini_fin_wait2_.insert(&record);
    } else {
        mini_fin_wait2_.erase(&record);
    }
}

}  // namespace tcpdx::trace
