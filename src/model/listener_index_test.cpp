#include "model/listener_index.h"

#include <gtest/gtest.h>

namespace tcpdx {
namespace {

Connection socket_at(const char* address, std::uint16_t port, TcpState state) {
    Connection connection;
    connection.local = {*parse_ip_address(address), port};
    connection.state = state;
    connection.inode = 0;
    return connection;
}

class Attribute : public ::testing::Test {
protected:
    Connection listener = socket_at("0.0.0.0", 8080, TcpState::Listen);
    ListenerIndex listeners;

    Attribute() {
        listener.owner = {.kind = OwnerKind::Process, .process = 3};
        listeners.add(listener);
    }
};

TEST_F(Attribute, NamesTheListenersOwnerForAConnectionThatWasNeverAccepted) {
    Connection waiting = socket_at("192.0.2.1", 8080, TcpState::Established);
    attribute(waiting, listeners, true);
    EXPECT_EQ(waiting.owner.kind, OwnerKind::NeverAccepted);
    EXPECT_EQ(waiting.owner.process, 3U);
    EXPECT_EQ(waiting.opener, Opener::Passive);
    EXPECT_EQ(waiting.opener_basis, OpenerBasis::ListenerOnPort);
}

TEST_F(Attribute, CallsAnOrphanTheKernels) {
    Connection orphan = socket_at("192.0.2.1", 8080, TcpState::FinWait1);
    attribute(orphan, listeners, true);
    EXPECT_EQ(orphan.owner.kind, OwnerKind::Kernel);
    EXPECT_EQ(orphan.owner.process, kNoProcess);
}

TEST_F(Attribute, DoesNotGuessTheOwnerOfASocketWhoseHolderWasNotFound) {
    Connection held = socket_at("192.0.2.1", 50000, TcpState::Established);
    held.inode = 4711;
    attribute(held, listeners, true);
    EXPECT_EQ(held.owner.kind, OwnerKind::Unknown);
}

TEST_F(Attribute, CallsAListenerWithoutAProcessTheKernelsOnceAllProcessesWereSeen) {
    Connection nfsd = socket_at("0.0.0.0", 2049, TcpState::Listen);
    attribute(nfsd, listeners, false);
    EXPECT_EQ(nfsd.owner.kind, OwnerKind::Unknown);
    attribute(nfsd, listeners, true);
    EXPECT_EQ(nfsd.owner.kind, OwnerKind::Kernel);
}

TEST_F(Attribute, LeavesAKnownOpenerAlone) {
    Connection client = socket_at("192.0.2.1", 8080, TcpState::Established);
    client.opener = Opener::Active;
    attribute(client, listeners, true);
    EXPECT_EQ(client.opener, Opener::Active);
}

TEST_F(Attribute, PrefersTheListenerOnTheVeryAddress) {
    Connection specific = socket_at("127.0.0.1", 8080, TcpState::Listen);
    listeners.add(specific);
    EXPECT_EQ(listeners.find({*parse_ip_address("::ffff:127.0.0.1"), 8080}), &specific);
    EXPECT_EQ(listeners.find({*parse_ip_address("192.0.2.1"), 8080}), &listener);
    EXPECT_EQ(listeners.find({*parse_ip_address("192.0.2.1"), 8081}), nullptr);
}

}  // namespace
}  // namespace tcpdx
