#include "sources/procfs/tables/inet_sockets.h"

#include <gtest/gtest.h>

#include <string>

namespace tcpdx::proc_tables {
namespace {

constexpr std::string_view kListener =
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 02:000004D2 00000001  1000        2 "
    "31337 1 0000000000000000 100 0 0 10 0";

constexpr std::string_view kMapped =
    "  12: 0000000000000000FFFF00000100007F:1F92 0000000000000000FFFF00000100007F:C350 01 "
    "00000010:00000020 00:00000000 00000000     0        0 4242 1 0000000000000000 20 4 30 10 -1";

TEST(ParseInetSocket, ReadsEveryColumnThatNetstatShows) {
    const auto row = parse_inet_socket(kListener);
    ASSERT_TRUE(row);
    EXPECT_EQ(to_string(row->local), "127.0.0.1:8080");
    EXPECT_EQ(row->remote.port, 0);
    EXPECT_EQ(row->state, 10U);
    EXPECT_EQ(row->send_queue, 0U);
    EXPECT_EQ(row->receive_queue, 3U);
    EXPECT_EQ(row->timer, 2U);
    EXPECT_EQ(row->timer_expires, 0x4d2U);
    EXPECT_EQ(row->retransmits, 1U);
    EXPECT_EQ(row->uid, 1000);
    EXPECT_EQ(row->probes, 2);
    EXPECT_EQ(row->inode, 31337U);
}

TEST(ParseInetSocket, KeepsTheFamilyOfAMappedAddress) {
    const auto row = parse_inet_socket(kMapped);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->local.address.family, IpFamily::V6);
    EXPECT_EQ(to_string(row->local.address), "::ffff:127.0.0.1");
}

TEST(ParseInetSocket, TakesNoHeadingForARow) {
    EXPECT_FALSE(parse_inet_socket(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid"));
    EXPECT_FALSE(parse_inet_socket(""));
}

TEST(ParseInetSocket, SurvivesEveryTruncation) {
    const std::size_t needed = kListener.find("00000001  1000") + 1;
    for (std::size_t size = 0; size < kListener.size(); ++size) {
        // On the heap and without a terminator, so that reading beyond the end is noticed.
        const std::string cut(kListener.substr(0, size));
        EXPECT_EQ(parse_inet_socket(cut).has_value(), size >= needed) << "cut to " << size;
    }
}

TEST(ParseHexAddress, RefusesOddLengthsAndLetters) {
    EXPECT_FALSE(parse_hex_address("0100007"));
    EXPECT_FALSE(parse_hex_address("0100007F0"));
    EXPECT_FALSE(parse_hex_address("0100007G"));
}

}  // namespace
}  // namespace tcpdx::proc_tables
