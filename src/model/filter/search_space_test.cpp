#include "model/filter/search_space.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "model/filter/parser.h"

namespace tcpdx::filter {
namespace {

SearchSpace space_of(std::string_view text) {
    const auto filter = parse_filter(text, Names{});
    EXPECT_TRUE(filter) << text;
    return search_space_of(*filter);
}

TEST(SearchSpace, KeepsStatesPortsAndPrefixesOfAConjunction) {
    const SearchSpace space = space_of("established sport = :443 dst 10.0.0.0/8 age > 5m");
    ASSERT_EQ(space.any_of.size(), 1U);
    const SearchArea& area = space.any_of.front();
    EXPECT_EQ(area.states, StateSet().add(TcpState::Established));
    EXPECT_EQ(area.local_port, (PortRange{443, 443}));
    EXPECT_EQ(area.remote_port, PortRange{});
    EXPECT_EQ(area.remote, parse_ip_prefix("10.0.0.0/8"));
    EXPECT_EQ(area.family, std::nullopt) << "an IPv6 socket may have a mapped address";
}

TEST(SearchSpace, HasAnAreaForEachAlternative) {
    const SearchSpace space = space_of("port 443");
    ASSERT_EQ(space.any_of.size(), 2U);
    EXPECT_EQ(space.any_of[0].local_port, (PortRange{443, 443}));
    EXPECT_EQ(space.any_of[1].remote_port, (PortRange{443, 443}));
}

TEST(SearchSpace, MovesNegationInwards) {
    const SearchSpace space = space_of("not (state listen or sport < 1024 or dport > 80)");
    ASSERT_EQ(space.any_of.size(), 1U);
    EXPECT_FALSE(space.any_of[0].states.contains(TcpState::Listen));
    EXPECT_EQ(space.any_of[0].local_port, PortRange{}) << "a missing port is not below 1024";
    EXPECT_EQ(space.any_of[0].remote_port, (PortRange{0, 80}));
}

TEST(SearchSpace, IsEmptyForAContradiction) {
    EXPECT_TRUE(space_of("sport 80 and sport 443").any_of.empty());
    EXPECT_TRUE(space_of("src 10.0.0.0/8 src 192.168.0.0/16").any_of.empty());
    EXPECT_TRUE(space_of("sport > 65535").any_of.empty());
    EXPECT_TRUE(space_of("ipv4 src 2001:db8::/32").any_of.empty());
}

TEST(SearchSpace, BecomesOneBoxWhenThereAreTooManyAlternatives) {
    std::string text = "sport 100";
    for (int port = 101; port < 120; ++port) {
        text += "," + std::to_string(port);
    }
    const SearchSpace space = space_of(text);
    ASSERT_LE(space.any_of.size(), 8U);
    Connection connection;
    connection.local.port = 119;
    EXPECT_TRUE(space.contains(connection));
    connection.local.port = 99;
    EXPECT_FALSE(space.contains(connection));
}

// What a filter lets through must be in its search space: tried with random filters and
// connections that meet often, because they share few values.
class RandomCase {
public:
    Connection connection() {
        Connection made;
        made.state = kAllTcpStates.at(pick(kAllTcpStates.size()));
        made.local = {*parse_ip_address(address()), port()};
        made.remote = {*parse_ip_address(address()), port()};
        made.remote.address.family = made.local.address.family;
        return made;
    }
    std::string filter(int depth = 0) {
        if (depth < 4 && pick(3) != 0) {
            const std::string a = filter(depth + 1);
            switch (pick(4)) {
                case 0:
                    return "not (" + a + ")";
                case 1:
                    return "(" + a + " or " + filter(depth + 1) + ")";
                default:
                    return "(" + a + " and " + filter(depth + 1) + ")";
            }
        }
        const std::string side = pick(2) == 0 ? "s" : "d";
        switch (pick(6)) {
            case 0:
                return "state " + std::string(rfc_name(kAllTcpStates.at(pick(11))));
            case 1:
            case 2: {
                static constexpr const char* kComparisons[] = {"=", "!=", "<", "<=", ">", ">="};
                return side + "port " + kComparisons[pick(6)] + " " + std::to_string(port());
            }
            case 3:
                return (side == "s" ? "src " : "dst ") + address();
            case 4: {
                static constexpr const char* kPrefixes[] = {
                    "10/8", "10.1/16", "0.0.0.0/0", "::/0", "[2001:db8::]/32", "[::ffff:0:0]/96"};
                return (side == "s" ? "src " : "dst ") + std::string(kPrefixes[pick(6)]);
            }
            default:
                return pick(2) == 0 ? "ipv4" : "ipv6";
        }
    }

private:
    std::size_t pick(std::size_t below) {
        return std::uniform_int_distribution<std::size_t>(0, below - 1)(engine_);
    }
    std::uint16_t port() {
        static constexpr std::uint16_t kPorts[] = {0, 1, 80, 81, 443, 65535};
        return kPorts[pick(6)];
    }
    std::string address() {
        static constexpr const char* kAddresses[] = {"10.1.2.3",         "10.2.0.1", "0.0.0.0",
                                                     "::ffff:10.1.2.3",  "::",       "2001:db8::1",
                                                     "::ffff:127.0.0.1", "192.0.2.1"};
        return kAddresses[pick(8)];
    }

    std::mt19937 engine_{20240229};  // NOLINT: the same cases in every run
};

TEST(SearchSpace, HoldsEverythingThatItsFilterLetsThrough) {
    RandomCase random;
    int matched = 0;
    int left_out = 0;
    for (int i = 0; i < 3000; ++i) {
        const std::string text = random.filter();
        const auto filter = parse_filter(text, Names{});
        ASSERT_TRUE(filter) << text;
        const SearchSpace space = search_space_of(*filter);
        for (int j = 0; j < 50; ++j) {
            const Connection connection = random.connection();
            const bool inside = space.contains(connection);
            left_out += inside ? 0 : 1;
            if (matches(*filter, connection, {})) {
                ++matched;
                ASSERT_TRUE(inside) << text << "  " << to_string(connection.local) << " "
                                    << to_string(connection.remote);
                ASSERT_TRUE(space.box()->contains(connection)) << text;
            }
        }
    }
    EXPECT_GT(matched, 1000);
    EXPECT_GT(left_out, 1000);
}

}  // namespace
}  // namespace tcpdx::filter
