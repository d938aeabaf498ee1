// iperf_over_tun DEVICE: the lab's iperf3 server (port 5201) on a TUN device whose datagrams hold
// many segments, until killed; profile `linux`. tests/e2e/tun_interop_test.py runs it beside the
// kernel.

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>

#include "lab/iperf_server.h"
#include "tun_with_offload.h"

int main(int count, char** arguments) {
    using namespace tcpdx;  // NOLINT(google-build-using-namespace): one function
    if (count < 2) {
        std::fprintf(stderr, "usage: iperf_over_tun DEVICE\n");
        return 64;
    }
    bench::TunWithOffload device(arguments[1]);
    endpoint::Settings settings = endpoint::linux_settings();
    std::random_device random;
    settings.secret = {(std::uint64_t{random()} << 32U) | random(),
                       (std::uint64_t{random()} << 32U) | random()};
    settings.receive_buffer = settings.send_buffer = 4U << 20;
    endpoint::TcpStack stack(settings);
    lab::IperfServer server(stack, 5201);
    std::printf("listening\n");
    std::fflush(stdout);
    const auto clock = [] {
        return std::chrono::time_point_cast<endpoint::Duration>(std::chrono::steady_clock::now());
    };
    while (server.listens()) {
        endpoint::Time next = clock() + std::chrono::seconds(1);
        next = std::min(next, stack.next_deadline().value_or(next));
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - clock()).count();
        pollfd ready{.fd = device.fd(), .events = POLLIN, .revents = 0};
        (void)::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(wait, 0)));
        device.read_into(stack, clock());
        stack.advance_time(clock());
        while (stack.poll_event()) {
        }
        server.run(clock());
        device.write_from(stack, clock());
    }
    return 1;
}
