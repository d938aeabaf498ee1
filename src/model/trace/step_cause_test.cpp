#include "model/trace/step_cause.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace tcpdx::trace {
namespace {

using enum TcpState;

std::string cause(const StepEvidence& seen) {
    const Transition* row = cause_of(seen);
    return row == nullptr ? "" : row->cause;
}

TEST(CauseOf, AChangeWithOneRowNeedsNoEvidence) {
    EXPECT_EQ(cause({.from = Closed, .to = SynSent}), "connect()");
    EXPECT_EQ(cause({.from = Established, .to = CloseWait}), "FIN received");
}

TEST(CauseOf, AChangeThatIsNotInTheTableHasNone) {
    EXPECT_EQ(cause({.from = TimeWait, .to = Established}), "");
}

TEST(CauseOf, WithoutEvidenceNoneOfSeveralRowsIsChosen) {
    EXPECT_EQ(cause({.from = Established, .to = Closed}), "");
    EXPECT_EQ(cause({.from = FinWait1, .to = Closed}), "");
}

TEST(CauseOf, TheKernelObjectTellsRowsApart) {
    EXPECT_EQ(cause({.from = SynReceived,
                     .to = Closed,
                     .from_kind = SocketKind::RequestSocket,
                     .to_kind = SocketKind::RequestSocket,
                     .timer_ran_out = true}),
              "SYN+ACK retries used up");
    EXPECT_EQ(cause({.from = TimeWait,
                     .to = Closed,
                     .from_kind = SocketKind::TimeWaitSocket,
                     .to_kind = SocketKind::TimeWaitSocket,
                     .timer_ran_out = true}),
              "2MSL timer");
}

struct Case {
    StepEvidence seen;
    const char* cause;
};

// Every text that the evidence is matched with has to be in the table: a text that changes there
// would silently lose its cause here.
TEST(CauseOf, EveryKindOfEvidenceFindsItsRow) {
    const Case cases[] = {
        {{.from = SynSent, .to = Closed, .reset_received = true},
         "RST received: connection refused"},
        {{.from = SynSent, .to = Closed, .error = ETIMEDOUT}, "SYN retries used up"},
        {{.from = SynSent, .to = Closed, .error = EHOSTUNREACH}, "ICMP error received"},
        {{.from = SynSent, .to = Closed, .error = ECONNREFUSED}, "ICMP error received"},
        {{.from = SynSent, .to = Closed, .error = ECONNREFUSED, .details_lost = true}, ""},
        {{.from = SynSent, .to = Closed, .program_closed = true}, "close()"},
        {{.from = Listen, .to = Closed, .program_closed = true}, "close()"},
        {{.from = Established, .to = Closed, .reset_received = true}, "RST received"},
        {{.from = Established,
          .to = Closed,
          .reset_sent = true,
          .reset_cause = ResetCause::UnreadData},
         "close() with unread data"},
        {{.from = Established, .to = Closed, .reset_sent = true, .reset_cause = ResetCause::Abort},
         "abort (SO_LINGER 0, ss -K)"},
        {{.from = Established, .to = Closed, .error = ECONNABORTED}, "abort (SO_LINGER 0, ss -K)"},
        {{.from = Established,
          .to = Closed,
          .reset_sent = true,
          .reset_cause = ResetCause::KeepaliveFailed,
          .error = ETIMEDOUT},
         "keepalive probes unanswered"},
        {{.from = FinWait1, .to = Closed, .error = ETIMEDOUT}, "retransmissions used up"},
        {{.from = FinWait1,
          .to = Closed,
          .reset_sent = true,
          .reset_cause = ResetCause::OutOfMemory},
         "too many orphans, or no TCP memory left"},
        {{.from = FinWait2,
          .to = Closed,
          .reset_received = true,
          .reset_sent = true,
          .reset_cause = ResetCause::DataAfterClose},
         "data received after close()"},
        {{.from = FinWait2, .to = Closed, .time_wait_skipped = true}, "TIME-WAIT table full"},
        {{.from = LastAck, .to = Closed}, "ACK of our FIN received"},
        {{.from = LastAck, .to = Closed, .reset_received = true}, "RST received"},
        {{.from = SynReceived,
          .to = Closed,
          .from_kind = SocketKind::RequestSocket,
          .to_kind = SocketKind::RequestSocket,
          .listener_closed = true},
         "close() of the listening socket"},
        {{.from = Established, .to = Closed, .reset_sent = true, .listener_closed = true},
         "close() of the listening socket"},
        {{.from = CloseWait,
          .to = Closed,
          .reset_sent = true,
          .reset_cause = ResetCause::Abort,
          .listener_closed = true},
         "close() of the listening socket"},
        {{.from = TimeWait, .to = Closed, .ports_reused_by_syn = true}, "new SYN received"},
        {{.from = TimeWait, .to = Closed, .ports_reused_by_connect = true},
         "connect() reuses the ports (tcp_tw_reuse)"},
    };
    for (const Case& each : cases) {
        EXPECT_EQ(cause(each.seen), each.cause)
            << rfc_name(each.seen.from) << " to " << rfc_name(each.seen.to);
    }
}

}  // namespace
}  // namespace tcpdx::trace
