// tun_server DEVICE [LOSS] [rfc|linux]: the lab's HTTP server (port 80) and iperf3 server (port
// 5201) on a TUN device, until killed.

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "lab/http_server.h"
#include "lab/iperf_server.h"
#include "lab/tun_host.h"

int main(int count, char** arguments) {
    using namespace tcpdx;  // NOLINT(google-build-using-namespace): one function
    if (count < 2) {
        std::fprintf(stderr, "usage: tun_server DEVICE [LOSS] [rfc|linux]\n");
        return 64;
    }
    auto device = lab::TunDevice::open(arguments[1]);
    if (!device) {
        std::fprintf(stderr, "tun_server: %s: errno %d\n", device.error().doing.c_str(),
                     device.error().os_error);
        return 1;
    }
    endpoint::Settings settings = count > 3 && std::string(arguments[3]) == "linux"
                                      ? endpoint::linux_settings()
                                      : endpoint::rfc_settings();
    std::random_device random;
    settings.secret = {(std::uint64_t{random()} << 32U) | random(),
                       (std::uint64_t{random()} << 32U) | random()};
    settings.receive_buffer = settings.send_buffer = 1U << 20;
    settings.rto_min = std::chrono::milliseconds(200);  // a second would stop a lossy link
    lab::TunHost host(std::move(*device), settings, count > 2 ? std::atof(arguments[2]) : 0);
    lab::HttpServer http(host.stack(), 80);
    lab::IperfServer iperf(host.stack(), 5201);
    if (!http.listens() || !iperf.listens()) {
        return 1;
    }
    std::printf("listening\n");
    std::fflush(stdout);
    while (true) {
        const auto ran = host.run_once(std::chrono::seconds(1), [&] {
            iperf.run(host.now());
            http.run(host.now());
        });
        if (!ran) {
            std::fprintf(stderr, "tun_server: %s\n", ran.error().doing.c_str());
            return 1;
        }
    }
}
