#pragma once

// For tests: connections told segment by segment, as a capture sees them.

#include <string>
#include <vector>

#include "sources/capture/packets_for_tests.h"
#include "sources/capture/read_capture.h"

namespace tcpdx::capture::testing {

inline constexpr std::uint32_t kClient = 0x0a000001;
inline constexpr std::uint32_t kServer = 0x0a000002;

// One segment's own facts; the scene knows addresses and counts identifications.
struct Sent {
    int flags = kAck;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    std::size_t payload = 0;
    std::uint32_t window = 8192;
};

class Scene {
public:
    explicit Scene(std::size_t most_connections = 1'000'000)
        : reading_({.most_connections = most_connections}) {}

    // `ms` since the scene began. From the client's port 40000 to the server's port 80 and back.
    Scene& client(double ms, const Sent& sent) { return put(ms, sent, true, ++client_id_); }
    Scene& server(double ms, const Sent& sent) { return put(ms, sent, false, ++server_id_); }
    // The very same packet again, and one with an identification of choice.
    Scene& client_copy(double ms, const Sent& sent) { return put(ms, sent, true, client_id_); }
    Scene& client_with_id(double ms, std::uint32_t id, const Sent& sent) {
        return put(ms, sent, true, id);
    }
    Scene& icmp_to_client(double ms, int type, int code, std::uint32_t sequence) {
        const Bytes quoted = ip4(tcp({.source_port = port, .sequence = sequence}));
        const Bytes error =
            bytes({type, code, 0, 0, 0, 0, 0, 0}) + Bytes(quoted.begin(), quoted.begin() + 28);
        return put_packet(
            ms, ip4(error, {.source = 0x0a0000fe, .destination = kClient, .protocol = 1}));
    }
    Scene& put_packet(double ms, const Bytes& packet) {
        PacketRecord record = record_of(packet, 101);
        record.time_ns = 1'000'000'000'000 + static_cast<std::int64_t>(ms * 1e6);
        reading_.take(record);
        return *this;
    }

    // Handshake near the client, 10 ms to the server and back: sequence numbers 100 and 500.
    Scene& handshake(double ms = 0) {
        client(ms, {.flags = kSyn, .sequence = 100});
        server(ms + 10, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101});
        return client(ms + 10.1, {.sequence = 101, .acknowledgment = 501});
    }

    [[nodiscard]] Captured all() { return reading_.finish(); }
    [[nodiscard]] std::vector<CapturedConnection> connections() {
        const Captured captured = reading_.finish();
        std::vector<CapturedConnection> found;
        for (const std::uint32_t number : captured.numbers()) {
            found.push_back(captured.find(number).value_or(CapturedConnection{}));
        }
        return found;
    }
    [[nodiscard]] CapturedConnection one() {
        const auto found = connections();
        return found.empty() ? CapturedConnection{} : found.front();
    }
    [[nodiscard]] std::size_t memory() const { return reading_.bytes(); }

    std::uint32_t port = 40000;
    std::uint32_t client_address = kClient;

private:
    Scene& put(double ms, const Sent& sent, bool from_client, std::uint32_t id) {
        const Bytes segment = tcp({.source_port = from_client ? port : 80U,
                                   .destination_port = from_client ? 80U : port,
                                   .sequence = sent.sequence,
                                   .acknowledgment = sent.acknowledgment,
                                   .flags = sent.flags,
                                   .window = sent.window,
                                   .payload = sent.payload});
        // 63: one router lies between the capture and the server.
        return put_packet(ms, ip4(segment, {.source = from_client ? client_address : kServer,
                                            .destination = from_client ? kServer : client_address,
                                            .id = id & 0xffffU,
                                            .hops = from_client ? 64 : 63}));
    }

    CaptureReading reading_;
    std::uint32_t client_id_ = 100;
    std::uint32_t server_id_ = 1000;
};

// "SYN-SENT ESTABLISHED CLOSED|SYN-SENT": all that an end went through.
inline std::string states(const CapturedEnd& end) {
    std::string text;
    for (const CapturedState& state : end.states) {
        text += text.empty() ? "" : " ";
        std::string names;
        for (const TcpState one : kAllTcpStates) {
            if (state.possible.contains(one)) {
                names += names.empty() ? "" : "|";
                names += rfc_name(one);
            }
        }
        text += names;
    }
    return text;
}

}  // namespace tcpdx::capture::testing
