#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tcpdx::lab {

// What iperf3 says on its control connection, as read from its source (3.12, src/iperf_api.h).
enum class IperfState : std::int8_t {
    TestStart = 1,
    TestRunning = 2,
    TestEnd = 4,
    ParamExchange = 9,
    CreateStreams = 10,
    ClientTerminate = 12,
    ExchangeResults = 13,
    DisplayResults = 14,
    IperfDone = 16,
    AccessDenied = -1,
    ServerError = -2,
};

inline constexpr std::size_t kIperfCookieBytes = 37;  // 36 letters and a NUL
inline constexpr std::size_t kIperfMostStreams = 128;
inline constexpr std::size_t kIperfMostParameterBytes = 8192;
inline constexpr std::size_t kIperfMostResultBytes = 256 * 1024;

// iperf3's own numbers of errors, for what this server will not do.
enum class IperfError : std::int32_t {
    NotImplemented = 13,      // IEUNIMP
    ReceiveParameters = 114,  // IERECVPARAMS
    ReceiveResults = 117,     // IERECVRESULTS
};

enum class IperfDirection : std::uint8_t { ToServer, FromServer, Both };

struct IperfParameters {
    IperfDirection direction = IperfDirection::ToServer;
    std::size_t streams = 1;       // in each direction
    std::chrono::seconds omit{0};  // of the beginning, that the figures leave out
};

// JSON travels behind its length, four octets, the highest first.
inline constexpr std::size_t kIperfLengthBytes = 4;
// The JSON, as a part of `bytes`; nothing while it is not whole. Fails when its length is more than
// `most`, which is before anything would be kept for it.
[[nodiscard]] Result<std::optional<std::string_view>> iperf_message(std::string_view bytes,
                                                                    std::size_t most);
[[nodiscard]] std::string framed_iperf_message(std::string_view json);

// ErrorCode::Unsupported for what this server does not do: UDP, SCTP, a rate to keep to.
[[nodiscard]] Result<IperfParameters> parse_iperf_parameters(std::string_view json);
// Whether it is what a client sends at the end of a test.
[[nodiscard]] bool is_iperf_result(std::string_view json);

struct IperfStreamResult {
    std::uint64_t bytes = 0;
    double seconds = 0;
};
// What the server tells of its streams, in the order in which they were made.
[[nodiscard]] std::string iperf_results(std::span<const IperfStreamResult> streams, bool sends);

}  // namespace tcpdx::lab
