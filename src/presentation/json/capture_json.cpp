#include "presentation/json/capture_json.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "presentation/capture_words.h"
#include "presentation/json/finding_json.h"
#include "presentation/render.h"

namespace tcpdx {
namespace {

using nlohmann::ordered_json;

// A double cannot hold the nanoseconds of our century, so times are text: "1795349364.131405800".
std::string time_text(CaptureTime time) {
    const std::int64_t ns = time.time_since_epoch().count();
    const std::int64_t seconds = ns / 1'000'000'000 - (ns % 1'000'000'000 < 0 ? 1 : 0);
    return fmt::format("{}.{:09}", seconds, ns - seconds * 1'000'000'000);
}

double milliseconds(std::chrono::nanoseconds duration) {
    return static_cast<double>(duration.count()) / 1e6;
}

ordered_json state_json(const CapturedState& state) {
    ordered_json object;
    if (const auto only = state.certain()) {
        object["state"] = rfc_name(*only);
    }
    object["possible"] = ordered_json::array();
    for (const TcpState one : kAllTcpStates) {
        if (state.possible.contains(one)) {
            object["possible"].push_back(rfc_name(one));
        }
    }
    object["since"] = time_text(state.since);
    if (state.earliest) {
        object["earliest"] = time_text(*state.earliest);
    }
    if (state.latest) {
        object["latest"] = time_text(*state.latest);
    }
    if (state.until) {
        object["until"] = time_text(*state.until);
        object["dwell_ms"] = milliseconds(*state.until - state.since);
    }
    object["cause"] = cause_name(state.cause);
    if (state.row != nullptr) {
        object["why"] = render(Message{state.row->cause, {}});
        object["source"] = state.row->source;
    }
    if (state.packet != 0) {
        object["packet"] = state.packet;
    }
    object["inferred"] = state.inferred;
    object["assumed"] = state.assumed;
    return object;
}

ordered_json flow_json(const CapturedFlow& flow) {
    ordered_json object{{"packets", flow.packets},
                        {"payload_bytes", flow.payload_bytes},
                        {"data_segments", flow.data_segments},
                        {"retransmissions", flow.retransmissions},
                        {"syn_retransmissions", flow.syn_retransmissions},
                        {"fin_retransmissions", flow.fin_retransmissions},
                        {"duplicates", flow.duplicates},
                        {"out_of_order", flow.out_of_order},
                        {"keepalives", flow.keepalives},
                        {"zero_window_probes", flow.zero_window_probes},
                        {"zero_windows", flow.zero_windows},
                        {"zero_window_ms", milliseconds(flow.zero_window_time)},
                        {"data_after_peer_fin", flow.data_after_peer_fin},
                        {"bytes_not_captured", flow.bytes_not_captured},
                        {"bad_headers", flow.bad_headers},
                        {"resets", flow.resets},
                        {"ignored_resets", flow.ignored_resets},
                        {"fin", flow.fin_seen},
                        {"unacknowledged", flow.unacknowledged_data},
                        {"unanswered_repeats", flow.unanswered_repeats}};
    if (flow.syn_seen) {
        ordered_json syn{{"sack", flow.sack_permitted},
                         {"timestamps", flow.timestamps},
                         {"fast_open", flow.fast_open}};
        if (flow.initial_sequence) {
            syn["sequence"] = *flow.initial_sequence;
        }
        if (flow.max_segment_size) {
            syn["mss"] = *flow.max_segment_size;
        }
        if (flow.window_shift) {
            syn["window_shift"] = *flow.window_shift;
        }
        object["syn"] = std::move(syn);
    }
    if (flow.hop_limit != 0) {
        object["hop_limit"] = flow.hop_limit;
    }
    if (flow.reset_hop_limit != 0) {
        object["reset_hop_limit"] = flow.reset_hop_limit;
    }
    return object;
}

const char* role(const CapturedEnd& end) {
    switch (end.opener) {
        case Opener::Active:
            return "opener";
        case Opener::Passive:
            return "listener";
        case Opener::Unknown:
            return "unknown";
    }
    return "";
}

ordered_json end_json(const CapturedEnd& end) {
    ordered_json object{{"address", to_string(end.address)}, {"role", role(end)}};
    object["states"] = ordered_json::array();
    for (const CapturedState& state : end.states) {
        object["states"].push_back(state_json(state));
    }
    object["sent"] = flow_json(end.sent);
    return object;
}

ordered_json segment_json(const CapturedSegment& segment) {
    ordered_json object{{"time", time_text(segment.time)},
                        {"packet", segment.packet},
                        {"from", segment.from},
                        {"mark", mark_name(segment.mark)}};
    if (segment.mark == SegmentMark::IcmpError) {
        object["icmp_type"] = segment.icmp_type;
        object["icmp_code"] = segment.icmp_code;
    }
    return object;
}

ordered_json connection_json(const CapturedConnection& connection) {
    ordered_json object{{"number", connection.number},
                        {"first", time_text(connection.first)},
                        {"last", time_text(connection.last)},
                        {"first_packet", connection.first_packet},
                        {"outcome", outcome_name(connection.outcome)},
                        {"near", near_name(connection.near)},
                        {"simultaneous_open", connection.simultaneous_open},
                        {"simultaneous_close", connection.simultaneous_close}};
    if (connection.closed_first) {
        object["closed_first"] = *connection.closed_first;
        object["closed_by"] = connection.closed_by_reset ? "reset" : "fin";
    }
    if (connection.reset_from) {
        object["reset_from"] = *connection.reset_from;
    }
    if (connection.reset_hit) {
        object["reset_hit"] = state_json(*connection.reset_hit);
    }
    if (connection.reset_provoked_by) {
        object["reset_provoked_by"] = mark_name(*connection.reset_provoked_by);
    }
    if (connection.handshake_time) {
        object["handshake_ms"] = milliseconds(*connection.handshake_time);
    }
    if (connection.network != 0) {
        object["network"] = connection.network;
    }
    if (connection.previous) {
        object["previous"] = *connection.previous;
    }
    if (connection.translation) {
        object["translation"] = *connection.translation;
    }
    object["ends"] = ordered_json::array();
    for (std::size_t end = 0; end < 2; ++end) {
        ordered_json one = end_json(connection.ends[end]);
        if (connection.round_trip[end]) {
            one["round_trip_ms"] = milliseconds(*connection.round_trip[end]);
        }
        object["ends"].push_back(std::move(one));
    }
    object["segments"] = ordered_json::array();
    for (const CapturedSegment& segment : connection.segments) {
        object["segments"].push_back(segment_json(segment));
    }
    object["limits"] = ordered_json::array();
    for (const CaptureLimit limit : connection.limits) {
        object["limits"].push_back(limit_name(limit));
    }
    return object;
}

ordered_json counts_json(const CaptureCounts& counts) {
    return {{"packets", counts.packets},
            {"bytes", counts.bytes},
            {"tcp", counts.tcp},
            {"icmp_errors", counts.icmp_errors},
            {"fragments", counts.fragments},
            {"fragments_incomplete", counts.fragments_incomplete},
            {"other_ip", counts.other_ip},
            {"not_ip", counts.not_ip},
            {"cut_packets", counts.cut_packets},
            {"damaged_packets", counts.damaged_packets},
            {"encrypted_packets", counts.encrypted_packets},
            {"unknown_link_type", counts.unknown_link_type},
            {"undeclared_interface", counts.undeclared_interface},
            {"damaged_places", counts.damaged_places},
            {"damaged_bytes", counts.damaged_bytes},
            {"dropped_by_capture", counts.dropped_by_capture},
            {"times_backwards", counts.times_backwards},
            {"cut", counts.cut}};
}

ordered_json head_json(const Captured& captured) {
    ordered_json head{{"schema", "tcpdx.capture/1"}, {"files", captured.files}};
    if (captured.first && captured.last) {
        head["first"] = time_text(*captured.first);
        head["last"] = time_text(*captured.last);
    }
    head["counts"] = counts_json(captured.counts);
    head["link_types"] = ordered_json::array();
    for (const CaptureLinkType& type : captured.link_types) {
        ordered_json entry{{"number", type.number}, {"packets", type.packets}};
        if (!type.name.empty()) {
            entry["name"] = type.name;
        }
        head["link_types"].push_back(std::move(entry));
    }
    std::map<CapturedOutcome, std::uint64_t> outcomes = captured.compact_sums.outcomes;
    for (const CapturedConnection& connection : captured.connections) {
        ++outcomes[connection.outcome];
    }
    head["outcomes"] = ordered_json::object();
    for (const auto& [outcome, count] : outcomes) {
        head["outcomes"][std::string(outcome_name(outcome))] = count;
    }
    head["forgotten"] = {{"total", captured.forgotten.total},
                         {"half_open", captured.forgotten.half_open},
                         {"finished", captured.forgotten.finished},
                         {"open", captured.forgotten.open}};
    head["not_judged"] = captured.compact_sums.not_judged;
    head["listeners"] = ordered_json::array();
    constexpr std::size_t kMostPorts = 100;
    for (const CapturedPort& port : captured.ports) {
        if (head["listeners"].size() == kMostPorts) {
            break;
        }
        head["listeners"].push_back({{"address", to_string(port.address)},
                                     {"attempts", port.attempts},
                                     {"established", port.established},
                                     {"refused", port.refused},
                                     {"unanswered", port.unanswered},
                                     {"half_open", port.half_open}});
    }
    return head;
}

}  // namespace

void capture_json(const Captured& captured, const Observations& seen,
                  const std::vector<diagnosis::Finding>& findings,
                  const std::vector<std::uint32_t>& numbers,
                  const std::function<bool(std::string_view)>& write) {
    ordered_json head = head_json(captured);
    head["findings"] = ordered_json::array();
    for (const diagnosis::Finding& finding : findings) {
        head["findings"].push_back(finding_json(seen, finding));
    }
    std::string text = head.dump(2, ' ', false, ordered_json::error_handler_t::replace);
    // Reopens the object for the list, which is written one by one.
    text.erase(text.find_last_not_of("\n}") + 1);
    text += ",\n  \"connections\": [";
    if (!write(text)) {
        return;
    }
    bool is_first = true;
    for (const std::uint32_t number : numbers) {
        const auto connection = captured.find(number);
        if (!connection) {
            continue;
        }
        std::string entry = is_first ? "\n" : ",\n";
        is_first = false;
        entry += connection_json(*connection)
                     .dump(-1, ' ', false, ordered_json::error_handler_t::replace);
        if (!write(entry)) {
            return;
        }
    }
    write(is_first ? "]\n}\n" : "\n  ]\n}\n");
}

}  // namespace tcpdx
