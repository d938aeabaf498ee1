#include "model/trace/life_tracker.h"

#include <algorithm>

namespace tcpdx::trace {

LifeTracker::LifeTracker(const TrackerSettings& settings, LifeListener& listener)
    : settings_(settings), listener_(listener) {}

void LifeTracker::apply(const Event& event) {
    now_ = std::max(now_, event.at);
    switch (event.kind) {
        case EventKind::StateChange:
            on_state(event);
            return;
        case EventKind::RequestStarted:
        case EventKind::RequestExpired:
        case EventKind::RequestStopped:
            on_request(event);
            return;
        case EventKind::TimeWaitStarted:
        case EventKind::TimeWaitExpired:
        case EventKind::TimeWaitStopped:
            on_time_wait(event);
            return;
        case EventKind::Retransmission:
        case EventKind::SynAckRepeated:
        case EventKind::ResetSent:
        case EventKind::ResetReceived:
        case EventKind::ErrorReported:
        case EventKind::PacketDropped:
        case EventKind::OwnerSeen:
        case EventKind::Released:
            on_detail(event);
            return;
    }
}

void LifeTracker::on_state(const Event& event) {
    if (event.from == TcpState::Listen && event.to == TcpState::SynReceived) {
        on_child(event);
        return;
    }
    if (event.to == TcpState::Listen || event.from == TcpState::Listen) {
        on_listener(event);
        return;
    }
    const bool opens = event.from == TcpState::Closed && event.to == TcpState::SynSent;
    // First the half-open ones: looking for a cookie that is new goes through all lives at rest.
    Record* record = event.from == TcpState::SynReceived ? adopt(event) : nullptr;
    if (record == nullptr) {
        record = find(event.cookie);
    }
    if (record != nullptr && (record->over || opens)) {
        // The program uses its socket again after a connect() that failed.
        forget_cookie(event.cookie);
        record = nullptr;
    }
    if (opens) {
        record = &create(event, TcpState::Closed);
        learn_owner(*record, event);
        add_step(*record, TcpState::SynSent, SocketKind::Full, event.at, event.at);
        return;
    }
    if (record == nullptr) {
        record = &older_life(event, event.from, SocketKind::Full);
    }
    learn_ends(*record, event);
    learn_owner(*record, event);
    record->last_event = event.at;
    if (event.from == TcpState::SynSent) {
        if (const auto reused = stopped_.find(ends_of(event)); reused != stopped_.end()) {
            reused->second->ports_reused_by_connect = true;
        }
    }
    if (event.to == TcpState::Established) {
        record->life.fast_open = event.fast_open;
    }
    if (event.to == TcpState::Closed) {
        on_closed(*record, event);
    } else {
        follow(*record, event, SocketKind::Full);
    }
}

// The full socket of a connection that was half open. It has no cookie yet.
void LifeTracker::on_child(const Event& event) {
    Record* record = find_half_open(ends_of(event));
    if (record == nullptr || record->child_made || record->over) {
        record = &create(event, TcpState::Listen);
        add_step(*record, TcpState::SynReceived, SocketKind::Full, event.at, event.at);
        half_open_[ends_of(event)] = record;
    }
    record->child_made = true;
    record->last_event = event.at;
}

void LifeTracker::on_listener(const Event& event) {
    Record* record = find(event.cookie);
    if (event.to == TcpState::Listen) {
        if (record != nullptr) {
            forget_cookie(event.cookie);
        }
        record = &create(event, event.from);
        learn_owner(*record, event);
        add_step(*record, TcpState::Listen, SocketKind::Full, event.at, event.at);
        learn_listener(event.local, event.network_namespace, record->life.owner, false);
        return;
    }
    if (record == nullptr) {
        record = &older_life(event, TcpState::Listen, SocketKind::Full);
    }
    learn_owner(*record, event);
    learn_listener(record->life.local, event.network_namespace, record->life.owner, true);
    record->program_closed = event.program_closed;
    follow(*record, event, SocketKind::Full);
    record->over = true;
}

void LifeTracker::on_closed(Record& record, const Event& event) {
    Life& life = record.life;
    life.fast_open = life.fast_open || event.fast_open;
    if (event.counters) {
        const bool fin_acked =
            event.from == TcpState::FinWait2 ||
            ((event.from == TcpState::Closing || event.from == TcpState::LastAck) &&
             event.error == 0);
        const bool syn_acked = life.opener == Opener::Active && event.from != TcpState::SynSent;
        const std::uint64_t flags = (fin_acked ? 1U : 0U) + (syn_acked ? 1U : 0U);
        if (life.opener != Opener::Unknown && event.counters->bytes_acked >= flags) {
            life.bytes_sent = event.counters->bytes_acked - flags;
        }
        const std::uint64_t fin = event.peer_finished && event.counters->bytes_received > 0 ? 1 : 0;
        life.bytes_received = event.counters->bytes_received - fin;
        life.retransmissions = event.counters->retransmissions;
    }
    if (life.last().kind == SocketKind::TimeWaitSocket) {
        return;  // the mini-socket lives on
    }
    record.program_closed = event.program_closed;
    record.ended_in_call = event.in_call;
    life.error = event.error;
    const bool had_finished = event.from == TcpState::FinWait2 || event.from == TcpState::Closing;
    if (had_finished && event.error == 0 && !record.reset_received) {
        const bool time_wait = event.peer_finished;
        if (!settings_.sees_time_wait && (time_wait || event.orphan)) {
            // The flags tell which mini-socket has taken over.
            Event handed_over = event;
            handed_over.to = time_wait ? TcpState::TimeWait : TcpState::FinWait2;
            follow(record, handed_over, SocketKind::TimeWaitSocket);
            return;
        }
        record.time_wait_skipped = time_wait;
    }
    follow(record, event, SocketKind::Full);
    record.over = true;
}

void LifeTracker::on_detail(const Event& event) {
    Record* record = find(event.cookie);
    if (record == nullptr && (event.kind != EventKind::PacketDropped)) {
        record = find_half_open(ends_of(event));
    }
    if (event.kind == EventKind::OwnerSeen) {
        if (record == nullptr || record->life.cookie == 0) {
            record = adopt(event);
        }
        if (record == nullptr && event.to != TcpState::Closed) {
            record = &older_life(event, event.to, SocketKind::Full);
        }
        if (record != nullptr) {
            learn_owner(*record, event);
            learn_ends(*record, event);
        }
        return;
    }
    if (event.kind == EventKind::Released && record != nullptr) {
        return;  // the program closed its socket as the connection ended: nothing is held
    }
    if (record != nullptr) {
        Life& life = record->life;
        learn_ends(*record, event);
        if (event.kind == EventKind::Retransmission) {
            const bool opening = event.to == TcpState::SynSent || event.to == TcpState::SynReceived;
            ++(opening ? life.syn_retransmissions : life.retransmissions);
        } else if (event.kind == EventKind::SynAckRepeated) {
            // Of a request its timer tells; a fast open has none.
            life.syn_retransmissions += life.last().kind == SocketKind::Full ? 1U : 0U;
        } else if (event.kind == EventKind::ResetSent) {
            record->reset_sent = true;
            life.reset_cause = event.reset_cause;
            life.reset_reason = event.reason;
        } else if (event.kind == EventKind::ResetReceived) {
            record->reset_received = true;
        } else if (event.kind == EventKind::ErrorReported) {
            life.error = event.error;
        }
    }
    details_.push_back(event);
    if (record != nullptr) {
        wait_for(*record, Due::Detail, event.at);
    } else {
        queue_.push_back({nullptr, event.at, Due::Detail, 0});
    }
}

}  // namespace tcpdx::trace
