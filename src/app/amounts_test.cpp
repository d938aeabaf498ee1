#include "app/amounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

namespace tcpdx::app {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using ::testing::Eq;
using ::testing::Optional;

// 2026-11-25T12:00:00Z
constexpr microseconds kNoon = 1795608000s;

class ParseMoment : public ::testing::Test {
protected:
    ParseMoment() {
        ::setenv("TZ", "Asia/Seoul", 1);
        ::tzset();
    }
};

TEST(ParseDuration, TakesUnitsAndPlainSeconds) {
    EXPECT_THAT(parse_duration("30s"), Optional(30s));
    EXPECT_THAT(parse_duration("5m"), Optional(5min));
    EXPECT_THAT(parse_duration("12h"), Optional(12h));
    EXPECT_THAT(parse_duration("30d"), Optional(24h * 30));
    EXPECT_THAT(parse_duration("7"), Optional(7s));
    EXPECT_THAT(parse_duration("0"), Optional(0s));
}

TEST(ParseDuration, RefusesWhatIsNone) {
    for (const char* text : {"", "s", "-1s", "1.5h", "1w", "5 m", "m5", "99999999999s"}) {
        EXPECT_THAT(parse_duration(text), Eq(std::nullopt)) << text;
    }
}

TEST(ParseDuration, RefusesMoreThanAHundredYears) {
    EXPECT_TRUE(parse_duration("36500d"));
    EXPECT_FALSE(parse_duration("36601d"));
    EXPECT_FALSE(parse_duration("4294967295d"));
}

TEST(ParseSize, TakesPowersOf1024) {
    EXPECT_THAT(parse_size("500"), Optional(500));
    EXPECT_THAT(parse_size("100k"), Optional(100 * 1024));
    EXPECT_THAT(parse_size("500M"), Optional(500 * 1024 * 1024));
    EXPECT_THAT(parse_size("1G"), Optional(1024 * 1024 * 1024));
    for (const char* text : {"", "G", "1T", "-1M", "1.5G", "1 G"}) {
        EXPECT_THAT(parse_size(text), Eq(std::nullopt)) << text;
    }
}

TEST_F(ParseMoment, TakesADateWithAZoneOrThatOfTheHost) {
    EXPECT_THAT(parse_moment("2026-11-25T12:00:00Z", kNoon), Optional(kNoon));
    EXPECT_THAT(parse_moment("2026-11-25T21:00:00+09:00", kNoon), Optional(kNoon));
    EXPECT_THAT(parse_moment("2026-11-25T07:00-05:00", kNoon), Optional(kNoon));
    EXPECT_THAT(parse_moment("2026-11-25 21:00", kNoon), Optional(kNoon));
    EXPECT_THAT(parse_moment("2026-11-25T12:00:00.25Z", kNoon), Optional(kNoon + 250ms));
}

TEST_F(ParseMoment, TakesATimeOfDayForTheLastTimeThatItWasSo) {
    EXPECT_THAT(parse_moment("20:00", kNoon), Optional(kNoon - 1h));
    EXPECT_THAT(parse_moment("22:00", kNoon), Optional(kNoon - 23h));
}

TEST_F(ParseMoment, TakesSecondsSince1970AndTimesBeforeNow) {
    EXPECT_THAT(parse_moment("1795608000", 1s), Optional(kNoon));
    EXPECT_THAT(parse_moment("10m", kNoon), Optional(kNoon - 10min));
    EXPECT_THAT(parse_moment("-10m", kNoon), Optional(kNoon - 10min));
    EXPECT_THAT(parse_moment("-90", kNoon), Optional(kNoon - 90s));
    EXPECT_THAT(parse_moment("now", kNoon), Optional(kNoon));
}

TEST_F(ParseMoment, RefusesEveryTruncationOfADate) {
    const std::string whole = "2026-11-25T12:00:00+09:00";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::string cut = whole.substr(0, size);
        // "2026" is seconds since 1970; a date down to the minute or the second is whole.
        const bool means_something = size >= 1 && size <= 4;
        if (!means_something && size != 16 && size != 19) {
            EXPECT_FALSE(parse_moment(cut, kNoon)) << cut;
        }
    }
}

TEST_F(ParseMoment, RefusesWhatIsNone) {
    for (const char* text : {"yesterday", "2026-13-01T00:00", "2026-11-25T24:00", "25:00", "1e300",
                             "nan", "-4294967295d", "2026-11-25T12:00:00+9:00"}) {
        EXPECT_FALSE(parse_moment(text, kNoon)) << text;
    }
}

}  // namespace
}  // namespace tcpdx::app
