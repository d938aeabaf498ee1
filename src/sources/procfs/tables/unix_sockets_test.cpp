#include "sources/procfs/tables/unix_sockets.h"

#include <gtest/gtest.h>

#include <string>

namespace tcpdx::proc_tables {
namespace {

constexpr std::string_view kListener =
    "00000000c0ffee00: 00000002 00000000 00010000 0001 01  1234 /run/a listener";

TEST(ParseUnixSocket, EndsAPathAtItsFirstBlankAsNetstatDoes) {
    const auto row = parse_unix_socket(kListener);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->references, 2U);
    EXPECT_EQ(row->flags, 0x10000U);
    EXPECT_EQ(row->type, 1U);
    EXPECT_EQ(row->state, 1U);
    EXPECT_EQ(row->inode, 1234U);
    EXPECT_EQ(row->path, "/run/a");
}

TEST(ParseUnixSocket, TakesNoPieceOfAPathForARow) {
    EXPECT_FALSE(parse_unix_socket("line of a path that has a newline in it"));
    EXPECT_FALSE(parse_unix_socket("Num       RefCount Protocol Flags    Type St Inode Path"));
}

TEST(ParseUnixSocket, SurvivesEveryTruncation) {
    const std::size_t needed = kListener.find(" 01  1234") + 2;
    for (std::size_t size = 0; size < kListener.size(); ++size) {
        const std::string cut(kListener.substr(0, size));
        EXPECT_EQ(parse_unix_socket(cut).has_value(), size >= needed) << "cut to " << size;
    }
}

}  // namespace
}  // namespace tcpdx::proc_tables
