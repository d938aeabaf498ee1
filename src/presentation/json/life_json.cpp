#include "presentation/json/life_json.h"

#include <cmath>

#include "presentation/trace/trace_words.h"

namespace tcpdx {
namespace {

using nlohmann::ordered_json;
using trace::Time;

const char* kind_name(SocketKind kind) {
    switch (kind) {
        case SocketKind::Full:
            return "full";
        case SocketKind::RequestSocket:
            return "request";
        case SocketKind::TimeWaitSocket:
            return "time-wait";
    }
    return "";
}

void put_name(ordered_json& object, const char* key, std::string_view name) {
    if (!name.empty()) {
        object[key] = name;
    }
}

ordered_json state_json(const trace::Life& life, std::size_t index, Time now) {
    const trace::Step& step = life.steps()[index];
    ordered_json object{{"state", rfc_name(step.state)}, {"kind", kind_name(step.kind)}};
    object["since_unix_s"] = unix_seconds(step.latest);
    if (!step.is_exact() && !step.began_unseen()) {
        object["since_earliest_unix_s"] = unix_seconds(step.earliest);
    }
    const trace::Dwell dwell =
        dwell_in(life, index, life.ended() ? std::nullopt : std::optional(now));
    if (dwell.lower) {
        object["lasted_at_least_us"] = dwell.lower->count() / 1000;
        if (dwell.upper) {
            object["lasted_at_most_us"] = dwell.upper->count() / 1000;
        }
    }
    if (step.cause != nullptr) {
        object["cause"] = step.cause->cause;
        object["cause_kind"] = name_of(step.cause->kind);
        put_name(object, "sends", segment_name(step.cause->sent));
    }
    put_name(object, "flaw", trace::name_of(step.flaw));
    return object;
}

}  // namespace

double unix_seconds(std::chrono::nanoseconds since_epoch) {
    // Exact to the microsecond, and no more digits than that when it is written.
    return std::round(static_cast<double>(since_epoch.count()) / 1000) / 1e6;
}

ordered_json life_json(const trace::Life& life, Time now, std::string_view reset_reason,
                       std::string_view namespace_name) {
    ordered_json object{{"local_address", to_string(life.local.address)}};
    if (life.local.port != 0) {
        object["local_port"] = life.local.port;
    }
    if (life.remote.port != 0) {
        object["remote_address"] = to_string(life.remote.address);
        object["remote_port"] = life.remote.port;
    }
    if (life.network_namespace != 0) {
        object["netns_inode"] = life.network_namespace;
    }
    put_name(object, "netns", namespace_name);
    if (life.opener != Opener::Unknown) {
        object["opener"] = life.opener == Opener::Active ? "active" : "passive";
    }
    if (life.owner.basis != trace::OwnerBasis::None) {
        object["owner"] = life.owner.basis == trace::OwnerBasis::Used ? "process" : "listener";
        object["pid"] = life.owner.process;
        object["process"] = life.owner.name_text();
    }
    put_name(object, "first_fin",
             trace::name_of(life.ended() ? life.first_fin : find_first_fin(life)));
    put_name(object, "ending", life.ended() ? trace::name_of(life.ending) : std::string_view());
    put_name(object, "reset_by", trace::name_of(life.reset_by));
    put_name(object, "reset_reason", reset_reason);
    if (life.error != 0) {
        object["error"] = trace::error_name(life.error);
    }
    if (life.bytes_sent) {
        object["bytes_sent"] = *life.bytes_sent;
    }
    if (life.bytes_received) {
        object["bytes_received"] = *life.bytes_received;
    }
    object["retransmissions"] = life.retransmissions;
    object["syn_retransmissions"] = life.syn_retransmissions;
    if (!life.complete()) {
        object["incomplete"] = true;
    }
    object["states"] = ordered_json::array();
    for (std::size_t i = 0; i < life.steps().size(); ++i) {
        object["states"].push_back(state_json(life, i, now));
    }
    return object;
}

std::vector<TcpState> possible_at_peer(TcpState state) {
    using S = TcpState;
    switch (state) {
        case S::Listen:
            return {};
        case S::Closed:
            return {S::Closed, S::TimeWait};
        case S::SynSent:
            return {S::Closed, S::Listen, S::SynSent, S::SynReceived};
        case S::SynReceived:
            return {S::SynSent, S::SynReceived, S::Established, S::FinWait1, S::Closed};
        case S::Established:
            // Its FIN may be on the way; and it may have gone without our hearing of it.
            return {S::SynReceived, S::Established, S::FinWait1, S::Closed};
        case S::FinWait1:
            return {S::Established, S::CloseWait, S::FinWait1, S::LastAck, S::Closing, S::Closed};
        case S::FinWait2:
            return {S::CloseWait, S::LastAck, S::Closed};
        case S::CloseWait:
            return {S::FinWait1, S::FinWait2, S::Closed};
        case S::Closing:
            return {S::FinWait1, S::Closing, S::TimeWait, S::Closed};
        case S::LastAck:
            return {S::FinWait2, S::TimeWait, S::Closed};
        case S::TimeWait:
            return {S::LastAck, S::Closing, S::TimeWait, S::Closed};
    }
    return {};
}

}  // namespace tcpdx
