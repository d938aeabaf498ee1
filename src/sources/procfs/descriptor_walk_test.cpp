#include "sources/procfs/descriptor_walk.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "sources/procfs/proc_file.h"

namespace tcpdx::procfs {
namespace {

using testing::Eq;
using testing::IsNull;
using testing::NotNull;
using testing::Optional;
using testing::SizeIs;

TEST(SocketInode, ReadsTheNumberInASocketsLink) {
    EXPECT_THAT(socket_inode("socket:[31337]"), Optional(31337U));
}

TEST(SocketInode, HasNoNumberForOtherLinks) {
    for (const char* link : {"pipe:[31337]", "/dev/null", "anon_inode:[eventpoll]", "socket:[]",
                             "socket:[12x]", "socket:[99999999999]", ""}) {
        EXPECT_THAT(socket_inode(link), Eq(std::nullopt)) << link;
    }
}

TEST(SocketInode, RefusesEveryTruncation) {
    constexpr std::string_view kLink = "socket:[31337]";
    for (std::size_t size = 0; size < kLink.size(); ++size) {
        EXPECT_THAT(socket_inode(kLink.substr(0, size)), Eq(std::nullopt)) << size;
    }
}

// A directory that looks like /proc: the links point nowhere there, too.
class WalkDescriptors : public testing::Test {
public:
    WalkDescriptors(const WalkDescriptors&) = delete;
    WalkDescriptors& operator=(const WalkDescriptors&) = delete;
    WalkDescriptors(WalkDescriptors&&) = delete;
    WalkDescriptors& operator=(WalkDescriptors&&) = delete;

protected:
    WalkDescriptors() {
        std::string pattern = testing::TempDir() + "procfs_walk_XXXXXX";
        root_ = ::mkdtemp(pattern.data());
        add_process(1, "systemd");
    }
    ~WalkDescriptors() override { std::filesystem::remove_all(root_); }

    void add_process(int pid, const std::string& name) {
        std::filesystem::create_directories(root_ / std::to_string(pid) / "fd");
        std::ofstream(root_ / std::to_string(pid) / "comm") << name << '\n';
    }
    void remove_process(int pid) { std::filesystem::remove_all(root_ / std::to_string(pid)); }
    void add_descriptor(int pid, int descriptor, const std::string& target) {
        std::filesystem::create_symlink(
            target, root_ / std::to_string(pid) / "fd" / std::to_string(descriptor));
    }
    [[nodiscard]] std::optional<SocketHolders> walk(std::size_t budget = SIZE_MAX) const {
        const auto proc = open_directory(AT_FDCWD, root_.c_str());
        auto walked = walk_descriptors(proc->get(), budget);
        EXPECT_TRUE(walked);
        return *std::move(walked);
    }

    void take_descriptors_from(int pid) {
        std::filesystem::remove_all(root_ / std::to_string(pid) / "fd");
    }
    void add_descriptor_of_no_process() {
        std::filesystem::create_directories(root_ / "tty" / "fd");
        std::filesystem::create_symlink("socket:[500]", root_ / "tty" / "fd" / "3");
    }

private:
    std::filesystem::path root_;
};

TEST_F(WalkDescriptors, FindsTheHolderOfASocket) {
    add_process(42, "nginx");
    add_descriptor(42, 0, "/dev/null");
    add_descriptor(42, 6, "socket:[500]");
    const auto holders = walk();
    ASSERT_TRUE(holders);
    const Owner* owner = holders->find(500);
    ASSERT_THAT(owner, NotNull());
    EXPECT_EQ(owner->descriptor, 6);
    EXPECT_EQ(holders->processes()[owner->process].pid, 42);
    EXPECT_EQ(holders->processes()[owner->process].name, "nginx");
    EXPECT_TRUE(holders->complete());
}

TEST_F(WalkDescriptors, NamesTheLowestPidFirst) {
    add_process(100, "worker");
    add_descriptor(100, 6, "socket:[500]");
    add_process(42, "master");
    add_descriptor(42, 6, "socket:[500]");
    const auto holders = walk();
    const Owner* owner = holders->find(500);
    ASSERT_THAT(owner, NotNull());
    EXPECT_EQ(holders->processes()[owner->process].pid, 42);
    EXPECT_EQ(owner->more_holders, 1U);
}

TEST_F(WalkDescriptors, ListsNoProcessWithoutSockets) {
    add_process(42, "cat");
    add_descriptor(42, 0, "/dev/null");
    EXPECT_THAT(walk()->processes(), SizeIs(0));
}

TEST_F(WalkDescriptors, LooksOnlyAtProcesses) {
    add_descriptor_of_no_process();
    EXPECT_THAT(walk()->find(500), IsNull());
}

TEST_F(WalkDescriptors, GivesUpWhenItsBudgetIsUsed) {
    add_process(42, "nginx");
    for (int descriptor = 0; descriptor < 10; ++descriptor) {
        add_descriptor(42, descriptor, "/dev/null");
    }
    // Two processes, ten descriptors.
    EXPECT_FALSE(walk(2 * kProcessCost + 10));
    EXPECT_TRUE(walk(2 * kProcessCost + 11));
}

TEST_F(WalkDescriptors, IsNotCompleteWhenProcessesAreHidden) {
    // Mounted with hidepid, /proc does not even list pid 1.
    remove_process(1);
    EXPECT_TRUE(walk()->processes_hidden());
    EXPECT_FALSE(walk()->complete());
}

TEST_F(WalkDescriptors, IsNotDisturbedByAProcessThatEnds) {
    add_process(42, "gone");
    take_descriptors_from(42);
    EXPECT_TRUE(walk()->complete());
}

}  // namespace
}  // namespace tcpdx::procfs
