#include "presentation/json/probe_json.h"

#include <cstring>

#include "diagnosis/reach/repeated_facts.h"
#include "presentation/json/observation_json.h"
#include "presentation/render.h"

namespace tcpdx {
namespace {

using nlohmann::ordered_json;
using namespace diagnosis::reach;

double milliseconds_of(std::chrono::microseconds duration) {
    return static_cast<double>(duration.count()) / 1000;
}

std::int64_t unix_microseconds(std::chrono::system_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

const char* outcome_id(Verdict::Outcome outcome) {
    switch (outcome) {
        case Verdict::Outcome::Connects:
            return "connects";
        case Verdict::Outcome::ConnectsButBadly:
            return "connects-badly";
        case Verdict::Outcome::DoesNotConnect:
            return "does-not-connect";
        case Verdict::Outcome::Unknown:
            break;
    }
    return "unknown";
}

const char* attempt_outcome_id(ConnectAttempt::Outcome outcome) {
    switch (outcome) {
        case ConnectAttempt::Outcome::NoAnswer:
            return "no-answer";
        case ConnectAttempt::Outcome::Connected:
            return "connected";
        case ConnectAttempt::Outcome::Refused:
            return "refused";
        case ConnectAttempt::Outcome::NotSent:
            return "not-sent";
    }
    return "";
}

const char* talk_outcome_id(Exchange::Outcome outcome) {
    static constexpr const char* kOutcomes[] = {"answered",         "other-answer", "silence",
                                                "not-acknowledged", "closed",       "reset",
                                                "tls-failed",       "window-closed"};
    return kOutcomes[static_cast<std::size_t>(outcome)];
}

ordered_json icmp_json(const IcmpError& error) {
    return {{"version", error.family == IpFamily::V4 ? 4 : 6},
            {"type", error.type},
            {"code", error.code},
            {"sender", to_string(error.sender)},
            {"after_ms", milliseconds_of(error.after)}};
}

void put_error(ordered_json& object, int error) {
    if (error != 0) {
        const char* name = ::strerrorname_np(error);
        object["error"] = name == nullptr ? std::to_string(error) : std::string(name);
        object["errno"] = error;
    }
}

ordered_json captured_json(const CapturedSegments& seen) {
    ordered_json object{{"syns_sent", seen.syns_sent},
                        {"syn_acks", seen.syn_acks},
                        {"resets", seen.resets},
                        {"bare_acks", seen.bare_acks}};
    if (seen.reply_ttl) {
        object["reply_ttl"] = *seen.reply_ttl;
    }
    return object;
}

ordered_json attempt_json(const ConnectAttempt& attempt) {
    ordered_json object{{"target", to_string(attempt.target)},
                        {"outcome", attempt_outcome_id(attempt.outcome)},
                        {"started_us", unix_microseconds(attempt.started)},
                        {"took_ms", milliseconds_of(attempt.took)}};
    put_error(object, attempt.error);
    if (attempt.source && attempt.source->port != 0) {
        object["source"] = to_string(*attempt.source);
    }
    for (const IcmpError& error : attempt.icmp) {
        object["icmp"].push_back(icmp_json(error));
    }
    if (attempt.timeouts) {
        object["timeouts"] = *attempt.timeouts;
    }
    if (attempt.retransmissions) {
        object["retransmissions"] = *attempt.retransmissions;
    }
    if (attempt.in_flight) {
        object["in_flight"] = *attempt.in_flight;
    }
    if (attempt.captured) {
        object["captured"] = captured_json(*attempt.captured);
    }
    if (attempt.afterwards) {
        ordered_json after{{"watched_ms", milliseconds_of(attempt.afterwards->watched)},
                           {"closed_by_peer", attempt.afterwards->closed_by_peer},
                           {"bytes_received", attempt.afterwards->bytes_received}};
        put_error(after, attempt.afterwards->error);
        object["afterwards"] = std::move(after);
    }
    if (attempt.talk) {
        object["talk"] = talk_outcome_id(*attempt.talk);
    }
    return object;
}

ordered_json raw_json(const RawProbe& raw) {
    static constexpr const char* kSegments[] = {"syn", "ack", "fin"};
    static constexpr const char* kAnswers[] = {"nothing", "syn-ack", "reset", "ack"};
    ordered_json object{{"segment", kSegments[static_cast<std::size_t>(raw.segment)]},
                        {"port", raw.port},
                        {"answer", kAnswers[static_cast<std::size_t>(raw.answer)]},
                        {"tries", raw.tries}};
    if (raw.answer != RawProbe::Answer::Nothing) {
        object["after_ms"] = milliseconds_of(raw.after);
    }
    if (raw.ttl) {
        object["ttl"] = *raw.ttl;
    }
    put_error(object, raw.send_error);
    return object;
}

ordered_json hop_json(const PathHop& hop) {
    static constexpr const char* kKinds[] = {"silent", "time-exceeded", "other-error",
                                             "target-reached"};
    ordered_json object{{"distance", hop.distance},
                        {"answer", kKinds[static_cast<std::size_t>(hop.kind)]}};
    if (hop.error) {
        object["icmp"] = icmp_json(*hop.error);
    }
    return object;
}

ordered_json ping_json(const PingResult& ping) {
    ordered_json object{{"sent", ping.sent}, {"answered", ping.answered}};
    if (ping.round_trip) {
        object["round_trip_ms"] = milliseconds_of(*ping.round_trip);
    }
    if (ping.ttl) {
        object["ttl"] = *ping.ttl;
    }
    if (ping.error) {
        object["icmp"] = icmp_json(*ping.error);
    }
    return object;
}

ordered_json route_json(const LocalRoute& route) {
    static constexpr const char* kKinds[] = {"unicast",  "local", "blackhole", "unreachable",
                                             "prohibit", "none",  "other"};
    ordered_json object{{"kind", kKinds[static_cast<std::size_t>(route.kind)]}};
    if (!route.interface.empty()) {
        object["interface"] = route.interface;
    }
    if (route.gateway) {
        object["gateway"] = to_string(*route.gateway);
    }
    if (route.source) {
        object["source"] = to_string(*route.source);
    }
    return object;
}

ordered_json next_hop_json(const NextHop& hop) {
    static constexpr const char* kStates[] = {"unknown", "reachable",  "stale",
                                              "probing", "incomplete", "failed"};
    return {{"address", to_string(hop.address)},
            {"state", kStates[static_cast<std::size_t>(hop.state)]}};
}

ordered_json exchange_json(const Exchange& exchange) {
    static constexpr const char* kProblems[] = {
        "none",      "expired", "not-yet-valid",   "other-name",
        "untrusted", "not-tls", "refused-by-peer", "other"};
    ordered_json object{{"outcome", talk_outcome_id(exchange.outcome)},
                        {"took_ms", milliseconds_of(exchange.took)},
                        {"bytes_sent", exchange.bytes_sent},
                        {"bytes_received", exchange.bytes_received}};
    const auto put = [&](const char* key, const std::string& text) {
        if (!text.empty()) {
            object[key] = text;
        }
    };
    put("first_line", exchange.first_line);
    put_error(object, exchange.error);
    object["tls_problem"] = kProblems[static_cast<std::size_t>(exchange.tls_problem)];
    put("tls_detail", exchange.tls_detail);
    put("tls_version", exchange.tls_version);
    put("certificate_subject", exchange.certificate_subject);
    put("certificate_issuer", exchange.certificate_issuer);
    put("certificate_ends", exchange.certificate_ends);
    put("certificate_names", exchange.certificate_names);
    for (const Exchange::ChainLink& link : exchange.chain) {
        object["chain"].push_back({{"subject", link.subject},
                                   {"issuer", link.issuer},
                                   {"ends", link.ends},
                                   {"expired", link.expired}});
    }
    if (exchange.small_segments_work) {
        object["small_segments_work"] = *exchange.small_segments_work;
    }
    if (exchange.idle.count() > 0) {
        object["idle_ms"] = exchange.idle.count();
    }
    if (exchange.fresh_connection_works) {
        object["fresh_connection_works"] = *exchange.fresh_connection_works;
    }
    return object;
}

ordered_json histogram_json(const std::vector<ConnectAttempt>& attempts) {
    ordered_json list = ordered_json::array();
    for (const LatencyBucket& bucket : connect_latencies(attempts)) {
        ordered_json entry{{"from_ms", bucket.from.count()}};
        if (bucket.to) {
            entry["to_ms"] = bucket.to->count();
        }
        entry["count"] = bucket.count;
        list.push_back(std::move(entry));
    }
    return list;
}

ordered_json failed_ports_json(const std::vector<ConnectAttempt>& attempts) {
    const FailedPorts ports = failed_ports(attempts);
    return {{"refused", ports.refused}, {"silent", ports.silent}, {"unanswered", ports.unanswered}};
}

// What follows from the attempts, and then they themselves.
ordered_json repeated_json(const RepeatedAttempts& repeated) {
    ordered_json object{{"interval_ms", repeated.interval.count()}};
    const AttemptCounts counts = count_attempts(repeated.attempts);
    object["counts"] = {{"at_once", counts.at_once},      {"after_repeat", counts.after_repeat},
                        {"refused", counts.refused},      {"silent", counts.silent},
                        {"not_sent", counts.not_sent},    {"answered", counts.answered},
                        {"unanswered", counts.unanswered}};
    if (const auto latency = summarize_latencies(repeated.attempts)) {
        object["latency"] = {{"least_ms", milliseconds_of(latency->least)},
                             {"median_ms", milliseconds_of(latency->median)},
                             {"most_ms", milliseconds_of(latency->most)}};
    }
    object["histogram"] = histogram_json(repeated.attempts);
    object["failed_ports"] = failed_ports_json(repeated.attempts);
    if (const auto again = tried_again(repeated)) {
        object["same_port_again"] = *again == SamePort::FailsAgain ? "fails" : "recovers";
    }
    object["attempts"] = ordered_json::array();
    for (const ConnectAttempt& each : repeated.attempts) {
        object["attempts"].push_back(attempt_json(each));
    }
    if (!repeated.slower.empty()) {
        object["slower_interval_ms"] = repeated.slower_interval.count();
    }
    for (const ConnectAttempt& each : repeated.slower) {
        object["slower"].push_back(attempt_json(each));
    }
    for (const ConnectAttempt& each : repeated.same_port) {
        object["same_port"].push_back(attempt_json(each));
    }
    return object;
}

// What was observed, without what it means.
ordered_json observed_json(const TargetProbe& target) {
    ordered_json object{{"attempt", attempt_json(target.attempt)}};
    if (target.repeated) {
        object["repeated"] = repeated_json(*target.repeated);
    }
    if (target.exchange) {
        object["exchange"] = exchange_json(*target.exchange);
    }
    if (target.route) {
        object["route"] = route_json(*target.route);
    }
    if (target.next_hop) {
        object["next_hop"] = next_hop_json(*target.next_hop);
    }
    if (!target.interfaces_down.empty()) {
        object["interfaces_down"] = target.interfaces_down;
    }
    if (target.closed_reference) {
        object["closed_reference"] = attempt_json(*target.closed_reference);
    }
    for (const ConnectAttempt& reference : target.open_references) {
        object["open_references"].push_back(attempt_json(reference));
    }
    object["open_reference_named"] = target.open_reference_named;
    for (const RawProbe& raw : target.raw) {
        object["raw"].push_back(raw_json(raw));
    }
    for (const PathHop& hop : target.path) {
        object["path"].push_back(hop_json(hop));
    }
    if (target.first_hop_for_others) {
        object["first_hop_for_others"] = hop_json(*target.first_hop_for_others);
    }
    if (target.ping) {
        object["ping"] = ping_json(*target.ping);
    }
    object["counter_increases"] = ordered_json::object();
    for (const auto& [name, increase] : target.counter_increases.all()) {
        object["counter_increases"][name] = increase;
    }
    return object;
}

ordered_json messages(const std::vector<Message>& texts) {
    ordered_json list = ordered_json::array();
    for (const Message& text : texts) {
        list.push_back(render(text));
    }
    return list;
}

}  // namespace

std::string_view feature_id(Feature feature) {
    static constexpr auto kIds = std::to_array<std::string_view>({"answer",
                                                                  "local-error",
                                                                  "icmp-says",
                                                                  "icmp-from",
                                                                  "icmp-time",
                                                                  "next-hop-kind",
                                                                  "link-layer",
                                                                  "syn-left",
                                                                  "captured",
                                                                  "reply-distance",
                                                                  "raw-segments",
                                                                  "ack-probe",
                                                                  "fin-probe",
                                                                  "closed-port",
                                                                  "open-port",
                                                                  "first-hop",
                                                                  "ping",
                                                                  "syn-ack-repeated",
                                                                  "afterwards",
                                                                  "talk",
                                                                  "tls",
                                                                  "small-segments",
                                                                  "refusals",
                                                                  "silences",
                                                                  "repeats",
                                                                  "slow-pace",
                                                                  "own-resets",
                                                                  "talks-silent",
                                                                  "ports-ran-out",
                                                                  "same-port",
                                                                  "idle",
                                                                  "fresh-connection",
                                                                  "server-looked",
                                                                  "syn-arrived",
                                                                  "other-ports-reached",
                                                                  "listener",
                                                                  "accept-queue",
                                                                  "listen-overflows",
                                                                  "listen-drops",
                                                                  "no-routes",
                                                                  "md5-not-found",
                                                                  "reverse-path-filter",
                                                                  "resets-sent",
                                                                  "paws-time-wait",
                                                                  "defer-accept-drops",
                                                                  "icmp-errors-sent",
                                                                  "icmp-error-says",
                                                                  "server-sent",
                                                                  "half-open",
                                                                  "request",
                                                                  "stands",
                                                                  "siblings",
                                                                  "zero-window",
                                                                  "cookies-sent",
                                                                  "cookies-received",
                                                                  "embryonic-resets",
                                                                  "aborts",
                                                                  "peer-data"});
    static_assert(kIds.size() == kFeatures, "each feature has its name, in the same order");
    return kIds.at(static_cast<std::size_t>(feature));
}

void put_verdict(ordered_json& object, const Verdict& verdict) {
    static constexpr const char* kUp[] = {"unknown", "yes", "no"};
    object["outcome"] = outcome_id(verdict.outcome);
    object["server_up"] = kUp[static_cast<std::size_t>(verdict.server_up)];
    object["candidates"] = ordered_json::array();
    for (const PossibleCause& each : verdict.candidates) {
        ordered_json entry{
            {"cause", each.cause->id}, {"row", each.cause->row}, {"claim", render(each.claim)}};
        if (!each.decided_by.empty()) {
            entry["decided_by"] = render(each.decided_by);
        }
        if (!each.command.empty()) {
            entry["command"] = each.command;
        }
        object["candidates"].push_back(std::move(entry));
    }
    object["excluded"] = ordered_json::array();
    for (const ExcludedCause& each : verdict.excluded) {
        object["excluded"].push_back({{"cause", each.cause->id}, {"by", feature_id(each.by)}});
    }
    object["proven"] = messages(verdict.proven);
    object["evidence"] = observations_json(verdict.evidence);
    if (!verdict.server_command.empty()) {
        object["server_command"] = verdict.server_command;
    }
    object["narrowing"] = messages(verdict.narrowing);
}

std::string probe_json(const ProbeReport& report, std::span<const Verdict> verdicts) {
    ordered_json document{
        {"schema", "tcpdx.probe/1"}, {"host", report.host},
        {"port", report.port},       {"started_us", unix_microseconds(report.started)},
        {"quick", report.quick},     {"raw_allowed", report.raw_allowed}};
    document["targets"] = ordered_json::array();
    for (std::size_t i = 0; i < report.targets.size() && i < verdicts.size(); ++i) {
        const TargetProbe& target = report.targets[i];
        ordered_json entry{{"target", to_string(target.target)},
                           {"interrupted", target.interrupted}};
        put_verdict(entry, verdicts[i]);
        entry["observed"] = observed_json(target);
        document["targets"].push_back(std::move(entry));
    }
    document["not_seen"] = ordered_json::array();
    for (const Unseen& unseen : report.unseen) {
        document["not_seen"].push_back(
            {{"what", render(unseen.what)}, {"remedy", render(unseen.remedy)}});
    }
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace tcpdx
