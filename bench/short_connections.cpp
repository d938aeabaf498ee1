// Opens and closes connections, over loopback or between hosts, for measuring what watching costs.
//
//     short_connections COUNT [RATE]                        both ends; prints connections per
//     second short_connections serve PORT COUNT                    one end, at any address
//     short_connections connect IP PORT COUNT [RATE]        and the other; prints as well
//     short_connections serve-last PORT COUNT               the same two,
//     short_connections connect-first IP PORT COUNT [RATE]  where the client closes first
//
// As fast as it can, or so many a second, evenly.
//
// One thread connects, sends a byte and waits for the peer to close; the other accepts, reads and
// closes. So the server closes first, and TIME-WAIT stays on its port, where it hinders nobody.
// Where the client closes first, it holds the client's port.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace {

using tcpdx::UniqueFd;

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);  // NOLINT(concurrency-mt-unsafe)
}

sockaddr* generic(sockaddr_in& address) {
    return reinterpret_cast<sockaddr*>(&address);
}

UniqueFd listen_at(sockaddr_in& address) {
    socklen_t size = sizeof(address);
    UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(listener.get(), generic(address), size) != 0 ||
        ::listen(listener.get(), 1024) != 0 ||
        ::getsockname(listener.get(), generic(address), &size) != 0) {
        fail("listening");
    }
    return listener;
}

enum class Closing { ServerFirst, ClientFirst };

void serve(int listener, long count, Closing closing) {
    for (long i = 0; i < count; ++i) {
        const UniqueFd accepted(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        char byte = 0;
        if (!accepted || ::recv(accepted.get(), &byte, 1, 0) != 1) {
            fail("accepting");
        }
        if (closing == Closing::ClientFirst) {
            (void)::recv(accepted.get(), &byte, 1, 0);
        }
    }
}

void connect_again_and_again(sockaddr_in address, long count, long rate, Closing closing) {
    const auto begun = std::chrono::steady_clock::now();
    for (long i = 0; i < count; ++i) {
        if (rate > 0) {
            std::this_thread::sleep_until(begun +
                                          std::chrono::nanoseconds(1'000'000'000L / rate) * i);
        }
        const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        char byte = 'x';
        if (::connect(client.get(), generic(address), sizeof(address)) != 0 ||
            ::send(client.get(), &byte, 1, MSG_NOSIGNAL) != 1 ||
            (closing == Closing::ServerFirst && ::recv(client.get(), &byte, 1, 0) != 0)) {
            fail("connecting");
        }
    }
    const std::chrono::duration<double> lasted = std::chrono::steady_clock::now() - begun;
    std::printf("%.0f\n", static_cast<double>(count) / lasted.count());
}

std::uint16_t network_port(std::string_view text) {
    return htons(static_cast<std::uint16_t>(std::atoi(text.data())));
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    const auto number = [&](std::size_t index, long otherwise) {
        return index < words.size() ? std::atol(words[index].data()) : otherwise;
    };
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (words.size() == 3 && words[0].starts_with("serve")) {
        address.sin_port = network_port(words[1]);
        const UniqueFd listener = listen_at(address);
        std::puts("listening");
        std::fflush(stdout);
        serve(listener.get(), number(2, 0),
              words[0] == "serve-last" ? Closing::ClientFirst : Closing::ServerFirst);
        return 0;
    }
    if (words.size() >= 4 && words[0].starts_with("connect")) {
        address.sin_port = network_port(words[2]);
        if (::inet_pton(AF_INET, words[1].data(), &address.sin_addr) != 1) {
            fail(words[1].data());
        }
        connect_again_and_again(
            address, number(3, 0), number(4, 0),
            words[0] == "connect-first" ? Closing::ClientFirst : Closing::ServerFirst);
        return 0;
    }
    const long count = number(0, 200'000);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const UniqueFd listener = listen_at(address);
    const std::jthread server(serve, listener.get(), count, Closing::ServerFirst);
    connect_again_and_again(address, count, number(1, 0), Closing::ServerFirst);
    return 0;
}
