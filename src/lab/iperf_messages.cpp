#include "lab/iperf_messages.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tcpdx::lab {
namespace {

using nlohmann::json;

constexpr std::int64_t kMostOmitted = 60;  // MAX_OMIT_TIME of iperf3

tl::unexpected<Error> malformed() {
    return failure(ErrorCode::Malformed, "reading what an iperf3 client sent");
}

// A number that may be left out. One of another type, or beyond both limits, is an error and never
// the value it would be cut to.
Result<std::int64_t> whole_number(const json& object, const char* name, std::int64_t otherwise,
                                  std::int64_t least, std::int64_t most) {
    const auto found = object.find(name);
    if (found == object.end()) {
        return otherwise;
    }
    if (!found->is_number_integer() ||
        (found->is_number_unsigned() && found->get<std::uint64_t>() > std::uint64_t{INT64_MAX})) {
        return malformed();
    }
    const auto value = found->get<std::int64_t>();
    if (value < least || value > most) {
        return malformed();
    }
    return value;
}

// Clients send these as `true`, or as 1.
bool is_set(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && !found->is_null() && *found != json(false) && *found != json(0);
}

}  // namespace

Result<std::optional<std::string_view>> iperf_message(std::string_view bytes, std::size_t most) {
    if (bytes.size() < kIperfLengthBytes) {
        return std::optional<std::string_view>();
    }
    std::size_t length = 0;
    for (const char octet : bytes.substr(0, kIperfLengthBytes)) {
        length = length << 8U | static_cast<unsigned char>(octet);
    }
    if (length > most) {
        return malformed();
    }
    if (bytes.size() - kIperfLengthBytes < length) {
        return std::optional<std::string_view>();
    }
    return std::optional(bytes.substr(kIperfLengthBytes, length));
}

std::string framed_iperf_message(std::string_view json) {
    std::string framed;
    for (unsigned shift = 32; shift > 0;) {
        shift -= 8;
        framed += static_cast<char>(json.size() >> shift & 0xFFU);
    }
    return framed.append(json);
}

Result<IperfParameters> parse_iperf_parameters(std::string_view text) {
    const json object = json::parse(text, nullptr, false);
    if (!object.is_object()) {
        return malformed();
    }
    IperfParameters parameters;
    parameters.streams = static_cast<std::size_t>(
        TRY(whole_number(object, "parallel", 1, 1, std::int64_t{kIperfMostStreams})));
    parameters.omit = std::chrono::seconds(TRY(whole_number(object, "omit", 0, 0, kMostOmitted)));
    if (is_set(object, "bidirectional")) {
        parameters.direction = IperfDirection::Both;
    } else if (is_set(object, "reverse")) {
        parameters.direction = IperfDirection::FromServer;
    }
    const bool sends = parameters.direction != IperfDirection::ToServer;
    // A rate that nobody keeps to would be measured without a word.
    if (is_set(object, "udp") || is_set(object, "sctp") ||
        (sends && (is_set(object, "bandwidth") || is_set(object, "fqrate")))) {
        return failure(ErrorCode::Unsupported, "doing what an iperf3 client asked for");
    }
    return parameters;
}

bool is_iperf_result(std::string_view text) {
    const json object = json::parse(text, nullptr, false);
    return object.is_object() && object.contains("streams") && object["streams"].is_array();
}

std::string iperf_results(std::span<const IperfStreamResult> streams, bool sends) {
    // Processor time and retransmissions are not measured: zero, and "does not know".
    json object{{"cpu_util_total", 0.0},
                {"cpu_util_user", 0.0},
                {"cpu_util_system", 0.0},
                {"sender_has_retransmits", sends ? 0 : -1},
                {"streams", json::array()}};
    for (std::size_t i = 0; i < streams.size(); ++i) {
        // Both ends number them 1, 3, 4, 5, ...: an old mistake of iperf3 that its versions share.
        object["streams"].push_back({{"id", i == 0 ? 1 : i + 2},
                                     {"bytes", streams[i].bytes},
                                     {"retransmits", -1},
                                     {"jitter", 0},
                                     {"errors", 0},
                                     {"packets", 0},
                                     {"start_time", 0},
                                     {"end_time", streams[i].seconds}});
    }
    return object.dump();
}

}  // namespace tcpdx::lab
