#include "model/filter/parser.h"

#include <gtest/gtest.h>

namespace tcpdx::filter {
namespace {

std::size_t error_column(std::string_view text) {
    const auto filter = parse_filter(text, Names{});
    EXPECT_FALSE(filter) << text;
    return filter ? 0 : filter.error().column;
}

TEST(ParseFilter, PointsAtTheWordThatIsWrong) {
    const struct {
        const char* text;
        std::size_t column;
    } kCases[] = {
        {"state foo", 7},
        {"state established foo", 19},
        {"state time-wait,foo", 17},
        {"foo", 1},
        {"sport = :70000", 9},
        {"sport = :80 or", 15},
        {"sport", 6},
        {"sport = ", 9},
        {"dst 300.1.2.3", 5},
        {"(sport 80", 1},
        {"sport 80)", 9},
        {"()", 2},
        {"and sport 80", 1},
        {"sport 80 or or sport 90", 13},
        {"age 5m", 5},
        {"age > 5", 7},
        {"age > soon", 7},
        {"pid nginx", 5},
        {"pid > 5", 5},
        {"opener both", 8},
        {"owner nobody", 7},
        {"user nobody-of-this-name", 6},
        {"dev eth0", 5},
        {"recvq 5", 7},
        {"recvq > many", 9},
        {"process 'nginx", 9},
        {"fwmark 1/x", 8},
        {"sport > 80-90", 7},
        {"sport = = 80", 9},
    };
    for (const auto& each : kCases) {
        EXPECT_EQ(error_column(each.text), each.column) << each.text;
    }
}

TEST(ParseFilter, CountsColumnsInCharacters) {
    EXPECT_EQ(error_column("process 서버 foo"), 12U);
}

TEST(ParseFilter, TakesAutoboundForThePortsThatTheKernelGives) {
    Names names;
    names.automatic_ports = [] { return std::optional(PortRange{.first = 40000, .last = 40099}); };
    const auto filter = parse_filter("autobound", names);
    ASSERT_TRUE(filter);
    const auto holds_for = [&](std::uint16_t port) {
        Connection connection;
        connection.local.port = port;
        return matches(*filter, connection, {});
    };
    EXPECT_TRUE(holds_for(40000));
    EXPECT_TRUE(holds_for(40099));
    EXPECT_FALSE(holds_for(39999));
    EXPECT_FALSE(holds_for(40100));
    EXPECT_FALSE(parse_filter("autobound", Names{})) << "the range is not known";
}

TEST(ParseFilter, NamesWhatItDoesNotKnow) {
    const auto filter = parse_filter("state foo", Names{});
    ASSERT_FALSE(filter);
    EXPECT_STREQ(filter.error().what.text, "unknown state '{0}' at column {1}");
    ASSERT_EQ(filter.error().what.values.size(), 2U);
    EXPECT_EQ(std::get<std::string>(filter.error().what.values[0]), "foo");
    EXPECT_EQ(std::get<std::int64_t>(filter.error().what.values[1]), 7);
}

TEST(ParseFilter, RefusesNestingThatCouldExhaustTheStack) {
    const std::string deep(100'000, '(');
    EXPECT_FALSE(parse_filter(deep, Names{}));
    const std::string negations = std::string(100'000, '!') + "sport 80";
    EXPECT_TRUE(parse_filter(negations, Names{}));
}

TEST(ParseFilter, ReadsEveryTruncationWithoutHarm) {
    const std::string whole =
        "state time-wait,estab and (dport >= 1024 or not src [2001:db8::]/32:443), age > 1h30m "
        "process 'my program' && fwmark 0x1/0x3 !loopback";
    ASSERT_TRUE(parse_filter(whole, Names{}));
    int accepted = 0;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        accepted += parse_filter(std::string_view(whole).substr(0, size), Names{}) ? 1 : 0;
    }
    EXPECT_GT(accepted, 0);
}

TEST(ParseFilter, ACommaSeparatesConditionsOrValues) {
    const auto filter = parse_filter("sport 80,443, established", Names{});
    ASSERT_TRUE(filter);
    const auto& all = std::get<All>(filter->is);
    ASSERT_EQ(all.of.size(), 2U);
    EXPECT_EQ(std::get<Any>(all.of[0].is).of.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<StateIs>(all.of[1].is));
}

TEST(ParseFilter, AQuotedWordIsAValueWhateverItSpells) {
    const auto filter = parse_filter("process state, 'pid'", Names{});
    ASSERT_TRUE(filter);
    EXPECT_EQ(std::get<Any>(filter->is).of.size(), 2U);
}

TEST(ParseOption, TakesTheValueOfItsCondition) {
    const auto state = parse_option(Option::State, "time-wait,close-wait", Names{});
    ASSERT_TRUE(state);
    EXPECT_TRUE(std::get<StateIs>(state->is).states.contains(TcpState::CloseWait));
    const auto age = parse_option(Option::OlderThan, "5m", Names{});
    ASSERT_TRUE(age);
    EXPECT_EQ(std::get<AgeIs>(age->is).value, std::chrono::minutes(5));
    EXPECT_TRUE(parse_option(Option::Process, "nginx", Names{}));
}

TEST(ParseOption, PointsIntoTheValue) {
    const auto port = parse_option(Option::Port, "80,99999", Names{});
    ASSERT_FALSE(port);
    EXPECT_EQ(port.error().column, 4U);
    EXPECT_FALSE(parse_option(Option::State, "", Names{}));
    EXPECT_FALSE(parse_option(Option::Port, "80 and port 90", Names{}));
}

}  // namespace
}  // namespace tcpdx::filter
