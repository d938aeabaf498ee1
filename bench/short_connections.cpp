// Opens and closes connections over loopback, for measuring what watching costs.
//
//     short_connections COUNT [RATE]      prints connections per second
//
// As fast as it can, or so many a second, evenly.
//
// One thread connects, sends a byte and waits for the peer to close; the other accepts, reads and
// closes. So the server closes first, and TIME-WAIT stays on its port, where it hinders nobody.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

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

void serve(int listener, long count) {
    for (long i = 0; i < count; ++i) {
        const UniqueFd accepted(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        char byte = 0;
        if (!accepted || ::recv(accepted.get(), &byte, 1, 0) != 1) {
            fail("accepting");
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const long count = argc > 1 ? std::atol(argv[1]) : 200'000;
    const long rate = argc > 2 ? std::atol(argv[2]) : 0;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(listener.get(), generic(address), size) != 0 ||
        ::listen(listener.get(), 1024) != 0 ||
        ::getsockname(listener.get(), generic(address), &size) != 0) {
        fail("listening");
    }
    const auto begun = std::chrono::steady_clock::now();
    std::jthread server(serve, listener.get(), count);
    for (long i = 0; i < count; ++i) {
        if (rate > 0) {
            std::this_thread::sleep_until(begun +
                                          std::chrono::nanoseconds(1'000'000'000L / rate) * i);
        }
        const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        char byte = 'x';
        if (::connect(client.get(), generic(address), size) != 0 ||
            ::send(client.get(), &byte, 1, MSG_NOSIGNAL) != 1 ||
            ::recv(client.get(), &byte, 1, 0) != 0) {
            fail("connecting");
        }
    }
    server.join();
    const std::chrono::duration<double> lasted = std::chrono::steady_clock::now() - begun;
    std::printf("%.0f\n", static_cast<double>(count) / lasted.count());
    return 0;
}
