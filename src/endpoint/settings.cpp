#include "endpoint/settings.h"

namespace tcpdx::endpoint {

Settings rfc_settings() {
    return {};
}

// Values of Linux 6.x, with the congestion control that its documentation calls the default.
Settings linux_settings() {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    Settings settings;
    settings.option_layout = wire::OptionLayout::Linux;
    settings.window_shift = 8;
    settings.rto_min = milliseconds(200);
    settings.syn_linear_timeouts = 4;
    settings.r2.reset();
    settings.r2_syn.reset();
    settings.max_retransmissions = 15;     // tcp_retries2
    settings.max_syn_retransmissions = 6;  // tcp_syn_retries, after the linear ones
    settings.max_syn_ack_retransmissions = 5;
    settings.quick_acks = 16;  // TCP_MAX_QUICKACKS
    settings.congestion = CongestionAlgorithm::Cubic;
    settings.initial_window_segments = 10;
    settings.restart_after_idle = false;
    settings.override_time = milliseconds(200);  // of TCP_CORK
    settings.probe_with_data = false;
    settings.msl = seconds(30);  // TCP_TIMEWAIT_LEN is 60 s
    settings.drop_synfin = true;
    settings.tolerate_missing_timestamps = true;
    settings.keep_data_on_syn = false;
    settings.linux_arrivals = true;
    settings.retry_syn_after_wrong_answer = milliseconds(10);
    settings.soft_errors_abort_connect = true;
    settings.invalid_ratelimit = milliseconds(500);
    return settings;
}

}  // namespace tcpdx::endpoint
