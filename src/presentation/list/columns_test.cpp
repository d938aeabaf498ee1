#include "presentation/list/columns.h"

#include <gmock/gmock.h>

#include "presentation/list/list_fixture.h"

namespace tcpdx {
namespace {

class ColumnsTest : public testing::ListTest {
protected:
    [[nodiscard]] std::string cell(std::string_view name, const Connection& connection) const {
        const Column* column = find_column(name);
        EXPECT_NE(column, nullptr) << name;
        char buffer[kMostCellBytes];
        return {buffer, column->cell(buffer, *column, connection, {context, words})};
    }

    CellWords words;
};

TEST_F(ColumnsTest, ShowConnections) {
    const Connection connection = established();
    EXPECT_EQ(cell("state", connection), "ESTABLISHED");
    EXPECT_EQ(cell("age", connection), "3 m 12 s");
    EXPECT_EQ(cell("opener", connection), "passive");
    EXPECT_EQ(cell("recv-q", connection), "0");
    EXPECT_EQ(cell("send-q", connection), "12");
    EXPECT_EQ(cell("local", connection), "192.0.2.1:8080");
    EXPECT_EQ(cell("remote", connection), "198.51.100.7:40000");
    EXPECT_EQ(cell("owner", connection), "nginx(42)");
    EXPECT_EQ(cell("unit", connection), "nginx.service");
    EXPECT_EQ(cell("fd", connection), "7");
    EXPECT_EQ(cell("netns", connection), "blue");
}

TEST_F(ColumnsTest, ShowTheAcceptQueueOfAListener) {
    EXPECT_EQ(cell("recv-q", listener()), "3/128");
    EXPECT_EQ(cell("send-q", listener()), "-");
    EXPECT_EQ(cell("remote", listener()), "0.0.0.0:*");
}

TEST_F(ColumnsTest, WhatIsNotKnownIsADash) {
    Connection nothing;
    nothing.network_namespace = 7;
    for (const Column& column : all_columns()) {
        if (column.name == "state" || column.name == "kind" || column.name == "local" ||
            column.name == "remote" || column.name == "local-address" ||
            column.name == "remote-address") {
            continue;
        }
        EXPECT_EQ(cell(column.name, nothing), "-") << column.name;
    }
}

TEST_F(ColumnsTest, TellTheOwnersApart) {
    Connection connection = established();
    connection.owner.more_holders = 3;
    EXPECT_EQ(cell("owner", connection), "nginx(42)+3");
    connection.owner = {.kind = OwnerKind::NeverAccepted, .process = 0};
    EXPECT_EQ(cell("owner", connection), "never accepted by nginx(42)");
    connection.owner.process = kNoProcess;
    EXPECT_EQ(cell("owner", connection), "never accepted");
    connection.owner = {.kind = OwnerKind::Kernel};
    EXPECT_EQ(cell("owner", connection), "kernel");
    connection.owner = {};
    EXPECT_EQ(cell("owner", connection), "-");
    connection.owner = {.kind = OwnerKind::Process, .process = 99};
    EXPECT_EQ(cell("owner", connection), "-") << "an index beyond the processes";
}

TEST_F(ColumnsTest, MarkAnOpenerThatIsOnlyLikely) {
    Connection connection = established();
    connection.opener_basis = OpenerBasis::ListenerOnPort;
    EXPECT_EQ(cell("opener", connection), "passive?");
}

TEST_F(ColumnsTest, ShowTimesInReadableUnits) {
    Connection connection = established();
    connection.tcp = TcpDetails{.srtt_us = 250};
    EXPECT_EQ(cell("rtt", connection), "250 us");
    connection.tcp->srtt_us = 1'254;
    EXPECT_EQ(cell("rtt", connection), "1.25 ms");
    connection.tcp->srtt_us = 3'204'000;
    EXPECT_EQ(cell("rtt", connection), "3.20 s");
    connection.timer = Timer{
        .kind = TimerKind::Retransmit, .expires = std::chrono::milliseconds(250), .retransmits = 3};
    EXPECT_EQ(cell("timer", connection), "retransmit 250 ms x3");
}

TEST_F(ColumnsTest, UseNamesOfTheHostWhereItHasThem) {
    Connection connection = established();
    connection.uid = 33;
    connection.interface = 4;
    EXPECT_EQ(cell("user", connection), "33");
    EXPECT_EQ(cell("interface", connection), "4");
    context.user_name = [](std::uint32_t) { return std::string_view("www-data"); };
    context.interface_name = [](std::uint32_t, std::uint32_t) { return std::string_view("eth0"); };
    EXPECT_EQ(cell("user", connection), "www-data");
    EXPECT_EQ(cell("interface", connection), "eth0");
}

TEST_F(ColumnsTest, EveryCellFitsWhatItWasPromised) {
    Connection connection = established();
    processes[0].name = std::string(100'000, 'n');
    processes[0].unit = std::string(100'000, 'u');
    context.processes = processes;
    for (const Column& column : all_columns()) {
        EXPECT_LE(cell(column.name, connection).size(), kMostCellBytes) << column.name;
    }
}

TEST_F(ColumnsTest, EveryColumnHasFieldsAndItsOwnName) {
    for (const Column& column : all_columns()) {
        EXPECT_EQ(find_column(column.name), &column) << column.name;
        EXPECT_FALSE(column.fields.empty()) << column.name;
        EXPECT_THAT(column.fields, ::testing::Not(::testing::Contains(nullptr))) << column.name;
    }
}

TEST(ChooseColumns, ReplacesOrAddsToTheDefaultOnes) {
    EXPECT_EQ(choose_columns("state,local")->size(), 2U);
    EXPECT_EQ(choose_columns("+rtt,mss")->size(), default_columns().size() + 2);
    EXPECT_EQ(choose_columns("+state")->size(), default_columns().size()) << "there already";
    EXPECT_EQ(choose_columns("all")->size(), all_columns().size());
    EXPECT_EQ(choose_columns("recvq,recv_q")->size(), 1U);
}

TEST(ChooseColumns, NamesTheOneThatDoesNotExist) {
    for (const char* text : {"state,colour", "colour", "+colour"}) {
        const auto columns = choose_columns(text);
        ASSERT_FALSE(columns) << text;
        EXPECT_EQ(std::get<std::string>(columns.error().what.values.at(0)), "colour");
    }
    EXPECT_FALSE(choose_columns(""));
    EXPECT_FALSE(choose_columns("state,"));
}

}  // namespace
}  // namespace tcpdx
