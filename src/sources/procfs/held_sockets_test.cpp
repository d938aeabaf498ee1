#include "sources/procfs/held_sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "sources/procfs/bpf/held_socket_event.h"

namespace tcpdx::procfs {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint8_t kEstablished = 1;
constexpr std::uint8_t kClose = 7;

held_socket_event held_by(std::uint32_t process, std::uint32_t inode) {
    held_socket_event event{};
    event.inode = inode;
    event.network_namespace = 4026531833;
    event.process = process;
    event.descriptor = 5;
    event.local_port = 40000;
    event.remote_port = 443;
    event.state = kEstablished;
    std::strcpy(event.process_name, "curl");
    return event;
}

std::vector<std::byte> bytes_of(std::initializer_list<held_socket_event> events) {
    std::vector<std::byte> bytes(events.size() * sizeof(held_socket_event));
    std::memcpy(bytes.data(), events.begin(), bytes.size());
    return bytes;
}

SocketHolders holders_in(std::initializer_list<held_socket_event> events) {
    SocketHolders holders(HolderMethod::BpfIterator);
    EXPECT_EQ(add_held_sockets(holders, bytes_of(events)),
              events.size() * sizeof(held_socket_event));
    return holders;
}

TEST(AddHeldSockets, PutsTheSocketsOfOneProcessTogether) {
    const SocketHolders holders = holders_in({held_by(7, 100), held_by(7, 101), held_by(8, 102)});
    ASSERT_THAT(holders.processes(), SizeIs(2));
    EXPECT_EQ(holders.processes()[0].pid, 7);
    EXPECT_EQ(holders.processes()[0].name, "curl");
    EXPECT_EQ(holders.find(101)->process, 0U);
    EXPECT_EQ(holders.find(102)->process, 1U);
}

TEST(AddHeldSockets, TakesANameThatFillsItsFieldWhole) {
    held_socket_event event = held_by(7, 100);
    std::memset(event.process_name, 'x', sizeof(event.process_name));
    EXPECT_THAT(holders_in({event}).processes()[0].name, SizeIs(sizeof(event.process_name)));
}

TEST(AddHeldSockets, FindsASocketThatAResetClosed) {
    held_socket_event event = held_by(7, 100);
    event.state = kClose;
    const SocketHolders holders = holders_in({event});
    ASSERT_THAT(holders.dead_sockets(), SizeIs(1));
    const HeldDeadSocket& dead = holders.dead_sockets()[0];
    EXPECT_EQ(dead.network_namespace, 4026531833U);
    EXPECT_EQ(dead.socket.process, 0U);
    EXPECT_EQ(dead.socket.descriptor, 5);
    EXPECT_EQ(dead.socket.local_port, 40000);
    EXPECT_EQ(dead.socket.remote_port, 443);
}

TEST(AddHeldSockets, TakesALivingSocketForNoDeadOne) {
    EXPECT_THAT(holders_in({held_by(7, 100)}).dead_sockets(), IsEmpty());
}

TEST(AddHeldSockets, TakesASocketThatWasNeverConnectedForNoDeadOne) {
    held_socket_event event = held_by(7, 100);
    event.state = kClose;
    event.remote_port = 0;
    EXPECT_THAT(holders_in({event}).dead_sockets(), IsEmpty());
}

TEST(AddHeldSockets, TakesASocketThatBothEndsClosedForNoDeadOne) {
    held_socket_event event = held_by(7, 100);
    event.state = kClose;
    event.finished = 1;
    EXPECT_THAT(holders_in({event}).dead_sockets(), IsEmpty());
    event.error = ECONNRESET;
    EXPECT_THAT(holders_in({event}).dead_sockets(), SizeIs(1));
}

TEST(AddHeldSockets, KnowsTheCauseAsLongAsTheProgramWasNotToldOfIt) {
    const std::pair<int, DeadSocketCause> rows[] = {
        {0, DeadSocketCause::Unknown},
        {ECONNRESET, DeadSocketCause::Reset},
        {EPIPE, DeadSocketCause::Reset},
        {ETIMEDOUT, DeadSocketCause::TimedOut},
        {ECONNREFUSED, DeadSocketCause::Refused},
        {EHOSTUNREACH, DeadSocketCause::Unknown},
    };
    held_socket_event event = held_by(7, 100);
    event.state = kClose;
    for (const auto& [error, cause] : rows) {
        event.error = static_cast<std::uint8_t>(error);
        EXPECT_EQ(holders_in({event}).dead_sockets()[0].socket.cause, cause) << error;
    }
}

TEST(AddHeldSockets, CountsADeadSocketOfTwoProcessesOnce) {
    held_socket_event parent = held_by(7, 100);
    parent.state = kClose;
    held_socket_event child = parent;
    child.process = 8;
    EXPECT_THAT(holders_in({parent, child}).dead_sockets(), SizeIs(1));
}

TEST(AddHeldSockets, LearnsFromProcess1ThatNoneIsHidden) {
    SocketHolders holders(HolderMethod::BpfIterator);
    holders.set_processes_hidden(true);
    add_held_sockets(holders, bytes_of({held_by(7, 100)}));
    EXPECT_FALSE(holders.complete());
    add_held_sockets(holders, bytes_of({held_socket_event{}}));
    EXPECT_TRUE(holders.complete());
    EXPECT_THAT(holders.processes(), SizeIs(1));
}

TEST(AddHeldSockets, LeavesARecordThatIsNotComplete) {
    const std::vector<std::byte> whole = bytes_of({held_by(7, 100), held_by(8, 101)});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        SocketHolders holders(HolderMethod::BpfIterator);
        const std::size_t records = size / sizeof(held_socket_event);
        EXPECT_EQ(add_held_sockets(holders, std::span(whole).first(size)),
                  records * sizeof(held_socket_event));
        EXPECT_EQ(holders.size(), records) << size;
    }
}

}  // namespace
}  // namespace tcpdx::procfs
