#include "lab/iperf_server.h"

#include <algorithm>
#include <array>

namespace tcpdx::lab {

using endpoint::Handle;
using endpoint::Time;

namespace {

constexpr unsigned kBacklog = kIperfMostStreams * 2;
constexpr std::size_t kMostNewcomers = kIperfMostStreams * 2;
// A client that says nothing must not keep all others out.
constexpr std::chrono::seconds kPatience(30);
// What one stream may move before it is the others' turn.
constexpr int kTurns = 8;

}  // namespace

IperfServer::IperfServer(endpoint::TcpStack& stack, std::uint16_t port) : stack_(&stack) {
    const auto v4 = stack.listen({.address = IpAddress::any(IpFamily::V4), .port = port}, kBacklog);
    const auto v6 =
        stack.listen({.address = IpAddress::any(IpFamily::V6), .port = port}, kBacklog, {}, true);
    listening_ = v4 && v6;
    if (listening_) {
        listeners_ = {*v4, *v6};
    }
}

void IperfServer::run(Time now) {
    accept(now);
    if (test_) {
        run_test(now);
    }
}

// ---- connections, which are told apart by their cookie ------------------------------------------

void IperfServer::accept(Time now) {
    for (const Handle listener : listeners_) {
        while (newcomers_.size() < kMostNewcomers) {
            const auto accepted = stack_->accept(listener);
            if (!accepted) {
                break;
            }
            newcomers_.push_back({.id = *accepted, .cookie = {}, .since = now});
        }
    }
    // In the order in which they came: both ends number streams by it.
    std::vector<Newcomer> waiting;
    for (Newcomer& each : newcomers_) {
        std::array<std::byte, kIperfCookieBytes> bytes{};
        // Never more than the cookie: what follows it is the stream's, or the control connection's.
        const auto wanted = std::span(bytes).first(kIperfCookieBytes - each.cookie.size());
        const auto got = stack_->read(each.id, wanted, now);
        for (std::size_t i = 0; i < got.value_or(0); ++i) {
            each.cookie += static_cast<char>(bytes[i]);
        }
        const endpoint::Connection* connection = stack_->find(each.id);
        const bool lost = connection == nullptr ||
                          connection->failure() != endpoint::Failure::None ||
                          connection->at_end_of_stream() || now - each.since > kPatience;
        if (lost) {
            stack_->abort(each.id, now);
        } else if (each.cookie.size() < kIperfCookieBytes) {
            waiting.push_back(std::move(each));
        } else {
            place(each, now);
        }
    }
    newcomers_ = std::move(waiting);
}

void IperfServer::place(const Newcomer& newcomer, Time now) {
    if (!test_) {
        test_ = Test{.control = newcomer.id,
                     .cookie = newcomer.cookie,
                     .heard = {},
                     .unsent = {},
                     .parameters = {},
                     .streams = {},
                     .counts_from = {},
                     .ended = {},
                     .last_progress = now};
        say(IperfState::ParamExchange);
        return;
    }
    if (test_->phase == Phase::Streams && newcomer.cookie == test_->cookie) {
        const IperfDirection direction = test_->parameters.direction;
        // Of a test in both directions, the streams to the server are made first.
        const bool sends = direction == IperfDirection::FromServer ||
                           (direction == IperfDirection::Both &&
                            test_->streams.size() >= test_->parameters.streams);
        test_->streams.push_back({.id = newcomer.id, .sends = sends});
        test_->last_progress = now;
        const std::size_t all =
            test_->parameters.streams * (direction == IperfDirection::Both ? 2 : 1);
        if (test_->streams.size() == all) {
            begin(now);
        }
        return;
    }
    const std::array denied{IperfState::AccessDenied};
    (void)stack_->send(newcomer.id, std::as_bytes(std::span(denied)), now);
    stack_->close(newcomer.id, now);
}

// ---- the test -----------------------------------------------------------------------------------

void IperfServer::run_test(Time now) {
    if (!hear(now)) {
        end_test(now);
        return;
    }
    while (test_ && understand(now)) {
    }
    if (!test_) {
        return;
    }
    if (test_->phase == Phase::End) {
        for (Stream& stream : test_->streams) {
            move_data(stream, now);
        }
    }
    flush(now);
    if (now - test_->last_progress > kPatience) {
        end_test(now);
    }
}

// False when the control connection is over.
bool IperfServer::hear(Time now) {
    const std::size_t most = kIperfMostResultBytes + kIperfLengthBytes;
    while (test_->heard.size() < most) {
        const auto room =
            std::span(room_).first(std::min(room_.size(), most - test_->heard.size()));
        const auto got = stack_->read(test_->control, room, now);
        if (got.value_or(0) == 0) {
            break;
        }
        test_->last_progress = now;
        for (const std::byte byte : room.first(*got)) {
            test_->heard += static_cast<char>(byte);
        }
    }
    const endpoint::Connection* connection = stack_->find(test_->control);
    // Its last word is often followed by its FIN at once.
    return connection != nullptr && connection->failure() == endpoint::Failure::None &&
           (!connection->at_end_of_stream() || !test_->heard.empty());
}

bool IperfServer::understand(Time now) {
    if (test_->phase == Phase::Parameters || test_->phase == Phase::Results) {
        const bool parameters = test_->phase == Phase::Parameters;
        const auto message = iperf_message(
            test_->heard, parameters ? kIperfMostParameterBytes : kIperfMostResultBytes);
        if (!message) {
            refuse(parameters ? IperfError::ReceiveParameters : IperfError::ReceiveResults, now);
            return false;
        }
        if (!*message) {
            // The rest will not come any more.
            if (stack_->find(test_->control)->at_end_of_stream()) {
                end_test(now);
            }
            return false;
        }
        const std::string json(**message);
        test_->heard.erase(0, kIperfLengthBytes + json.size());
        if (parameters) {
            take_parameters(json, now);
        } else {
            take_results(json, now);
        }
        return test_.has_value();
    }
    if (test_->heard.empty()) {
        return false;
    }
    const auto state = static_cast<IperfState>(test_->heard.front());
    test_->heard.erase(0, 1);
    take_state(state, now);
    return test_.has_value();
}

void IperfServer::take_parameters(std::string_view json, Time now) {
    const auto parameters = parse_iperf_parameters(json);
    if (!parameters) {
        refuse(parameters.error().code == ErrorCode::Unsupported ? IperfError::NotImplemented
                                                                 : IperfError::ReceiveParameters,
               now);
        return;
    }
    test_->parameters = *parameters;
    test_->phase = Phase::Streams;
    say(IperfState::CreateStreams);
}

void IperfServer::begin(Time now) {
    test_->phase = Phase::End;
    test_->counts_from = now + test_->parameters.omit;
    say(IperfState::TestStart);
    say(IperfState::TestRunning);
}

void IperfServer::take_state(IperfState state, Time now) {
    if (state == IperfState::TestEnd && test_->phase == Phase::End) {
        test_->phase = Phase::Results;
        test_->ended = now;
        // What has arrived before the client's last word belongs to the test.
        for (Stream& stream : test_->streams) {
            move_data(stream, now);
        }
        // In order, since the client reads on until it has heard what comes next.
        for (const Stream& stream : test_->streams) {
            stack_->close(stream.id, now);
        }
        say(IperfState::ExchangeResults);
        return;
    }
    if (state == IperfState::IperfDone && test_->phase == Phase::Goodbye) {
        ++tests_done_;
    }
    end_test(now);  // the client's goodbye, its giving up, or nonsense
}

void IperfServer::take_results(std::string_view json, Time now) {
    if (!is_iperf_result(json)) {
        refuse(IperfError::ReceiveResults, now);
        return;
    }
    const double seconds =
        std::max(0.0, std::chrono::duration<double>(test_->ended - test_->counts_from).count());
    std::vector<IperfStreamResult> results;
    for (const Stream& stream : test_->streams) {
        results.push_back({.bytes = stream.bytes, .seconds = seconds});
    }
    test_->unsent += framed_iperf_message(
        iperf_results(results, test_->parameters.direction != IperfDirection::ToServer));
    test_->phase = Phase::Goodbye;
    say(IperfState::DisplayResults);
}

void IperfServer::move_data(Stream& stream, Time now) {
    for (int turn = 0; turn < kTurns; ++turn) {
        const auto moved = stream.sends && test_->phase == Phase::End
                               ? stack_->send(stream.id, room_, now)
                               : stack_->read(stream.id, room_, now);
        if (!moved || *moved == 0) {
            return;
        }
        test_->last_progress = now;
        if (now >= test_->counts_from) {
            stream.bytes += *moved;
        }
    }
}

// ---- the control connection's other direction ---------------------------------------------------

void IperfServer::say(IperfState state) {
    test_->unsent += static_cast<char>(state);
}

void IperfServer::flush(Time now) {
    if (test_->unsent.empty()) {
        return;
    }
    const auto sent = stack_->send(test_->control, std::as_bytes(std::span(test_->unsent)), now);
    test_->unsent.erase(0, sent.value_or(0));
}

// After -2 follow two numbers: iperf3's own, and errno.
void IperfServer::refuse(IperfError error, Time now) {
    say(IperfState::ServerError);
    const auto number = static_cast<std::uint32_t>(error);
    for (const std::uint32_t each : {number, 0U}) {
        for (unsigned shift = 32; shift > 0;) {
            shift -= 8;
            test_->unsent += static_cast<char>(each >> shift & 0xFFU);
        }
    }
    end_test(now);
}

void IperfServer::end_test(Time now) {
    flush(now);
    if (test_->phase == Phase::Streams || test_->phase == Phase::End) {
        for (const Stream& stream : test_->streams) {
            stack_->abort(stream.id, now);
        }
    }
    stack_->close(test_->control, now);
    test_.reset();
}

}  // namespace tcpdx::lab
