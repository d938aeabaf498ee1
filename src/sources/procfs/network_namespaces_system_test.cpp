// Making and entering a network namespace needs CAP_SYS_ADMIN; skipped without.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>

#include <thread>

#include "sources/procfs/kernel_counters.h"
#include "sources/procfs/kernel_options.h"
#include "sources/procfs/network_namespaces.h"

namespace tcpdx::procfs {
namespace {

std::uint64_t inode_at(const char* path) {
    struct stat status {};
    EXPECT_EQ(::stat(path, &status), 0);
    return status.st_ino;
}

// A namespace that nobody is in, held by the descriptor alone.
UniqueFd fresh_namespace() {
    UniqueFd made;
    std::thread([&] {
        if (::unshare(CLONE_NEWNET) == 0) {
            made = UniqueFd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
        }
    }).join();
    return made;
}

TEST(ListNetworkNamespaces, HasOurOwnFirstAndWithoutAName) {
    const auto list = list_network_namespaces();
    ASSERT_TRUE(list) << list.error().doing;
    ASSERT_FALSE(list->namespaces.empty());
    EXPECT_EQ(list->namespaces[0].identity.inode, inode_at("/proc/self/ns/net"));
    EXPECT_EQ(list->namespaces[0].identity.name, "");
}

TEST(ListNetworkNamespaces, HasEachOnce) {
    const auto list = list_network_namespaces();
    ASSERT_TRUE(list);
    for (std::size_t i = 1; i < list->namespaces.size(); ++i) {
        EXPECT_NE(list->namespaces[i].identity.inode, list->namespaces[i - 1].identity.inode);
        EXPECT_NE(list->namespaces[i].identity.name, "");
    }
}

TEST(InsideNetworkNamespace, RunsTheWorkThereAndLeavesUsHere) {
    const UniqueFd there = fresh_namespace();
    if (!there) {
        GTEST_SKIP() << "no permission to make a network namespace";
    }
    struct stat status {};
    ASSERT_EQ(::fstat(there.get(), &status), 0);
    const std::uint64_t here = inode_at("/proc/thread-self/ns/net");
    std::uint64_t seen = 0;
    const auto outcome = inside_network_namespace(there, [&]() -> Result<> {
        seen = inode_at("/proc/thread-self/ns/net");
        return {};
    });
    ASSERT_TRUE(outcome) << outcome.error().doing;
    EXPECT_EQ(seen, status.st_ino);
    EXPECT_EQ(inode_at("/proc/thread-self/ns/net"), here);
}

TEST(InsideNetworkNamespace, ReadsTheCountersAndOptionsOfThatNamespace) {
    const UniqueFd there = fresh_namespace();
    if (!there) {
        GTEST_SKIP() << "no permission to make a network namespace";
    }
    Counters counters;
    KernelOptions options;
    const auto outcome = inside_network_namespace(there, [&]() -> Result<> {
        counters = TRY(read_counters());
        options = read_kernel_options();
        return {};
    });
    ASSERT_TRUE(outcome) << outcome.error().doing;
    // Nothing has happened in a namespace that is just made, and it has no other interface.
    EXPECT_THAT(counters.value("TcpActiveOpens"), testing::Optional(0U));
    EXPECT_TRUE(options.number("net.ipv4.conf.lo.rp_filter"));
    EXPECT_FALSE(options.number("net.ipv4.conf.eth0.rp_filter"));
}

TEST(InsideNetworkNamespace, HandsOnTheErrorOfTheWork) {
    const auto outcome = inside_network_namespace(
        UniqueFd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)),
        []() -> Result<> { return failure(ErrorCode::Malformed, "working"); });
    ASSERT_FALSE(outcome);
    if (outcome.error().code == ErrorCode::PermissionDenied) {
        GTEST_SKIP() << "no permission to enter a network namespace";
    }
    EXPECT_EQ(outcome.error().doing, "working");
}

TEST(InsideNetworkNamespace, RefusesADescriptorThatIsNoNamespace) {
    const auto outcome = inside_network_namespace(
        UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), []() -> Result<> { return {}; });
    EXPECT_FALSE(outcome);
}

}  // namespace
}  // namespace tcpdx::procfs
