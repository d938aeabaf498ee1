#include "sources/procfs/socket_holders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx::procfs {
namespace {

using testing::IsNull;
using testing::NotNull;

TEST(SocketHolders, NamesTheFirstHolderAndCountsTheOthers) {
    SocketHolders holders(HolderMethod::DescriptorWalk);
    const auto master = holders.add_process(10, "nginx");
    const auto worker = holders.add_process(11, "nginx");
    EXPECT_TRUE(holders.add_holder(500, master, 6));
    EXPECT_FALSE(holders.add_holder(500, worker, 6));
    EXPECT_FALSE(holders.add_holder(500, worker, 7));

    const Owner* owner = holders.find(500);
    ASSERT_THAT(owner, NotNull());
    EXPECT_EQ(owner->kind, OwnerKind::Process);
    EXPECT_EQ(owner->process, master);
    EXPECT_EQ(owner->descriptor, 6);
    EXPECT_EQ(owner->more_holders, 2U);
    EXPECT_EQ(holders.size(), 1U);
}

TEST(SocketHolders, CountsADescriptorThatComesTwiceOnce) {
    SocketHolders holders(HolderMethod::BpfIterator);
    const auto process = holders.add_process(10, "java");
    holders.add_holder(500, process, 6);
    holders.add_holder(500, process, 6);
    EXPECT_EQ(holders.find(500)->more_holders, 0U);
}

TEST(SocketHolders, HasNobodyForASocketThatItDoesNotKnow) {
    SocketHolders holders(HolderMethod::DescriptorWalk);
    EXPECT_THAT(holders.find(500), IsNull());
    holders.add_holder(500, holders.add_process(10, "a"), 3);
    EXPECT_THAT(holders.find(501), IsNull());
}

TEST(SocketHolders, HasNobodyForInodeZero) {
    // Never accepted and orphaned sockets have it: it is no socket of anybody.
    SocketHolders holders(HolderMethod::DescriptorWalk);
    holders.add_holder(0, holders.add_process(10, "a"), 3);
    EXPECT_THAT(holders.find(0), IsNull());
    EXPECT_EQ(holders.size(), 0U);
}

TEST(SocketHolders, KeepsEverySocketWhileItGrows) {
    SocketHolders holders(HolderMethod::DescriptorWalk);
    const auto process = holders.add_process(10, "a");
    constexpr std::uint32_t kSockets = 100000;
    for (std::uint32_t inode = 1; inode <= kSockets; ++inode) {
        holders.add_holder(inode * 7, process, static_cast<std::int32_t>(inode));
    }
    ASSERT_EQ(holders.size(), kSockets);
    for (std::uint32_t inode = 1; inode <= kSockets; ++inode) {
        const Owner* owner = holders.find(inode * 7);
        ASSERT_THAT(owner, NotNull()) << inode;
        ASSERT_EQ(owner->descriptor, static_cast<std::int32_t>(inode));
    }
}

TEST(SocketHolders, IsCompleteUntilAProcessCouldNotBeLookedInto) {
    SocketHolders holders(HolderMethod::DescriptorWalk);
    EXPECT_TRUE(holders.complete());
    holders.add_unseen_process();
    EXPECT_FALSE(holders.complete());
    EXPECT_EQ(holders.unseen_processes(), 1U);
}

TEST(SocketHolders, KnowsDeadSocketsOnlyFromAnIterator) {
    EXPECT_FALSE(SocketHolders(HolderMethod::DescriptorWalk).dead_sockets_known());
    EXPECT_TRUE(SocketHolders(HolderMethod::BpfIterator).dead_sockets_known());
}

}  // namespace
}  // namespace tcpdx::procfs
