#include "presentation/netstat/table_lines.h"

#include <gtest/gtest.h>

#include <string>

namespace tcpdx::netstat {
namespace {

NetworkInterface ethernet() {
    NetworkInterface interface {
        .name = "eth0", .flags = 0x1043, .mtu = 1500, .queue_length = 1000
    };
    interface.hardware_type = 1;
    interface.hardware_address[0] = 0x02;
    interface.traffic = InterfaceTraffic{};
    interface.traffic->received.bytes = 1536;
    return interface;
}

TEST(AppendInterface, LooksLikeIfconfigInFull) {
    LineBuffer out;
    append_interface_in_full(out, ethernet());
    EXPECT_EQ(out.text(),
              "eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n"
              "        ether 02:00:00:00:00:00  txqueuelen 1000  (Ethernet)\n"
              "        RX packets 0  bytes 1536 (1.5 KiB)\n"
              "        RX errors 0  dropped 0  overruns 0  frame 0\n"
              "        TX packets 0  bytes 0 (0.0 B)\n"
              "        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n\n");
}

TEST(AppendInterface, SaysThatALabelHasNoCounters) {
    NetworkInterface label = ethernet();
    label.name = "eth0:1";
    label.traffic.reset();
    LineBuffer out;
    append_interface(out, label);
    EXPECT_EQ(
        out.text(),
        "eth0:1           1500      - no statistics available -                        BMRU\n");
}

TEST(AppendRoute, ReplacesTheGatewayOfARejectedTarget) {
    RouteV4 route{.interface = "*", .mask = *parse_ip_address("255.255.0.0"), .flags = 0x201};
    route.target = *parse_ip_address("10.10.0.0");
    Options options;
    options.numeric_hosts = true;
    LineBuffer out;
    append_route(out, route, options, {});
    EXPECT_EQ(out.text(),
              "10.10.0.0       -               255.255.0.0     !         - -          - -\n");
}

}  // namespace
}  // namespace tcpdx::netstat
