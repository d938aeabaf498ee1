#include "model/listing_facts.h"

#include <gtest/gtest.h>

namespace tcpdx {
namespace {

using std::chrono::seconds;

class ListingFacts : public ::testing::Test {
protected:
    Observations listing;

    ListingFacts() {
        listing.paste = Paste{.system = HostSystem::Linux, .as_root = true, .owner_shown = true};
        listing.coverage.privileged_view = true;
    }
    // The row, once everything has been worked out: it is the last one.
    const Connection& completed(TcpState state) {
        Connection& connection = listing.connections.emplace_back();
        connection.state = state;
        connection.local = {*parse_ip_address("192.0.2.1"), 8080};
        connection.remote = {*parse_ip_address("198.51.100.7"), 40000};
        complete_listing(listing);
        return listing.connections.back();
    }
    void add_listener() {
        Connection& listener = listing.connections.emplace_back();
        listener.state = TcpState::Listen;
        listener.local = {IpAddress::any(IpFamily::V4), 8080};
        listener.owner = {.kind = OwnerKind::Process, .process = 7};
    }
};

TEST_F(ListingFacts, TakeARowWithoutProcessForNeverAcceptedInARootsListing) {
    EXPECT_EQ(completed(TcpState::CloseWait).owner.kind, OwnerKind::NeverAccepted);
    EXPECT_EQ(completed(TcpState::LastAck).owner.kind, OwnerKind::Kernel);
}

TEST_F(ListingFacts, SayNothingAboutItInAnyOtherListing) {
    listing.coverage.privileged_view = false;
    EXPECT_EQ(completed(TcpState::CloseWait).owner.kind, OwnerKind::Unknown);
}

TEST_F(ListingFacts, SayNothingAboutItWithoutAColumnOfOwners) {
    listing.paste->owner_shown = false;
    EXPECT_EQ(completed(TcpState::CloseWait).owner.kind, OwnerKind::Unknown);
}

TEST_F(ListingFacts, SayNothingAboutItOnOtherSystems) {
    listing.paste->system = HostSystem::Windows;
    EXPECT_EQ(completed(TcpState::CloseWait).owner.kind, OwnerKind::Unknown);
}

TEST_F(ListingFacts, NameWhoShouldAccept) {
    add_listener();
    const Connection& waits = completed(TcpState::CloseWait);
    EXPECT_EQ(waits.owner.process, 7U);
    EXPECT_EQ(waits.opener, Opener::Passive);
    EXPECT_EQ(waits.opener_basis, OpenerBasis::ListenerOnPort);
}

TEST_F(ListingFacts, LeaveAnOpenerThatTheListingNamed) {
    Connection& connection = listing.connections.emplace_back();
    connection.state = TcpState::Established;
    connection.opener = Opener::Active;
    connection.opener_basis = OpenerBasis::Text;
    complete_listing(listing);
    EXPECT_EQ(listing.connections.back().opener_basis, OpenerBasis::Text);
}

TEST_F(ListingFacts, TellAnAgeFromATimer) {
    Connection& connection = listing.connections.emplace_back();
    connection.state = TcpState::TimeWait;
    connection.timer = Timer{.kind = TimerKind::TimeWait, .expires = seconds(20)};
    complete_listing(listing);
    EXPECT_TRUE(listing.connections.back().age.surely_at_least(seconds(39)));
    EXPECT_EQ(listing.connections.back().kind, SocketKind::TimeWaitSocket);
}

TEST_F(ListingFacts, TellNoAgeWithoutATimer) {
    EXPECT_FALSE(completed(TcpState::TimeWait).age.known());
}

TEST_F(ListingFacts, AreTheSameTheSecondTime) {
    add_listener();
    const OwnerKind owner = completed(TcpState::CloseWait).owner.kind;
    complete_listing(listing);
    EXPECT_EQ(listing.connections.back().owner.kind, owner);
}

}  // namespace
}  // namespace tcpdx
