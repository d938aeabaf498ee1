#include "presentation/list/duration_format.h"

#include <gtest/gtest.h>

#include "presentation/render.h"

namespace tcpdx {
namespace {

using namespace std::chrono_literals;

template <class T>
std::string formatted(const T& value) {
    char buffer[DurationFormat::kMostBytes];
    const DurationFormat format;
    return {buffer, format.append(buffer, value)};
}

TEST(DurationFormat, WritesWhatRenderWrites) {
    for (const std::chrono::milliseconds duration :
         {0ms, 1ms, 999ms, 1000ms, 1950ms, 9999ms, 10000ms, 119999ms, 120000ms, 192000ms, 3599999ms,
          3600000ms, 172799999ms, 172800000ms, 8640000000ms}) {
        EXPECT_EQ(formatted(duration), render(duration)) << duration.count();
    }
}

TEST(DurationFormat, WritesAgesAsRenderDoes) {
    for (const Age& age : {Age{}, Age::exact(192s, AgeMethod::Watched),
                           Age::between(100s, 101s, AgeMethod::LastAckReceived),
                           Age::between(100s, 200s, AgeMethod::RetransmitSchedule),
                           Age::between(10h, 10h + 10s, AgeMethod::RetransmitSchedule),
                           Age::at_least(61s, AgeMethod::LastDataEither)}) {
        EXPECT_EQ(formatted(age), render(age));
    }
}

}  // namespace
}  // namespace tcpdx
