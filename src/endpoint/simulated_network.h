#pragma once

// For tests and fuzzing: two connections wired back to back through a network that loses, repeats,
// delays and reorders, with a clock of its own. The same seed gives the same trace.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "endpoint/connection.h"

namespace tcpdx::endpoint {

struct NetworkFaults {
    double loss = 0;
    double duplication = 0;
    Duration delay = std::chrono::milliseconds(10);
    Duration jitter{};  // more than the spacing of segments reorders them
};

class SimulatedNetwork {
public:
    static constexpr std::size_t kRoom = 70000;

    SimulatedNetwork(const Settings& settings, const NetworkFaults& faults, std::uint32_t seed,
                     std::uint32_t client_iss, std::uint32_t server_iss)
        : settings_(settings), faults_(faults), random_(seed), server_iss_(server_iss) {
        client_.emplace(settings_, tuple(1000, 80));
        server_.emplace(settings_, tuple(80, 1000));
        client_->open(now_, client_iss);
    }
    SimulatedNetwork(const SimulatedNetwork&) = delete;
    SimulatedNetwork& operator=(const SimulatedNetwork&) = delete;
    SimulatedNetwork(SimulatedNetwork&&) = delete;
    SimulatedNetwork& operator=(SimulatedNetwork&&) = delete;
    ~SimulatedNetwork() = default;

    static FourTuple tuple(std::uint16_t local, std::uint16_t remote) {
        return {.local = {.address = IpAddress::v4(0x0a000001), .port = local},
                .remote = {.address = IpAddress::v4(0x0a000002), .port = remote}};
    }

    [[nodiscard]] Connection& client() { return *client_; }
    [[nodiscard]] Connection& server() { return *server_; }
    [[nodiscard]] Time now() const { return now_; }

    // Sees every segment that is sent, before the network does anything to it.
    std::function<void(bool from_client, const wire::TcpSegment&)> on_sent;
    // True to lose it.
    std::function<bool(bool from_client, const wire::TcpSegment&)> loses;

    void flush() {
        while (flush_one(*client_, true) || flush_one(*server_, false)) {
        }
        drain_events(*client_);
        drain_events(*server_);
    }

    // To the next thing that happens. False when nothing ever will.
    bool step() {
        flush();
        std::optional<Time> next = client_->next_deadline();
        for (const auto deadline : {server_->next_deadline(), first_arrival()}) {
            if (deadline && (!next || *deadline < *next)) {
                next = deadline;
            }
        }
        if (!next) {
            return false;
        }
        now_ = std::max(now_, *next);
        client_->advance_time(now_);
        server_->advance_time(now_);
        while (first_arrival() && *first_arrival() <= now_) {
            const InFlight arrived = std::move(in_flight_.begin()->second);
            in_flight_.erase(in_flight_.begin());
            deliver(arrived);
        }
        flush();
        return true;
    }

private:
    struct InFlight {
        bool to_client = false;
        wire::TcpSegment segment;
        std::vector<std::byte> payload;
    };

    [[nodiscard]] std::optional<Time> first_arrival() const {
        if (in_flight_.empty()) {
            return std::nullopt;
        }
        return in_flight_.begin()->first;
    }
    bool chance(double probability) {
        return std::uniform_real_distribution<>(0, 1)(random_) < probability;
    }
    bool flush_one(Connection& from, bool is_client) {
        const auto output = from.poll_output(now_, room_);
        if (!output) {
            return false;
        }
        if (on_sent) {
            on_sent(is_client, output->segment);
        }
        if (chance(faults_.loss) || (loses && loses(is_client, output->segment))) {
            return true;
        }
        const int copies = chance(faults_.duplication) ? 2 : 1;
        for (int i = 0; i < copies; ++i) {
            Duration delay = faults_.delay;
            if (faults_.jitter.count() > 0) {
                delay += Duration(std::uniform_int_distribution<std::int64_t>(
                    0, faults_.jitter.count())(random_));
            }
            const auto payload = output->segment.payload;
            in_flight_.emplace(now_ + delay, InFlight{.to_client = !is_client,
                                                      .segment = output->segment,
                                                      .payload = {payload.begin(), payload.end()}});
        }
        return true;
    }
    void deliver(const InFlight& arrived) {
        wire::TcpSegment segment = arrived.segment;
        segment.payload = arrived.payload;
        Connection& to = arrived.to_client ? *client_ : *server_;
        if (!arrived.to_client && to.state() == TcpState::Closed && segment.flags.syn &&
            !segment.flags.ack && !server_opened_) {
            server_opened_ = true;
            to.open_passively(segment, wire::Ecn::NotCapable, now_, server_iss_);
        } else {
            to.receive(segment, wire::Ecn::NotCapable, now_);
        }
    }
    static void drain_events(Connection& connection) {
        while (connection.poll_event()) {
        }
    }

    Settings settings_;
    NetworkFaults faults_;
    std::mt19937 random_;
    Time now_{std::chrono::seconds(1000)};
    std::uint32_t server_iss_;
    bool server_opened_ = false;
    std::optional<Connection> client_;
    std::optional<Connection> server_;
    std::multimap<Time, InFlight> in_flight_;
    std::vector<std::byte> room_ = std::vector<std::byte>(kRoom);
};

}  // namespace tcpdx::endpoint
