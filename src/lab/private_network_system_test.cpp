#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "base/unique_fd.h"
#include "lab/private_network.h"

namespace tcpdx::lab {
namespace {

// "lo" stands for any device: in the network of a container or of the host some device is up.
bool bring_up_lo() {
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
    request.ifr_flags = IFF_UP;
    return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

TEST(LayRoad, StaysOutOfANetworkWithADeviceThatIsUp) {
    if (!enter_private_network()) {
        GTEST_SKIP() << "needs root, or user namespaces that are allowed";
    }
    ASSERT_TRUE(bring_up_lo());
    const auto road = lay_road();
    ASSERT_FALSE(road);
    EXPECT_EQ(road.error().code, ErrorCode::Usage);
    EXPECT_EQ(road.error().about, "lo");
}

TEST(LayRoad, MakesTheDevicesOfTheLabInAFreshNetwork) {
    if (!enter_private_network()) {
        GTEST_SKIP() << "needs root, or user namespaces that are allowed";
    }
    const auto road = lay_road();
    ASSERT_TRUE(road);
    EXPECT_NE(::if_nametoindex("lab0"), 0U);
}

}  // namespace
}  // namespace tcpdx::lab
