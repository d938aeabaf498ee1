#include <array>

#include "diagnosis/engine.h"
#include "diagnosis/rules/accept_queue_full.h"
#include "diagnosis/rules/capture_close_wait.h"
#include "diagnosis/rules/capture_half_open.h"
#include "diagnosis/rules/capture_incomplete.h"
#include "diagnosis/rules/capture_refused.h"
#include "diagnosis/rules/capture_reset.h"
#include "diagnosis/rules/capture_retransmissions.h"
#include "diagnosis/rules/capture_syn_unanswered.h"
#include "diagnosis/rules/capture_window_closed.h"
#include "diagnosis/rules/close_wait_leak.h"
#include "diagnosis/rules/close_wait_never_accepted.h"
#include "diagnosis/rules/close_wait_unread.h"
#include "diagnosis/rules/closing_stuck.h"
#include "diagnosis/rules/conntrack_near_full.h"
#include "diagnosis/rules/data_unacknowledged.h"
#include "diagnosis/rules/data_unread.h"
#include "diagnosis/rules/dead_socket_held.h"
#include "diagnosis/rules/descriptors_near_limit.h"
#include "diagnosis/rules/established_many.h"
#include "diagnosis/rules/established_never_accepted.h"
#include "diagnosis/rules/fin_wait2_held.h"
#include "diagnosis/rules/fin_wait2_released.h"
#include "diagnosis/rules/idle_without_keepalive.h"
#include "diagnosis/rules/listener_all_addresses.h"
#include "diagnosis/rules/listener_loopback_only.h"
#include "diagnosis/rules/local_ports_running_out.h"
#include "diagnosis/rules/no_route_back.h"
#include "diagnosis/rules/nothing_listens.h"
#include "diagnosis/rules/orphans_near_limit.h"
#include "diagnosis/rules/packets_dropped_before_tcp.h"
#include "diagnosis/rules/port_ready.h"
#include "diagnosis/rules/port_taken_by_another.h"
#include "diagnosis/rules/reverse_path_filter.h"
#include "diagnosis/rules/rfc1337_enabled.h"
#include "diagnosis/rules/syn_cookies_in_use.h"
#include "diagnosis/rules/syn_received_pile_up.h"
#include "diagnosis/rules/syn_sent_stuck.h"
#include "diagnosis/rules/tcp_md5_mismatch.h"
#include "diagnosis/rules/tcp_memory_near_limit.h"
#include "diagnosis/rules/time_wait_buckets_near_limit.h"
#include "diagnosis/rules/time_wait_many.h"

namespace tcpdx::diagnosis {

std::span<const Rule* const> all_rules() {
    static constexpr std::array kRules{
        &kAcceptQueueFull,
        &kCaptureCloseWait,
        &kCaptureHalfOpen,
        &kCaptureIncomplete,
        &kCaptureRefused,
        &kCaptureReset,
        &kCaptureRetransmissions,
        &kCaptureSynUnanswered,
        &kCaptureWindowClosed,
        &kCloseWaitLeak,
        &kCloseWaitNeverAccepted,
        &kCloseWaitUnread,
        &kClosingStuck,
        &kConntrackNearFull,
        &kDataUnacknowledged,
        &kDataUnread,
        &kDeadSocketHeld,
        &kDescriptorsNearLimit,
        &kEstablishedMany,
        &kEstablishedNeverAccepted,
        &kFinWait2Held,
        &kFinWait2Released,
        &kIdleWithoutKeepalive,
        &kListenerAllAddresses,
        &kListenerLoopbackOnly,
        &kLocalPortsRunningOut,
        &kNoRouteBack,
        &kNothingListens,
        &kOrphansNearLimit,
        &kPacketsDroppedBeforeTcp,
        &kPortReady,
        &kPortTakenByAnother,
        &kReversePathFilter,
        &kRfc1337Enabled,
        &kSynCookiesInUse,
        &kSynReceivedPileUp,
        &kSynSentStuck,
        &kTcpMd5Mismatch,
        &kTcpMemoryNearLimit,
        &kTimeWaitBucketsNearLimit,
        &kTimeWaitMany,
    };
    return kRules;
}

}  // namespace tcpdx::diagnosis
