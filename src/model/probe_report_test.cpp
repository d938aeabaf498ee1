#include "model/probe_report.h"

#include <gtest/gtest.h>

namespace tcpdx {
namespace {

TEST(MeaningOfIcmp, IsTheSameForBothFamilies) {
    using enum IcmpMeaning;
    struct Row {
        IpFamily family;
        int type;
        int code;
        IcmpMeaning meaning;
    };
    constexpr Row kRows[] = {
        {IpFamily::V4, 3, 0, NetUnreachable},
        {IpFamily::V6, 1, 0, NetUnreachable},
        {IpFamily::V4, 3, 1, HostUnreachable},
        {IpFamily::V6, 1, 3, HostUnreachable},
        {IpFamily::V4, 3, 2, ProtocolUnreachable},
        {IpFamily::V6, 4, 1, ProtocolUnreachable},
        {IpFamily::V4, 3, 3, PortUnreachable},
        {IpFamily::V6, 1, 4, PortUnreachable},
        {IpFamily::V4, 3, 9, Prohibited},
        {IpFamily::V4, 3, 10, Prohibited},
        {IpFamily::V4, 3, 13, Prohibited},
        {IpFamily::V6, 1, 1, Prohibited},
        {IpFamily::V4, 11, 0, TimeExceeded},
        {IpFamily::V6, 3, 0, TimeExceeded},
        {IpFamily::V4, 3, 4, TooBig},
        {IpFamily::V6, 2, 0, TooBig},
        // Reassembly took too long: nothing about the path.
        {IpFamily::V4, 11, 1, Other},
        {IpFamily::V6, 3, 1, Other},
    };
    for (const Row& row : kRows) {
        EXPECT_EQ(meaning_of_icmp(row.family, static_cast<std::uint8_t>(row.type),
                                  static_cast<std::uint8_t>(row.code)),
                  row.meaning)
            << row.type << "/" << row.code;
    }
}

}  // namespace
}  // namespace tcpdx
