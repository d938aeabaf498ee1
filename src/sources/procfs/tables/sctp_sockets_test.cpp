#include "sources/procfs/tables/sctp_sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tcpdx::proc_tables {
namespace {

using ::testing::SizeIs;

constexpr std::string_view kEndpoint =
    "ffff8880 ffff8881 2   10  29   5000   1000 4711 10.0.0.1 "
    "fd00:0001:0000:0000:0000:0000:0000:0001 ";
constexpr std::string_view kAssociation =
    "ffff8880 ffff8881 2   1   3  0       5        0        7    1000 4712 5000  36000  "
    "*10.0.0.1 10.0.1.1 <-> *10.0.0.2 \t    7500    10    10    0 0 0";

TEST(ParseSctpEndpoint, ReadsAllAddresses) {
    const auto row = parse_sctp_endpoint(kEndpoint);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->state, 10);
    EXPECT_EQ(row->local_port, 5000);
    EXPECT_EQ(row->uid, 1000);
    EXPECT_EQ(row->inode, 4711U);
    ASSERT_THAT(row->local, SizeIs(2));
    EXPECT_EQ(to_string(row->local[1]), "fd00:1::1");
}

TEST(ParseSctpAssociation, TellsTheEndsApart) {
    const auto row = parse_sctp_association(kAssociation);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->state, 1);
    EXPECT_EQ(row->send_queue, 0U);
    EXPECT_EQ(row->receive_queue, 7U);
    EXPECT_EQ(row->local_port, 5000);
    EXPECT_EQ(row->remote_port, 36000);
    EXPECT_THAT(row->local, SizeIs(2));
    ASSERT_THAT(row->remote, SizeIs(1));
    EXPECT_EQ(to_string(row->remote[0]), "10.0.0.2");
}

TEST(ParseSctp, SurvivesEveryTruncation) {
    for (std::size_t size = 0; size < kEndpoint.size(); ++size) {
        const std::string cut(kEndpoint.substr(0, size));
        EXPECT_EQ(parse_sctp_endpoint(cut).has_value(), size > kEndpoint.find("4711"));
    }
    for (std::size_t size = 0; size < kAssociation.size(); ++size) {
        const std::string cut(kAssociation.substr(0, size));
        EXPECT_EQ(parse_sctp_association(cut).has_value(), size > kAssociation.find("36000"));
    }
}

}  // namespace
}  // namespace tcpdx::proc_tables
