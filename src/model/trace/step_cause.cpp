#include "model/trace/step_cause.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <string_view>
#include <vector>

namespace tcpdx::trace {
namespace {

using Rows = std::vector<const Transition*>;

// Asked for with every step, so the table is sorted by its ends once.
const Rows& rows_between(TcpState from, TcpState to) {
    constexpr std::size_t kStates = kAllTcpStates.size();
    static const std::array<Rows, kStates* kStates> kIndex = [] {
        std::array<Rows, kStates * kStates> index;
        for (const Transition& row : transitions()) {
            if (row.in_linux()) {
                index
                    .at(static_cast<std::size_t>(row.from) * kStates +
                        static_cast<std::size_t>(row.to))
                    .push_back(&row);
            }
        }
        return index;
    }();
    return kIndex.at(static_cast<std::size_t>(from) * kStates + static_cast<std::size_t>(to));
}

// The same change can be in the table once per kernel object.
Rows of_same_objects(const Rows& rows, const StepEvidence& seen) {
    Rows fitting;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(fitting), [&](const auto* row) {
        return row->from_kind == seen.from_kind && row->to_kind == seen.to_kind;
    });
    return fitting.empty() ? rows : fitting;
}

const Transition* with_cause(const Rows& rows, std::string_view beginning) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const Transition* row) {
        return std::string_view(row->cause).starts_with(beginning);
    });
    return found == rows.end() ? nullptr : *found;
}

const Transition* of_kind(const Rows& rows, CauseKind kind) {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const Transition* row) { return row->kind == kind; });
    return found == rows.end() ? nullptr : *found;
}

// How a socket of ours came to send an RST tells what happened to it.
const Transition* by_reset_cause(const Rows& rows, ResetCause cause) {
    switch (cause) {
        case ResetCause::UnreadData:
            return with_cause(rows, "close() with unread data");
        case ResetCause::Abort:
            return with_cause(rows, "abort");
        case ResetCause::DataAfterClose:
            return with_cause(rows, "data received after close()");
        case ResetCause::KeepaliveFailed:
            return with_cause(rows, "keepalive");
        case ResetCause::OutOfMemory:
            return of_kind(rows, CauseKind::Limit);
        case ResetCause::Unknown:
        case ResetCause::NoSocket:
        case ResetCause::Other:
            break;
    }
    return nullptr;
}

// Retransmission and TCP_USER_TIMEOUT end a connection with the same error, and leave no trace that
// tells them apart.
const Transition* by_timeout(const Rows& rows) {
    const auto timers = std::count_if(rows.begin(), rows.end(), [](const Transition* row) {
        return row->kind == CauseKind::Timer &&
               !std::string_view(row->cause).starts_with("keepalive");
    });
    if (timers != 1) {
        return nullptr;
    }
    const Transition* row = of_kind(rows, CauseKind::Timer);
    return std::string_view(row->cause).starts_with("keepalive") ? nullptr : row;
}

const Transition* by_error(const Rows& rows, const StepEvidence& seen) {
    switch (seen.error) {
        case 0:
            return nullptr;
        case ETIMEDOUT:
            return by_timeout(rows);
        case ECONNABORTED:  // tcp_abort(): ss -K
            return with_cause(rows, "abort");
        case ECONNRESET:
        case EPIPE:
            return nullptr;
        case ECONNREFUSED:  // port unreachable, when no RST was seen
            return seen.details_lost ? nullptr : with_cause(rows, "ICMP error");
        default:
            return with_cause(rows, "ICMP error");
    }
}

}  // namespace

const Transition* cause_of(const StepEvidence& seen) {
    if (seen.ports_reused_by_syn) {
        return rows_between(TcpState::TimeWait, TcpState::SynReceived).front();
    }
    if (seen.ports_reused_by_connect) {
        return rows_between(TcpState::TimeWait, TcpState::SynSent).front();
    }
    const Rows& all = rows_between(seen.from, seen.to);
    if (all.size() <= 1) {
        return all.empty() ? nullptr : all.front();
    }
    const Rows rows = of_same_objects(all, seen);
    if (rows.size() == 1) {
        return rows.front();
    }
    // What comes for a closed socket is handled as if it were a reset, and then answered by one.
    if (seen.reset_sent && seen.reset_received) {
        if (const Transition* row = with_cause(rows, "data received after close()")) {
            return row;
        }
    }
    if (seen.reset_received) {
        return with_cause(rows, "RST received");
    }
    if (seen.listener_closed) {
        return with_cause(rows, "close() of the listening socket");
    }
    if (seen.time_wait_skipped) {
        return with_cause(rows, "TIME-WAIT table full");
    }
    if (seen.timer_ran_out) {
        return of_kind(rows, CauseKind::Timer);
    }
    if (seen.reset_sent) {
        if (const Transition* row = by_reset_cause(rows, seen.reset_cause)) {
            return row;
        }
    }
    if (seen.error != 0) {
        return by_error(rows, seen);
    }
    if (seen.from == TcpState::LastAck) {
        return with_cause(rows, "ACK of our FIN");
    }
    // An orderly close() of what has no connection yet: nothing is sent.
    if (seen.program_closed && (seen.from == TcpState::SynSent || seen.from == TcpState::Listen)) {
        return with_cause(rows, "close()");
    }
    return nullptr;
}

}  // namespace tcpdx::trace
