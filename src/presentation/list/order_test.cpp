#include "presentation/list/order.h"

#include <gmock/gmock.h>

#include "presentation/list/list_fixture.h"

namespace tcpdx {
namespace {

using ::testing::ElementsAre;

class Collector final : public ConnectionWriter {
public:
    void add(const Connection& connection) override { ports.push_back(connection.local.port); }
    void finish(bool /*table_changed*/) override { finished = true; }
    std::vector<std::uint16_t> ports;
    bool finished = false;
};

class OrderTest : public testing::ListTest {
protected:
    // The local ports in order.
    [[nodiscard]] std::vector<std::uint16_t> sorted(const std::vector<Connection>& connections,
                                                    std::string_view keys,
                                                    std::optional<std::size_t> limit = {}) const {
        Collector collector;
        Sorter sorter(collector, *choose_order(keys), limit, context);
        for (const Connection& connection : connections) {
            sorter.add(connection);
        }
        sorter.finish(false);
        EXPECT_TRUE(collector.finished);
        return collector.ports;
    }

    static Connection aged(std::uint16_t port, std::optional<int> seconds) {
        Connection connection = established();
        connection.local.port = port;
        connection.age =
            seconds ? Age::exact(std::chrono::seconds(*seconds), AgeMethod::Watched) : Age{};
        return connection;
    }
};

TEST_F(OrderTest, SortsNumbersWithTheUnknownLastEitherWay) {
    const std::vector<Connection> connections{aged(1, 5), aged(2, std::nullopt), aged(3, 100),
                                              aged(4, 20)};
    EXPECT_THAT(sorted(connections, "age"), ElementsAre(1, 4, 3, 2));
    EXPECT_THAT(sorted(connections, "-age"), ElementsAre(3, 4, 1, 2));
}

TEST_F(OrderTest, KeepsTheKernelsOrderAmongEquals) {
    EXPECT_THAT(sorted({aged(9, 1), aged(3, 1), aged(5, 1)}, "age"), ElementsAre(9, 3, 5));
}

TEST_F(OrderTest, SortsAddressesByValueAndBySeveralKeys) {
    Connection ten = aged(1, 1);
    ten.remote.address = *parse_ip_address("10.0.0.10");
    Connection nine = aged(2, 1);
    nine.remote.address = *parse_ip_address("10.0.0.9");
    Connection older = aged(3, 7);
    older.remote.address = *parse_ip_address("10.0.0.9");
    EXPECT_THAT(sorted({ten, nine, older}, "remote"), ElementsAre(2, 3, 1));
    EXPECT_THAT(sorted({ten, nine, older}, "remote-address,-age"), ElementsAre(3, 2, 1));
}

TEST_F(OrderTest, ALimitKeepsTheFirstOfTheOrder) {
    std::vector<Connection> many;
    for (int i = 0; i < 20'000; ++i) {
        many.push_back(aged(static_cast<std::uint16_t>(i), (i * 7919) % 20'011));
    }
    const auto all = sorted(many, "-age");
    const auto some = sorted(many, "-age", 10);
    EXPECT_EQ(some, std::vector<std::uint16_t>(all.begin(), all.begin() + 10));
    EXPECT_THAT(sorted(many, "-age", 0), ElementsAre());
    EXPECT_EQ(sorted(many, "-age", SIZE_MAX), all);
}

TEST_F(OrderTest, LimitStopsWithoutSorting) {
    Collector collector;
    Limit limit(collector, 2);
    for (std::uint16_t port = 7; port < 10; ++port) {
        limit.add(aged(port, 1));
    }
    limit.finish(false);
    EXPECT_THAT(collector.ports, ElementsAre(7, 8));
    EXPECT_TRUE(collector.finished);
}

TEST(ChooseOrder, NamesTheColumnThatDoesNotExist) {
    EXPECT_TRUE(choose_order("-age,local")->at(0).descending);
    EXPECT_FALSE(choose_order("age")->at(0).descending);
    for (const char* text : {"colour", "-colour", "age,colour"}) {
        const auto keys = choose_order(text);
        ASSERT_FALSE(keys);
        EXPECT_EQ(std::get<std::string>(keys.error().what.values.at(0)), "colour");
    }
    EXPECT_FALSE(choose_order(""));
}

}  // namespace
}  // namespace tcpdx
