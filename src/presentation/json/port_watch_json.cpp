#include "presentation/json/port_watch_json.h"

#include <nlohmann/json.hpp>

#include "presentation/json/probe_json.h"
#include "presentation/render.h"

namespace tcpdx {
namespace {

using nlohmann::ordered_json;

std::int64_t unix_microseconds(std::chrono::system_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

ordered_json packets_json(const PeerPackets& packets) {
    ordered_json object{{"syns", packets.syns},
                        {"syn_acks_sent", packets.syn_acks_sent},
                        {"resets_sent", packets.resets_sent},
                        {"resets_later", packets.resets_later},
                        {"bare_fins", packets.bare_fins},
                        {"data_segments", packets.data_segments},
                        {"other_ports", packets.other_ports},
                        {"lost", packets.lost}};
    object["first_syns"] = ordered_json::array();
    for (const ArrivedSyn& syn : packets.first_syns) {
        object["first_syns"].push_back({{"port", syn.port},
                                        {"source_port", syn.source_port},
                                        {"time_us", unix_microseconds(syn.time)}});
    }
    object["icmp_errors_sent"] = ordered_json::array();
    for (const SentIcmpErrors& errors : packets.icmp_errors) {
        object["icmp_errors_sent"].push_back(
            {{"type", errors.type}, {"code", errors.code}, {"count", errors.count}});
    }
    return object;
}

ordered_json listener_json(const WatchedListener& listener) {
    ordered_json object{{"local", to_string(listener.local)}};
    if (listener.deepest_queue) {
        object["deepest_queue"] = *listener.deepest_queue;
    }
    if (listener.last_queue) {
        object["last_queue"] = *listener.last_queue;
    }
    object["waiting_ms"] = listener.waiting.count();
    if (listener.backlog_limit) {
        object["accept_queue_limit"] = *listener.backlog_limit;
    }
    if (listener.new_drops) {
        object["new_drops"] = *listener.new_drops;
    }
    if (!listener.process.empty()) {
        object["process"] = listener.process;
    }
    return object;
}

ordered_json connection_json(const PeerConnection& connection) {
    ordered_json object{{"remote", to_string(connection.remote)},
                        {"state", rfc_name(connection.state)},
                        {"never_accepted", connection.never_accepted},
                        {"unread_bytes", connection.unread_bytes},
                        {"unacknowledged_bytes", connection.unacknowledged_bytes},
                        {"retransmits", connection.retransmits},
                        {"unchanged_ms", connection.unchanged.count()}};
    if (connection.bytes_received) {
        object["bytes_received"] = *connection.bytes_received;
    }
    if (connection.bytes_answered) {
        object["bytes_answered"] = *connection.bytes_answered;
    }
    return object;
}

}  // namespace

std::string port_watch_json(const PortWatch& watch, const diagnosis::reach::Verdict& verdict) {
    ordered_json document{{"schema", "tcpdx.port-watch/1"},
                          {"port", watch.port},
                          {"peer", to_string(watch.peer)},
                          {"started_us", unix_microseconds(watch.started)},
                          {"ended_us", unix_microseconds(watch.ended)}};
    put_verdict(document, verdict);
    ordered_json observed;
    observed["addresses"] = ordered_json::array();
    for (const IpAddress& address : watch.addresses) {
        observed["addresses"].push_back(to_string(address));
    }
    if (watch.packets) {
        observed["packets"] = packets_json(*watch.packets);
    }
    observed["listeners"] = ordered_json::array();
    for (const WatchedListener& listener : watch.listeners) {
        observed["listeners"].push_back(listener_json(listener));
    }
    observed["connections"] = ordered_json::array();
    for (const PeerConnection& connection : watch.connections) {
        observed["connections"].push_back(connection_json(connection));
    }
    observed["counter_increases"] = ordered_json::object();
    for (const auto& [name, increase] : watch.counter_increases.all()) {
        observed["counter_increases"][name] = increase;
    }
    document["observed"] = std::move(observed);
    document["not_seen"] = ordered_json::array();
    for (const Unseen& unseen : watch.unseen) {
        document["not_seen"].push_back(
            {{"what", render(unseen.what)}, {"remedy", render(unseen.remedy)}});
    }
    // Process names are bytes, not necessarily UTF-8.
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace tcpdx
