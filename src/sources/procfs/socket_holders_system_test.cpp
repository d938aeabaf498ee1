// The iterator needs CAP_BPF and CAP_PERFMON, the namespace CAP_SYS_ADMIN; skipped without.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <string_view>
#include <thread>

#include "sources/procfs/descriptor_walk.h"
#include "sources/procfs/held_sockets.h"
#include "sources/procfs/proc_file.h"
#include "sources/procfs/real_sockets_for_tests.h"
#include "sources/procfs/socket_holders.h"

namespace tcpdx::procfs {
namespace {

using testing::NotNull;

SocketHolders by_walk() {
    const auto proc = open_directory(AT_FDCWD, "/proc");
    auto walked = walk_descriptors(proc->get(), SIZE_MAX);
    EXPECT_TRUE(walked && *walked);
    return **std::move(walked);
}

class ByIterator : public testing::Test {
protected:
    void SetUp() override {
        if (!may_load_iterators()) {
            GTEST_SKIP() << "no BPF: not built in, not permitted, or in a pid namespace";
        }
    }
    static SocketHolders list() {
        auto held = list_held_sockets();
        EXPECT_TRUE(held) << held.error().doing << ": " << held.error().os_error;
        return *std::move(held);
    }
    static const DeadSocket* dead_socket(const SocketHolders& holders, int descriptor) {
        for (const HeldDeadSocket& dead : holders.dead_sockets()) {
            if (holders.processes()[dead.socket.process].pid == ::getpid() &&
                dead.socket.descriptor == descriptor) {
                return &dead.socket;
            }
        }
        return nullptr;
    }
};

void expect_we_hold(const SocketHolders& holders, const UniqueFd& socket) {
    const Owner* owner = holders.find(inode_of(socket));
    ASSERT_THAT(owner, NotNull());
    EXPECT_EQ(holders.processes()[owner->process].pid, ::getpid());
    EXPECT_EQ(holders.processes()[owner->process].name, "procfs_system_t");
    EXPECT_EQ(owner->descriptor, socket.get());
    EXPECT_EQ(owner->more_holders, 0U);
}

TEST(ByWalk, FindsTheHolderOfEachSocket) {
    const RealConnection made = connect_over_loopback();
    const SocketHolders holders = by_walk();
    expect_we_hold(holders, made.listener);
    expect_we_hold(holders, made.client);
    expect_we_hold(holders, made.server);
}

TEST_F(ByIterator, FindsTheHolderOfEachSocket) {
    const RealConnection made = connect_over_loopback();
    const SocketHolders holders = list();
    expect_we_hold(holders, made.listener);
    expect_we_hold(holders, made.client);
    expect_we_hold(holders, made.server);
}

TEST_F(ByIterator, DoesNotCountThreads) {
    const RealConnection made = connect_over_loopback();
    std::promise<void> done;
    const std::jthread bystander([waiting = done.get_future()] { waiting.wait(); });
    expect_we_hold(list(), made.client);
    done.set_value();
}

// A forked child that keeps its copies of our descriptors until it is destroyed.
class ForkedHolder {
public:
    ForkedHolder() : child_(::fork()) {
        if (child_ == 0) {
            ::pause();
            ::_exit(0);
        }
    }
    ForkedHolder(const ForkedHolder&) = delete;
    ForkedHolder& operator=(const ForkedHolder&) = delete;
    ForkedHolder(ForkedHolder&&) = delete;
    ForkedHolder& operator=(ForkedHolder&&) = delete;
    ~ForkedHolder() {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }

private:
    pid_t child_;
};

void expect_second_holder_counted(const SocketHolders& holders, const UniqueFd& socket) {
    const Owner* owner = holders.find(inode_of(socket));
    ASSERT_THAT(owner, NotNull());
    EXPECT_EQ(owner->more_holders, 1U);
}

TEST(ByWalk, CountsAForkedHolder) {
    const RealConnection made = connect_over_loopback();
    const ForkedHolder child;
    expect_second_holder_counted(by_walk(), made.listener);
}

TEST_F(ByIterator, CountsAForkedHolder) {
    const RealConnection made = connect_over_loopback();
    const ForkedHolder child;
    expect_second_holder_counted(list(), made.listener);
}

TEST_F(ByIterator, FindsASocketInAnotherNetworkNamespace) {
    UniqueFd elsewhere;
    std::uint64_t its_namespace = 0;
    std::thread([&] {
        struct stat status {};
        if (::unshare(CLONE_NEWNET) == 0 && ::stat("/proc/thread-self/ns/net", &status) == 0) {
            its_namespace = status.st_ino;
            elsewhere = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        }
    }).join();
    if (!elsewhere) {
        GTEST_SKIP() << "no permission to make a network namespace";
    }
    expect_we_hold(list(), elsewhere);
}

TEST_F(ByIterator, FindsASocketThatItsPeerHasReset) {
    RealConnection made = connect_over_loopback();
    close_with_reset(std::move(made.server));
    const SocketHolders holders = list();
    const DeadSocket* dead = dead_socket(holders, made.client.get());
    ASSERT_THAT(dead, NotNull());
    EXPECT_EQ(dead->local_port, made.client_port);
    EXPECT_EQ(dead->remote_port, made.server_port);
    EXPECT_EQ(dead->cause, DeadSocketCause::Reset);
}

TEST_F(ByIterator, DoesNotKnowTheCauseOnceTheProgramWasTold) {
    RealConnection made = connect_over_loopback();
    close_with_reset(std::move(made.server));
    char byte = 0;
    ASSERT_LT(::recv(made.client.get(), &byte, 1, 0), 0);
    const SocketHolders holders = list();
    const DeadSocket* dead = dead_socket(holders, made.client.get());
    ASSERT_THAT(dead, NotNull());
    EXPECT_EQ(dead->cause, DeadSocketCause::Unknown);
}

TEST_F(ByIterator, FindsASocketThatWroteToAPeerThatHadClosed) {
    RealConnection made = connect_over_loopback();
    made.server = UniqueFd();
    ASSERT_EQ(::send(made.client.get(), "x", 1, MSG_NOSIGNAL), 1);  // answered by a reset
    EXPECT_LT(::send(made.client.get(), "x", 1, MSG_NOSIGNAL), 0);  // EPIPE, and it is told
    const SocketHolders holders = list();
    EXPECT_THAT(dead_socket(holders, made.client.get()), NotNull());
}

TEST_F(ByIterator, FindsANonBlockingConnectThatWasRefused) {
    RealConnection made = connect_over_loopback();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(made.server_port);
    made.listener = UniqueFd();
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    EXPECT_LT(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
    const SocketHolders holders = list();
    const DeadSocket* dead = dead_socket(holders, socket.get());
    ASSERT_THAT(dead, NotNull());
    EXPECT_EQ(dead->cause, DeadSocketCause::Refused);
}

TEST_F(ByIterator, TakesASocketThatBothEndsClosedInOrderForNoDeadOne) {
    RealConnection closes_first = connect_over_loopback();
    ASSERT_EQ(::shutdown(closes_first.client.get(), SHUT_WR), 0);
    closes_first.server = UniqueFd();
    RealConnection closes_last = connect_over_loopback();
    closes_last.server = UniqueFd();
    ASSERT_EQ(::shutdown(closes_last.client.get(), SHUT_WR), 0);
    const SocketHolders holders = list();
    EXPECT_EQ(dead_socket(holders, closes_first.client.get()), nullptr);
    EXPECT_EQ(dead_socket(holders, closes_last.client.get()), nullptr);
}

TEST_F(ByIterator, TakesNeitherALivingNorAFreshSocketForDead) {
    const RealConnection made = connect_over_loopback();
    const UniqueFd fresh(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const SocketHolders holders = list();
    EXPECT_EQ(dead_socket(holders, made.client.get()), nullptr);
    EXPECT_EQ(dead_socket(holders, made.listener.get()), nullptr);
    EXPECT_EQ(dead_socket(holders, fresh.get()), nullptr);
}

TEST(FindSocketHolders, FindsOurOwnSocketWithWhateverIsPermitted) {
    const RealConnection made = connect_over_loopback();
    const auto holders = find_socket_holders();
    ASSERT_TRUE(holders);
    expect_we_hold(*holders, made.client);
}

TEST(FindSocketHolders, TurnsToTheIteratorForDeadSockets) {
    const auto holders = find_socket_holders({.dead_sockets = true});
    ASSERT_TRUE(holders);
    EXPECT_EQ(holders->dead_sockets_known(), may_load_iterators());
}

TEST(ByWalk, IsCompleteOnlyIfProcess1CanBeLookedInto) {
    const auto proc = open_directory(AT_FDCWD, "/proc");
    bool listed = false;
    ASSERT_TRUE(for_each_entry(proc->get(),
                               [&](const char* name) { listed |= std::string_view(name) == "1"; }));
    const SocketHolders holders = by_walk();
    EXPECT_EQ(holders.processes_hidden(), !listed);
    if (!open_directory(proc->get(), "1/fd")) {
        EXPECT_FALSE(holders.complete());
    }
}

}  // namespace
}  // namespace tcpdx::procfs
