#include "sources/probe/path_lookup.h"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <vector>

namespace tcpdx::probe {
namespace {

void append_attribute(std::vector<std::byte>& bytes, std::uint16_t type,
                      std::vector<std::uint8_t> value) {
    const nlattr header{static_cast<std::uint16_t>(sizeof header + value.size()), type};
    const std::size_t at = bytes.size();
    bytes.resize(at + static_cast<std::size_t>(NLA_ALIGN(header.nla_len)));
    std::memcpy(bytes.data() + at, &header, sizeof header);
    std::memcpy(bytes.data() + at + sizeof header, value.data(), value.size());
}

std::vector<std::byte> route_through_gateway() {
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_type = RTN_UNICAST;
    std::vector<std::byte> bytes(NLMSG_ALIGN(sizeof header));
    std::memcpy(bytes.data(), &header, sizeof header);
    append_attribute(bytes, RTA_GATEWAY, {10, 1, 0, 254});
    append_attribute(bytes, RTA_PREFSRC, {10, 1, 0, 1});
    return bytes;
}

std::vector<std::byte> failed_neighbour() {
    ndmsg header{};
    header.ndm_family = AF_INET;
    header.ndm_state = NUD_FAILED;
    std::vector<std::byte> bytes(NLMSG_ALIGN(sizeof header));
    std::memcpy(bytes.data(), &header, sizeof header);
    append_attribute(bytes, NDA_DST, {10, 1, 0, 254});
    return bytes;
}

TEST(ParseRoute, GivesGatewayAndSource) {
    const auto route = parse_route(route_through_gateway());
    ASSERT_TRUE(route);
    EXPECT_EQ(route->kind, LocalRoute::Kind::Unicast);
    EXPECT_EQ(to_string(*route->gateway), "10.1.0.254");
    EXPECT_EQ(to_string(*route->source), "10.1.0.1");
}

TEST(ParseRoute, SurvivesEveryTruncation) {
    const auto whole = route_through_gateway();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto route = parse_route(std::span(whole).first(size));
        EXPECT_EQ(route.has_value(), size >= sizeof(rtmsg)) << size;
    }
}

TEST(ParseNeighbour, GivesItsState) {
    const auto neighbour = parse_neighbour(failed_neighbour());
    ASSERT_TRUE(neighbour);
    EXPECT_EQ(neighbour->state, NeighbourState::Failed);
    EXPECT_EQ(to_string(neighbour->address), "10.1.0.254");
}

TEST(ParseNeighbour, NeedsItsAddress) {
    const auto whole = failed_neighbour();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(parse_neighbour(std::span(whole).first(size))) << size;
    }
}

}  // namespace
}  // namespace tcpdx::probe
