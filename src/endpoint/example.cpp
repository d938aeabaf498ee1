// Two hosts in one program: a client asks, a server answers, and datagrams are carried by hand.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/stack.h"

using namespace tcpdx;            // NOLINT(google-build-using-namespace): an example
using namespace tcpdx::endpoint;  // NOLINT(google-build-using-namespace)

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

// The network: everything that one host sends reaches the other at once.
bool carry(TcpStack& from, TcpStack& to, Time now) {
    std::vector<std::byte> datagram(from.settings().mtu);
    bool carried = false;
    while (const std::size_t size = from.poll_output(now, datagram)) {
        to.receive(std::span(datagram).first(size), now);
        carried = true;
    }
    return carried;
}

std::string read_all(TcpStack& stack, Handle connection, Time now) {
    std::string text;
    std::vector<std::byte> room(1000);
    for (auto count = stack.read(connection, room, now); count && *count > 0;
         count = stack.read(connection, room, now)) {
        for (const std::byte byte : std::span(room).first(*count)) {
            text += static_cast<char>(byte);
        }
    }
    return text;
}

}  // namespace

int main() {
    Settings settings = rfc_settings();
    settings.secret = {1, 2};  // from a random source in earnest
    TcpStack client(settings);
    TcpStack server(settings);
    Time now{};  // any clock that only moves forward

    const SocketAddress service{.address = *parse_ip_address("192.0.2.1"), .port = 80};
    const auto listener = server.listen(service, 5);
    const auto asking =
        client.connect({.address = *parse_ip_address("192.0.2.2"), .port = 0}, service, now);
    if (!listener || !asking) {
        return EXIT_FAILURE;
    }

    std::string answer;
    std::optional<Handle> answering;
    bool asked = false;
    // Until both connections are gone: exchange what there is, then let time pass to the next
    // timer.
    while (client.connections() + server.connections() > 0 || client.time_waits() > 0) {
        while (carry(client, server, now) || carry(server, client, now)) {
        }
        while (const auto event = client.poll_event()) {
            if (event->event.kind == EventKind::StateChanged) {
                std::printf("client: %s\n", event->event.change->cause);
            }
            if (event->event.kind == EventKind::Connected && !asked) {
                asked = client.send(*asking, bytes_of("Who is there?"), now).has_value();
                (void)client.shutdown_send(*asking, now).has_value();
            }
            if (event->event.kind == EventKind::PeerClosed) {
                answer = read_all(client, *asking, now);
                client.close(*asking, now);
            }
        }
        if (const auto accepted = server.accept(*listener)) {
            answering = accepted;
        }
        while (const auto event = server.poll_event()) {
            if (event->event.kind == EventKind::PeerClosed && answering) {
                const std::string text = "You asked: " + read_all(server, *answering, now);
                (void)server.send(*answering, bytes_of(text), now).has_value();
                server.close(*answering, now);
            }
        }
        while (carry(client, server, now) || carry(server, client, now)) {
        }
        const auto next = std::min(client.next_deadline().value_or(Time::max()),
                                   server.next_deadline().value_or(Time::max()));
        if (next != Time::max()) {
            now = std::max(now, next);
        }
        client.advance_time(now);
        server.advance_time(now);
    }
    std::printf("%s\n", answer.c_str());
    return answer == "You asked: Who is there?" ? EXIT_SUCCESS : EXIT_FAILURE;
}
