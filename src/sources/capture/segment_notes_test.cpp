// What is counted of a connection's segments.

#include "sources/capture/segment_notes.h"

#include <gtest/gtest.h>

#include "sources/capture/scene_for_tests.h"

namespace tcpdx::capture {
namespace {

using namespace testing;

TEST(SegmentNotes, TellARetransmissionFromACopyOfThePacket) {
    const Sent data{.sequence = 101, .acknowledgment = 501, .payload = 10};
    const CapturedFlow copy =
        Scene().handshake().client(50, data).client_copy(50.003, data).one().ends[0].sent;
    EXPECT_EQ(copy.duplicates, 1U);
    EXPECT_EQ(copy.retransmissions, 0U);

    const CapturedFlow again =
        Scene().handshake().client(50, data).client(260, data).one().ends[0].sent;
    EXPECT_EQ(again.duplicates, 0U);
    EXPECT_EQ(again.retransmissions, 1U);
    EXPECT_EQ(again.payload_bytes, 10U);
}

TEST(SegmentNotes, TellOvertakenSegmentsFromRetransmissionsByTheirIdentification) {
    const Sent later{.sequence = 111, .acknowledgment = 501, .payload = 10};
    const Sent earlier{.sequence = 101, .acknowledgment = 501, .payload = 10};
    Scene overtaken;
    overtaken.handshake().client_with_id(50, 200, later).client_with_id(51, 199, earlier);
    EXPECT_EQ(overtaken.one().ends[0].sent.out_of_order, 1U);

    Scene lost;
    lost.handshake().client_with_id(50, 200, later).client_with_id(251, 201, earlier);
    const CapturedFlow flow = lost.one().ends[0].sent;
    EXPECT_EQ(flow.out_of_order, 0U);
    EXPECT_EQ(flow.retransmissions, 1U);
    EXPECT_EQ(flow.payload_bytes, 20U);
}

TEST(SegmentNotes, TellKeepAlivesAndWindowProbesFromRetransmissions) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .client(50, {.sequence = 101, .acknowledgment = 501, .payload = 10})
            .server(60, {.sequence = 501, .acknowledgment = 111})
            .client(5000, {.sequence = 110, .acknowledgment = 501})
            .server(5010, {.sequence = 501, .acknowledgment = 111, .window = 0})
            .client(6000, {.sequence = 110, .acknowledgment = 501})
            .one();
    EXPECT_EQ(connection.ends[0].sent.keepalives, 1U);
    EXPECT_EQ(connection.ends[0].sent.zero_window_probes, 1U);
    EXPECT_EQ(connection.ends[0].sent.retransmissions, 0U);
}

TEST(SegmentNotes, MeasureHowLongAWindowIsClosed) {
    const CapturedFlow server =
        Scene()
            .handshake()
            .server(100, {.sequence = 501, .acknowledgment = 101, .window = 0})
            .server(600, {.sequence = 501, .acknowledgment = 101})
            .one()
            .ends[1]
            .sent;
    EXPECT_EQ(server.zero_windows, 1U);
    EXPECT_EQ(server.zero_window_time, std::chrono::milliseconds(500));
    EXPECT_FALSE(server.window_closed_at_end);
}

TEST(SegmentNotes, CountAWindowThatStaysClosedUntilTheLastPacket) {
    const CapturedFlow server =
        Scene()
            .handshake()
            .server(100, {.sequence = 501, .acknowledgment = 101, .window = 0})
            .client(900, {.sequence = 100, .acknowledgment = 501, .payload = 1})
            .one()
            .ends[1]
            .sent;
    EXPECT_TRUE(server.window_closed_at_end);
    EXPECT_EQ(server.zero_window_time, std::chrono::milliseconds(800));
}

TEST(SegmentNotes, CountBytesAcrossTheWrapOfSequenceNumbers) {
    Scene scene;
    scene.client(0, {.flags = kSyn, .sequence = 0xfffffff0})
        .server(10, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 0xfffffff1})
        .client(10.1, {.sequence = 0xfffffff1, .acknowledgment = 501})
        .client(20, {.sequence = 0xfffffff1, .acknowledgment = 501, .payload = 30})
        .client(30, {.flags = kFin | kAck, .sequence = 0x0f, .acknowledgment = 501})
        .server(40, {.sequence = 501, .acknowledgment = 0x10});
    const CapturedConnection connection = scene.one();
    EXPECT_EQ(connection.ends[0].sent.payload_bytes, 30U);
    EXPECT_EQ(connection.ends[0].sent.retransmissions, 0U);
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2");
}

TEST(SegmentNotes, NoticeDataThatWasAcknowledgedAndNeverSeen) {
    const CapturedConnection connection =
        Scene().handshake().server(60, {.sequence = 501, .acknowledgment = 1101}).one();
    EXPECT_EQ(connection.ends[0].sent.bytes_not_captured, 1000U);
    EXPECT_TRUE(connection.has(CaptureLimit::PacketsMissing));
}

TEST(SegmentNotes, CountDataThatComesAfterTheOthersFin) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
            .server(60, {.sequence = 501, .acknowledgment = 102, .payload = 40})
            .one();
    EXPECT_EQ(connection.ends[1].sent.data_after_peer_fin, 1U);
}

TEST(SegmentNotes, DoNotGrowWithRepetitions) {
    Scene scene;
    for (int i = 0; i < 10'000; ++i) {
        scene.client(i * 300.0, {.flags = kSyn, .sequence = 100});
    }
    const CapturedConnection connection = scene.one();
    EXPECT_EQ(connection.ends[0].sent.syn_retransmissions, 9'999U);
    EXPECT_LT(connection.segments.size(), 50U);
    EXPECT_TRUE(connection.has(CaptureLimit::MarksLimited));
}

}  // namespace
}  // namespace tcpdx::capture
