#include "sources/trace/kernel_symbols.h"

#include <gtest/gtest.h>

#include <string>

namespace tcpdx::trace {
namespace {

constexpr std::string_view kSymbols =
    "ffffffff82006870 t tw_timer_handler\n"
    "ffffffff82006900 t tw_timer_handler_extra\n"
    "ffffffff82008db0 t reqsk_timer_handler\n"
    "ffffffffc0001000 t other\t[module]\n";

TEST(TimerHandlers, AreFoundByTheirWholeNames) {
    TimerHandlers handlers;
    handlers.find_in(kSymbols);
    EXPECT_EQ(handlers.time_wait, 0xffffffff82006870U);
    EXPECT_EQ(handlers.request, 0xffffffff82008db0U);
}

TEST(TimerHandlers, ANameThatOnlyBeginsAlikeIsAnother) {
    TimerHandlers handlers;
    handlers.find_in("ffffffff82006900 t tw_timer_handler_extra\nffff t my_tw_timer_handler\n");
    EXPECT_EQ(handlers.time_wait, 0U);
}

TEST(TimerHandlers, AreUnknownWhereAddressesAreHidden) {
    TimerHandlers handlers;
    handlers.find_in("0000000000000000 t tw_timer_handler\n");
    EXPECT_EQ(handlers.time_wait, 0U);
}

TEST(TimerHandlers, SurviveEveryTruncation) {
    for (std::size_t size = 0; size <= kSymbols.size(); ++size) {
        TimerHandlers handlers;
        handlers.find_in(std::string(kSymbols.substr(0, size)));
        EXPECT_TRUE(handlers.time_wait == 0 || handlers.time_wait == 0xffffffff82006870U);
    }
}

}  // namespace
}  // namespace tcpdx::trace
