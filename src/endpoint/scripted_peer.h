#pragma once

// For tests: one connection, with the test itself as its peer. Sequence numbers are relative: ours
// count from our SYN, the peer's from its own.

#include <cassert>
#include <cstdint>
#include <optional>
#include <vector>

#include "endpoint/connection.h"

namespace tcpdx::endpoint {

struct SentSegment {
    wire::TcpSegment segment;
    std::vector<std::byte> payload;
    wire::Ecn ecn = wire::Ecn::NotCapable;
};

class ScriptedPeer {
public:
    static constexpr std::uint32_t kOurIss = 0xfffffff0;  // wraps soon
    static constexpr std::uint32_t kPeerIss = 0x7ffffff8;

    explicit ScriptedPeer(const Settings& settings = rfc_settings())
        : settings_(settings), connection_(settings_, tuple()) {}
    ScriptedPeer(const ScriptedPeer&) = delete;
    ScriptedPeer& operator=(const ScriptedPeer&) = delete;
    ScriptedPeer(ScriptedPeer&&) = delete;
    ScriptedPeer& operator=(ScriptedPeer&&) = delete;
    ~ScriptedPeer() = default;

    static FourTuple tuple() {
        return {.local = {.address = IpAddress::v4(0xc0000201), .port = 8080},
                .remote = {.address = IpAddress::v4(0xc6336402), .port = 40000}};
    }

    // ---- what the peer says
    struct Says {
        std::uint32_t sequence = 0;
        std::optional<std::uint32_t> acknowledgment;
        wire::TcpFlags flags;
        std::uint16_t window = 65535;
        std::size_t payload = 0;
        std::uint16_t urgent_pointer = 0;
        wire::TcpOptions options;
        wire::Ecn ecn = wire::Ecn::NotCapable;
    };
    void says(const Says& what) {
        std::vector<std::byte> payload(what.payload);
        for (std::size_t i = 0; i < payload.size(); ++i) {
            payload[i] = byte_at(what.sequence + static_cast<std::uint32_t>(i));
        }
        wire::TcpSegment segment{.source_port = 40000,
                                 .destination_port = 8080,
                                 .sequence = kPeerIss + what.sequence,
                                 .window = what.window,
                                 .urgent_pointer = what.urgent_pointer,
                                 .flags = what.flags,
                                 .options = what.options,
                                 .payload = payload};
        if (what.acknowledgment) {
            segment.flags.ack = true;
            segment.acknowledgment = kOurIss + *what.acknowledgment;
        }
        for (std::uint8_t i = 0; i < segment.options.sack_blocks; ++i) {
            segment.options.sack[i].left += kOurIss;
            segment.options.sack[i].right += kOurIss;
        }
        if (connection_.state() == TcpState::Closed && segment.flags.syn && !segment.flags.ack &&
            !opened_) {
            opened_ = true;
            connection_.open_passively(segment, what.ecn, now_, kOurIss);
        } else {
            connection_.receive(segment, what.ecn, now_);
        }
        assert(connection_.is_consistent());
    }
    // The octet with this relative number of either stream.
    static std::byte byte_at(std::uint32_t sequence) {
        return static_cast<std::byte>(sequence * 31 + (sequence >> 8));
    }

    // ---- what it hears; numbers made relative
    std::optional<SentSegment> hears() {
        const auto output = connection_.poll_output(now_, room_);
        if (!output) {
            return std::nullopt;
        }
        SentSegment sent{
            .segment = output->segment,
            .payload = {output->segment.payload.begin(), output->segment.payload.end()},
            .ecn = output->ecn};
        sent.segment.payload = {};
        sent.segment.sequence -= kOurIss;
        if (sent.segment.flags.ack) {
            sent.segment.acknowledgment -= kPeerIss;
        }
        for (std::uint8_t i = 0; i < sent.segment.options.sack_blocks; ++i) {
            sent.segment.options.sack[i].left -= kPeerIss;
            sent.segment.options.sack[i].right -= kPeerIss;
        }
        assert(connection_.is_consistent());
        return sent;
    }
    std::vector<SentSegment> hears_all() {
        std::vector<SentSegment> all;
        while (auto sent = hears()) {
            all.push_back(std::move(*sent));
        }
        return all;
    }

    // ---- time
    // Stops at every timer on the way and returns what was sent.
    std::vector<SentSegment> passes(Duration duration) {
        std::vector<SentSegment> all = hears_all();
        const Time until = now_ + duration;
        for (auto next = connection_.next_deadline(); next && *next <= until;
             next = connection_.next_deadline()) {
            now_ = *next;
            connection_.advance_time(now_);
            for (auto& sent : hears_all()) {
                sent_at_.push_back(now_);
                all.push_back(std::move(sent));
            }
            assert(connection_.is_consistent());
        }
        now_ = until;
        return all;
    }
    [[nodiscard]] Time now() const { return now_; }
    // When each segment that a timer caused was sent.
    [[nodiscard]] const std::vector<Time>& sent_at() const { return sent_at_; }

    // ---- the program
    Connection& connection() { return connection_; }
    Settings& settings() { return settings_; }
    std::size_t writes(std::size_t count, bool urgent = false) {
        std::vector<std::byte> data(count);
        for (std::byte& byte : data) {
            byte = byte_at(written_++);
        }
        const auto taken = connection_.send(data, now_, urgent);
        return taken ? *taken : 0;
    }
    std::size_t reads(std::size_t count) {
        std::vector<std::byte> room(count);
        const auto got = connection_.read(room, now_);
        return got ? *got : 0;
    }
    std::vector<Event> events() {
        std::vector<Event> all;
        while (const auto event = connection_.poll_event()) {
            all.push_back(*event);
        }
        return all;
    }

    // ---- ways into each state
    // The handshake from the peer's side; nothing is left to hear.
    void establish(const wire::TcpOptions& options = {}, std::uint16_t window = 65535) {
        says({.flags = {.syn = true}, .window = window, .options = options});
        (void)hears_all().size();
        Says third{.sequence = 1, .acknowledgment = 1, .window = window};
        if (options.timestamps) {
            third.options.timestamps = {.value = options.timestamps->value + 1, .echo_reply = 0};
        }
        says(third);
        (void)hears_all().size();
    }
    void reach(TcpState state) {
        const auto quietly = [this] { (void)hears_all().size(); };
        if (state == TcpState::Closed) {
            return;
        }
        if (state == TcpState::SynSent) {
            connection_.open(now_, kOurIss);
            quietly();
            return;
        }
        if (state == TcpState::SynReceived) {
            says({.flags = {.syn = true}});
            quietly();
            return;
        }
        establish();
        const bool peer_first = state == TcpState::CloseWait || state == TcpState::LastAck;
        if (peer_first) {
            says({.sequence = 1, .acknowledgment = 1, .flags = {.fin = true}});
            quietly();
        }
        if (state != TcpState::Established && state != TcpState::CloseWait) {
            (void)connection_.shutdown_send(now_).has_value();
            quietly();
        }
        if (state == TcpState::FinWait2 || state == TcpState::TimeWait) {
            says({.sequence = 1, .acknowledgment = 2});
        }
        if (state == TcpState::TimeWait || state == TcpState::Closing) {
            says({.sequence = 1,
                  .acknowledgment = state == TcpState::Closing ? 1U : 2U,
                  .flags = {.fin = true}});
        }
        quietly();
        assert(connection_.state() == state);
    }

private:
    Settings settings_;
    Connection connection_;
    Time now_{std::chrono::seconds(5000)};
    bool opened_ = false;
    std::uint32_t written_ = 1;
    std::vector<Time> sent_at_;
    std::vector<std::byte> room_ = std::vector<std::byte>(70000);
};

}  // namespace tcpdx::endpoint
