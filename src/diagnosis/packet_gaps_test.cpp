#include "diagnosis/packet_gaps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using testing::SituationBuilder;

class PacketGaps : public ::testing::Test {
protected:
    SituationBuilder builder;

    PacketGaps() {
        for (const char* name : {"IpForwDatagrams", "IpInHdrErrors", "IpInAddrErrors",
                                 "IpInUnknownProtos", "IpInDiscards", "IpReasmReqds", "IpReasmOKs",
                                 "IpOutDiscards", "IpFragCreates", "IpFragOKs", "IpFragFails"}) {
            builder.counter(name, 7, 7);
        }
        builder.counter("IpInReceives", 100, 208).counter("IpInDelivers", 50, 150);
        builder.counter("IpOutRequests", 30, 44).counter("IpOutTransmits", 20, 20);
    }
    Situation situation() const {
        return {.now = builder.now, .earlier = &builder.earlier, .asked = {}, .limits = {}};
    }
};

TEST_F(PacketGaps, AreWhatCameInAndWasNeverDelivered) {
    EXPECT_EQ(lost_before_tcp(situation()), 8U);
}

TEST_F(PacketGaps, LeaveOutWhatWasForwardedFaultyOrRefusedByTheReversePathFilter) {
    builder.counter("IpForwDatagrams", 0, 3).counter("IpInHdrErrors", 0, 1);
    builder.counter("TcpExtIPReversePathFilter", 0, 2);
    EXPECT_EQ(lost_before_tcp(situation()), 2U);
}

TEST_F(PacketGaps, LeaveOutFragmentsThatWerePutTogether) {
    builder.counter("IpReasmReqds", 0, 8).counter("IpReasmOKs", 0, 2);
    EXPECT_EQ(lost_before_tcp(situation()), 2U);
}

TEST_F(PacketGaps, AreNeverNegative) {
    builder.counter("IpInDelivers", 50, 500);
    EXPECT_EQ(lost_before_tcp(situation()), 0U);
}

TEST_F(PacketGaps, AreNotKnownWithoutACounter) {
    builder.now.counters = {};
    EXPECT_EQ(lost_before_tcp(situation()), std::nullopt);
    EXPECT_EQ(lost_after_tcp(situation()), std::nullopt);
}

TEST_F(PacketGaps, AreNotKnownAfterOneLook) {
    const Situation once{.now = builder.now, .earlier = nullptr, .asked = {}, .limits = {}};
    EXPECT_EQ(lost_before_tcp(once), std::nullopt);
    EXPECT_EQ(lost_after_tcp(once), std::nullopt);
}

TEST_F(PacketGaps, AreAlsoWhatWasMadeHereAndNeverLeft) {
    EXPECT_EQ(lost_after_tcp(situation()), 14U);
}

TEST_F(PacketGaps, CountThePiecesOfAPacketAsOne) {
    builder.counter("IpFragOKs", 0, 1).counter("IpFragCreates", 0, 3);
    builder.counter("IpOutTransmits", 20, 36);
    EXPECT_EQ(lost_after_tcp(situation()), 0U);
}

TEST_F(PacketGaps, OfOutgoingPacketsAreNotKnownWhileTheHostForwards) {
    builder.counter("IpForwDatagrams", 0, 1);
    EXPECT_EQ(lost_after_tcp(situation()), std::nullopt);
}

}  // namespace
}  // namespace tcpdx::diagnosis
