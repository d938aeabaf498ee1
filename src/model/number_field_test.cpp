#include "model/number_field.h"

#include <gtest/gtest.h>

namespace tcpdx {
namespace {

std::optional<std::uint64_t> value_of(const Connection& connection, std::string_view name) {
    const NumberField* field = find_number_field(name);
    EXPECT_NE(field, nullptr) << name;
    return field == nullptr ? std::nullopt : field->value(connection);
}

TEST(NumberField, IsFoundWithAnySeparator) {
    for (const char* name : {"recvq", "recv-q", "recv_q"}) {
        ASSERT_NE(find_number_field(name), nullptr) << name;
        EXPECT_EQ(find_number_field(name)->name, "recv-q");
    }
    EXPECT_EQ(find_number_field("recv"), nullptr);
    EXPECT_EQ(find_number_field(""), nullptr);
}

TEST(NumberField, EveryNameIsDifferent) {
    for (const NumberField& field : number_fields()) {
        EXPECT_EQ(find_number_field(field.name), &field) << field.name;
    }
}

TEST(NumberField, EveryNumberOfAnEmptyConnectionIsUnknown) {
    for (const NumberField& field : number_fields()) {
        EXPECT_EQ(field.value(Connection{}), std::nullopt) << field.name;
    }
}

TEST(NumberField, AListenersTcpInfoMeansNothing) {
    Connection connection;
    connection.state = TcpState::Established;
    connection.tcp = TcpDetails{.unacked_segments = 3};
    EXPECT_EQ(value_of(connection, "unacked"), 3U);
    connection.state = TcpState::Listen;
    EXPECT_EQ(value_of(connection, "unacked"), std::nullopt);
}

TEST(NumberField, AnUnmeasuredRttIsUnknown) {
    Connection connection;
    connection.state = TcpState::Established;
    connection.tcp = TcpDetails{};
    EXPECT_EQ(value_of(connection, "rtt"), std::nullopt);
    connection.tcp->srtt_us = 250;
    EXPECT_EQ(value_of(connection, "rtt"), 250U);
}

TEST(NumberField, LastReceivedIsUnknownBeforeTheHandshakeIsComplete) {
    Connection connection;
    connection.state = TcpState::SynSent;
    connection.tcp = TcpDetails{.last_data_received_ms = 987654321};
    EXPECT_EQ(value_of(connection, "last-received"), std::nullopt);
}

TEST(NumberField, ARequestSocketCountsItsRetransmitsInTheTimer) {
    Connection connection;
    connection.state = TcpState::SynReceived;
    connection.timer = Timer{.kind = TimerKind::Retransmit, .retransmits = 2};
    EXPECT_EQ(value_of(connection, "retrans"), 2U);
    connection.timer->kind = TimerKind::Keepalive;
    EXPECT_EQ(value_of(connection, "retrans"), std::nullopt);
}

}  // namespace
}  // namespace tcpdx
