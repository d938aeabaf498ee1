#include "sources/saved/read_report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "base/i18n.h"

namespace tcpdx::saved {
namespace {

using nlohmann::json;

// Ends the reading of this document; caught in read_report(), as are nlohmann's own.
struct BadValue {
    std::string key;
};

const json* find(const json& object, const char* key) {
    if (!object.is_object()) {
        throw BadValue{key};
    }
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

template <class Number>
std::optional<Number> number(const json& object, const char* key) {
    const json* value = find(object, key);
    if (value == nullptr) {
        return std::nullopt;
    }
    if constexpr (std::is_floating_point_v<Number>) {
        if (value->is_number()) {
            return value->get<Number>();
        }
    } else if (value->is_number_unsigned()) {
        const auto whole = value->get<std::uint64_t>();
        if (whole <= static_cast<std::uint64_t>(std::numeric_limits<Number>::max())) {
            return static_cast<Number>(whole);
        }
    }
    throw BadValue{key};
}

template <class Number>
Number needed_number(const json& object, const char* key) {
    const auto value = number<Number>(object, key);
    if (!value) {
        throw BadValue{key};
    }
    return *value;
}

bool flag(const json& object, const char* key) {
    const json* value = find(object, key);
    if (value == nullptr) {
        return false;
    }
    if (!value->is_boolean()) {
        throw BadValue{key};
    }
    return value->get<bool>();
}

std::string text(const json& object, const char* key) {
    const json* value = find(object, key);
    if (value == nullptr) {
        return {};
    }
    if (!value->is_string()) {
        throw BadValue{key};
    }
    return value->get<std::string>();
}

std::optional<IpAddress> address(const json& object, const char* key) {
    const std::string written = text(object, key);
    if (written.empty()) {
        return std::nullopt;
    }
    const auto parsed = parse_ip_address(written);
    if (!parsed) {
        throw BadValue{key};
    }
    return parsed;
}

std::optional<SocketAddress> socket_address(const json& object, const char* key) {
    const std::string written = text(object, key);
    if (written.empty()) {
        return std::nullopt;
    }
    const std::size_t colon = written.rfind(':');
    const auto parsed =
        colon == std::string::npos ? std::nullopt : parse_ip_address(written.substr(0, colon));
    if (!parsed) {
        throw BadValue{key};
    }
    SocketAddress result{*parsed, 0};
    const std::string_view port = std::string_view(written).substr(colon + 1);
    if (port == "*") {
        return result;
    }
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
    if (error != std::errc() || end != port.data() + port.size()) {
        throw BadValue{key};
    }
    return result;
}

std::chrono::microseconds duration(const json& object, const char* key) {
    constexpr double kLongest = 1e12;
    const double milliseconds = number<double>(object, key).value_or(0);
    if (!(milliseconds >= 0 && milliseconds <= kLongest)) {
        throw BadValue{key};
    }
    return std::chrono::microseconds(static_cast<std::int64_t>(milliseconds * 1000));
}

std::chrono::milliseconds in_milliseconds(const json& object, const char* key) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration(object, key));
}

std::chrono::system_clock::time_point time(const json& object, const char* key) {
    constexpr std::int64_t kYear3000 = 32'503'680'000'000'000;
    const auto value = needed_number<std::int64_t>(object, key);
    if (value > kYear3000) {
        throw BadValue{key};
    }
    return std::chrono::system_clock::time_point(std::chrono::microseconds(value));
}

// The index of the word among `words`, which are in the order of the enum.
template <class Enum, std::size_t Size>
Enum one_of(const json& object, const char* key, const std::array<std::string_view, Size>& words) {
    const std::string written = text(object, key);
    const auto found = std::find(words.begin(), words.end(), written);
    if (found == words.end()) {
        throw BadValue{key};
    }
    return static_cast<Enum>(found - words.begin());
}

template <class Handler>
void each(const json& object, const char* key, const Handler& handle) {
    const json* list = find(object, key);
    if (list == nullptr) {
        return;
    }
    if (!list->is_array()) {
        throw BadValue{key};
    }
    for (const json& item : *list) {
        handle(item);
    }
}

Counters counters(const json& object, const char* key) {
    Counters result;
    const json* map = find(object, key);
    if (map == nullptr) {
        return result;
    }
    if (!map->is_object()) {
        throw BadValue{key};
    }
    for (const auto& [name, value] : map->items()) {
        if (!value.is_number_unsigned()) {
            throw BadValue{key};
        }
        result.set(name, value.get<std::uint64_t>());
    }
    return result;
}

// --- tcpdx.probe/1 ------------------------------------------------------------------------------

IcmpError icmp_error(const json& object) {
    IcmpError error;
    error.family = number<int>(object, "version") == 6 ? IpFamily::V6 : IpFamily::V4;
    error.type = needed_number<std::uint8_t>(object, "type");
    error.code = needed_number<std::uint8_t>(object, "code");
    const auto sender = address(object, "sender");
    if (!sender) {
        throw BadValue{"sender"};
    }
    error.sender = *sender;
    error.after = duration(object, "after_ms");
    return error;
}

constexpr std::array<std::string_view, 8> kTalkOutcomes{
    "answered", "other-answer", "silence",    "not-acknowledged",
    "closed",   "reset",        "tls-failed", "window-closed"};

ConnectAttempt attempt(const json& object) {
    static constexpr std::array<std::string_view, 4> kOutcomes{"no-answer", "connected", "refused",
                                                               "not-sent"};
    ConnectAttempt made;
    const auto target = socket_address(object, "target");
    if (!target) {
        throw BadValue{"target"};
    }
    made.target = *target;
    made.outcome = one_of<ConnectAttempt::Outcome>(object, "outcome", kOutcomes);
    made.error = number<int>(object, "errno").value_or(0);
    made.source = socket_address(object, "source");
    made.started = time(object, "started_us");
    made.took = duration(object, "took_ms");
    each(object, "icmp", [&](const json& item) { made.icmp.push_back(icmp_error(item)); });
    made.timeouts = number<std::uint8_t>(object, "timeouts");
    made.retransmissions = number<std::uint32_t>(object, "retransmissions");
    made.in_flight = number<std::uint32_t>(object, "in_flight");
    if (const json* seen = find(object, "captured")) {
        made.captured =
            CapturedSegments{.syns_sent = needed_number<std::uint32_t>(*seen, "syns_sent"),
                             .syn_acks = needed_number<std::uint32_t>(*seen, "syn_acks"),
                             .resets = needed_number<std::uint32_t>(*seen, "resets"),
                             .bare_acks = needed_number<std::uint32_t>(*seen, "bare_acks"),
                             .reply_ttl = number<std::uint8_t>(*seen, "reply_ttl")};
    }
    if (const json* after = find(object, "afterwards")) {
        made.afterwards = ConnectAttempt::Afterwards{
            .watched = duration(*after, "watched_ms"),
            .closed_by_peer = flag(*after, "closed_by_peer"),
            .error = number<int>(*after, "errno").value_or(0),
            .bytes_received = number<std::uint64_t>(*after, "bytes_received").value_or(0)};
    }
    if (find(object, "talk") != nullptr) {
        made.talk = one_of<Exchange::Outcome>(object, "talk", kTalkOutcomes);
    }
    return made;
}

RawProbe raw_probe(const json& object) {
    static constexpr std::array<std::string_view, 3> kSegments{"syn", "ack", "fin"};
    static constexpr std::array<std::string_view, 4> kAnswers{"nothing", "syn-ack", "reset", "ack"};
    return {.segment = one_of<RawProbe::Segment>(object, "segment", kSegments),
            .port = needed_number<std::uint16_t>(object, "port"),
            .answer = one_of<RawProbe::Answer>(object, "answer", kAnswers),
            .ttl = number<std::uint8_t>(object, "ttl"),
            .after = duration(object, "after_ms"),
            .tries = needed_number<std::uint32_t>(object, "tries"),
            .send_error = number<int>(object, "errno").value_or(0)};
}

PathHop path_hop(const json& object) {
    static constexpr std::array<std::string_view, 4> kKinds{"silent", "time-exceeded",
                                                            "other-error", "target-reached"};
    PathHop hop{.distance = needed_number<int>(object, "distance"),
                .kind = one_of<PathHop::Kind>(object, "answer", kKinds)};
    if (const json* error = find(object, "icmp")) {
        hop.error = icmp_error(*error);
    }
    const bool needs_error =
        hop.kind == PathHop::Kind::TimeExceeded || hop.kind == PathHop::Kind::OtherError;
    if (needs_error && !hop.error) {
        throw BadValue{"icmp"};
    }
    return hop;
}

LocalRoute route(const json& object) {
    static constexpr std::array<std::string_view, 7> kKinds{
        "unicast", "local", "blackhole", "unreachable", "prohibit", "none", "other"};
    return {.kind = one_of<LocalRoute::Kind>(object, "kind", kKinds),
            .interface = text(object, "interface"),
            .gateway = address(object, "gateway"),
            .source = address(object, "source")};
}

NextHop next_hop(const json& object) {
    static constexpr std::array<std::string_view, 6> kStates{"unknown", "reachable",  "stale",
                                                             "probing", "incomplete", "failed"};
    const auto hop = address(object, "address");
    if (!hop) {
        throw BadValue{"address"};
    }
    return {*hop, one_of<NeighbourState>(object, "state", kStates)};
}

PingResult ping(const json& object) {
    PingResult result{.sent = needed_number<std::uint32_t>(object, "sent"),
                      .answered = needed_number<std::uint32_t>(object, "answered"),
                      .ttl = number<std::uint8_t>(object, "ttl")};
    if (find(object, "round_trip_ms") != nullptr) {
        result.round_trip = duration(object, "round_trip_ms");
    }
    if (const json* error = find(object, "icmp")) {
        result.error = icmp_error(*error);
    }
    return result;
}

Exchange exchange(const json& object) {
    static constexpr std::array<std::string_view, 8> kProblems{
        "none",      "expired", "not-yet-valid",   "other-name",
        "untrusted", "not-tls", "refused-by-peer", "other"};
    Exchange made{.outcome = one_of<Exchange::Outcome>(object, "outcome", kTalkOutcomes),
                  .took = duration(object, "took_ms"),
                  .bytes_sent = number<std::uint64_t>(object, "bytes_sent").value_or(0),
                  .bytes_received = number<std::uint64_t>(object, "bytes_received").value_or(0),
                  .first_line = text(object, "first_line"),
                  .error = number<int>(object, "errno").value_or(0),
                  .tls_problem = one_of<Exchange::TlsProblem>(object, "tls_problem", kProblems),
                  .tls_detail = text(object, "tls_detail"),
                  .tls_version = text(object, "tls_version"),
                  .certificate_subject = text(object, "certificate_subject"),
                  .certificate_issuer = text(object, "certificate_issuer"),
                  .certificate_ends = text(object, "certificate_ends"),
                  .certificate_names = text(object, "certificate_names")};
    each(object, "chain", [&](const json& item) {
        made.chain.push_back({.subject = text(item, "subject"),
                              .issuer = text(item, "issuer"),
                              .ends = text(item, "ends"),
                              .expired = flag(item, "expired")});
    });
    if (find(object, "small_segments_work") != nullptr) {
        made.small_segments_work = flag(object, "small_segments_work");
    }
    made.idle = in_milliseconds(object, "idle_ms");
    if (find(object, "fresh_connection_works") != nullptr) {
        made.fresh_connection_works = flag(object, "fresh_connection_works");
    }
    return made;
}

RepeatedAttempts repeated(const json& object) {
    RepeatedAttempts made;
    made.interval = in_milliseconds(object, "interval_ms");
    made.slower_interval = in_milliseconds(object, "slower_interval_ms");
    each(object, "attempts", [&](const json& item) { made.attempts.push_back(attempt(item)); });
    each(object, "slower", [&](const json& item) { made.slower.push_back(attempt(item)); });
    each(object, "same_port", [&](const json& item) { made.same_port.push_back(attempt(item)); });
    return made;
}

TargetProbe target_probe(const json& object) {
    TargetProbe target;
    const auto where = socket_address(object, "target");
    const json* observed = find(object, "observed");
    const json* made = observed == nullptr ? nullptr : find(*observed, "attempt");
    if (!where || made == nullptr) {
        throw BadValue{"observed"};
    }
    target.target = *where;
    target.interrupted = flag(object, "interrupted");
    target.attempt = attempt(*made);
    if (const json* value = find(*observed, "repeated")) {
        target.repeated = repeated(*value);
    }
    if (const json* value = find(*observed, "exchange")) {
        target.exchange = exchange(*value);
    }
    if (const json* value = find(*observed, "route")) {
        target.route = route(*value);
    }
    if (const json* value = find(*observed, "next_hop")) {
        target.next_hop = next_hop(*value);
    }
    each(*observed, "interfaces_down", [&](const json& item) {
        if (!item.is_string()) {
            throw BadValue{"interfaces_down"};
        }
        target.interfaces_down.push_back(item.get<std::string>());
    });
    if (const json* value = find(*observed, "closed_reference")) {
        target.closed_reference = attempt(*value);
    }
    each(*observed, "open_references",
         [&](const json& item) { target.open_references.push_back(attempt(item)); });
    target.open_reference_named = flag(*observed, "open_reference_named");
    each(*observed, "raw", [&](const json& item) { target.raw.push_back(raw_probe(item)); });
    each(*observed, "path", [&](const json& item) { target.path.push_back(path_hop(item)); });
    if (const json* value = find(*observed, "first_hop_for_others")) {
        target.first_hop_for_others = path_hop(*value);
    }
    if (const json* value = find(*observed, "ping")) {
        target.ping = ping(*value);
    }
    target.counter_increases = counters(*observed, "counter_increases");
    return target;
}

ProbeReport probe_report(const json& document) {
    ProbeReport report{.host = text(document, "host"),
                       .port = needed_number<std::uint16_t>(document, "port"),
                       .started = time(document, "started_us"),
                       .quick = flag(document, "quick"),
                       .raw_allowed = flag(document, "raw_allowed")};
    each(document, "targets",
         [&](const json& item) { report.targets.push_back(target_probe(item)); });
    return report;
}

// --- tcpdx.port-watch/1 -------------------------------------------------------------------------

PeerPackets packets(const json& object) {
    PeerPackets seen{.syns = needed_number<std::uint64_t>(object, "syns"),
                     .syn_acks_sent = needed_number<std::uint64_t>(object, "syn_acks_sent"),
                     .resets_sent = needed_number<std::uint64_t>(object, "resets_sent"),
                     .resets_later = number<std::uint64_t>(object, "resets_later").value_or(0),
                     .bare_fins = number<std::uint64_t>(object, "bare_fins").value_or(0),
                     .data_segments = number<std::uint64_t>(object, "data_segments").value_or(0),
                     .other_ports = needed_number<std::uint64_t>(object, "other_ports"),
                     .lost = number<std::uint64_t>(object, "lost").value_or(0)};
    each(object, "first_syns", [&](const json& item) {
        seen.first_syns.push_back({.port = needed_number<std::uint16_t>(item, "port"),
                                   .source_port = needed_number<std::uint16_t>(item, "source_port"),
                                   .time = time(item, "time_us")});
    });
    each(object, "icmp_errors_sent", [&](const json& item) {
        seen.icmp_errors.push_back({.type = needed_number<std::uint8_t>(item, "type"),
                                    .code = needed_number<std::uint8_t>(item, "code"),
                                    .count = needed_number<std::uint64_t>(item, "count")});
    });
    return seen;
}

WatchedListener listener(const json& object) {
    const auto local = socket_address(object, "local");
    if (!local) {
        throw BadValue{"local"};
    }
    return {.local = *local,
            .deepest_queue = number<std::uint32_t>(object, "deepest_queue"),
            .last_queue = number<std::uint32_t>(object, "last_queue"),
            .waiting = in_milliseconds(object, "waiting_ms"),
            .backlog_limit = number<std::uint32_t>(object, "accept_queue_limit"),
            .new_drops = number<std::uint64_t>(object, "new_drops"),
            .process = text(object, "process")};
}

PeerConnection peer_connection(const json& object) {
    const auto remote = socket_address(object, "remote");
    const auto state = parse_tcp_state(text(object, "state"));
    if (!remote || !state) {
        throw BadValue{"state"};
    }
    return {
        .remote = *remote,
        .state = *state,
        .never_accepted = flag(object, "never_accepted"),
        .unread_bytes = number<std::uint32_t>(object, "unread_bytes").value_or(0),
        .unacknowledged_bytes = number<std::uint32_t>(object, "unacknowledged_bytes").value_or(0),
        .bytes_received = number<std::uint64_t>(object, "bytes_received"),
        .bytes_answered = number<std::uint64_t>(object, "bytes_answered"),
        .retransmits = number<std::uint8_t>(object, "retransmits").value_or(0),
        .unchanged = in_milliseconds(object, "unchanged_ms")};
}

PortWatch port_watch(const json& document) {
    PortWatch watch;
    watch.port = needed_number<std::uint16_t>(document, "port");
    const auto peer = address(document, "peer");
    const json* observed = find(document, "observed");
    if (!peer || observed == nullptr) {
        throw BadValue{"observed"};
    }
    watch.peer = *peer;
    watch.started = time(document, "started_us");
    watch.ended = time(document, "ended_us");
    each(*observed, "addresses", [&](const json& item) {
        const auto own = item.is_string() ? parse_ip_address(item.get<std::string>())
                                          : std::optional<IpAddress>();
        if (!own) {
            throw BadValue{"addresses"};
        }
        watch.addresses.push_back(*own);
    });
    if (const json* seen = find(*observed, "packets")) {
        watch.packets = packets(*seen);
    }
    each(*observed, "listeners",
         [&](const json& item) { watch.listeners.push_back(listener(item)); });
    each(*observed, "connections",
         [&](const json& item) { watch.connections.push_back(peer_connection(item)); });
    watch.counter_increases = counters(*observed, "counter_increases");
    return watch;
}

}  // namespace

Result<Report> read_report(std::string_view text_of_report) {
    const auto malformed = [](std::string about) {
        return unexpected(Error{.code = ErrorCode::Malformed,
                                .doing = N_("reading a report"),
                                .os_error = 0,
                                .about = std::move(about)});
    };
    try {
        const json document = json::parse(text_of_report);
        const std::string schema = text(document, "schema");
        if (schema == "tcpdx.probe/1") {
            return probe_report(document);
        }
        if (schema == "tcpdx.port-watch/1") {
            return port_watch(document);
        }
        return unexpected(Error{.code = ErrorCode::Unsupported,
                                .doing = N_("reading a report"),
                                .os_error = 0,
                                .about = schema});
    } catch (const BadValue& bad) {
        return malformed(bad.key);
    } catch (const json::parse_error& error) {
        return malformed("byte " + std::to_string(error.byte));
    } catch (const json::exception& error) {
        return malformed(error.what());
    }
}

}  // namespace tcpdx::saved
