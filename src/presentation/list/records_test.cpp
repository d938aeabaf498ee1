#include "presentation/list/records.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "presentation/list/list_fixture.h"

namespace tcpdx {
namespace {

using nlohmann::json;

class RecordsTest : public testing::ListTest {
protected:
    [[nodiscard]] std::string records(RecordFormat format,
                                      const std::vector<Connection>& connections,
                                      std::string_view columns = "all") const {
        return written_by([&](OutputStream& out) {
            RecordWriter writer(out, format, fields_of(*choose_columns(columns)), context);
            for (const Connection& connection : connections) {
                writer.add(connection);
            }
            writer.finish(false);
        });
    }
};

TEST_F(RecordsTest, JsonIsOneDocumentWithASchema) {
    const json document =
        json::parse(records(RecordFormat::Json, {established(), listener(), time_wait()}));
    EXPECT_EQ(document.at("schema"), "tcpdx.list/1");
    EXPECT_EQ(document.at("table_changed"), false);
    ASSERT_EQ(document.at("connections").size(), 3U);
    const json& connection = document.at("connections").at(0);
    EXPECT_EQ(connection.at("state"), "ESTABLISHED");
    EXPECT_EQ(connection.at("local_address"), "192.0.2.1");
    EXPECT_EQ(connection.at("local_port"), 8080);
    EXPECT_EQ(connection.at("age_at_least_ms"), 192000);
    EXPECT_EQ(connection.at("age_at_most_ms"), 192000);
    EXPECT_EQ(connection.at("process"), "nginx");
    EXPECT_EQ(connection.at("pid"), 42);
    EXPECT_EQ(connection.at("recv_q"), 0) << "zero is a value";
}

TEST_F(RecordsTest, AnEmptyListIsStillADocument) {
    EXPECT_TRUE(json::parse(records(RecordFormat::Json, {})).at("connections").empty());
    EXPECT_EQ(records(RecordFormat::JsonLines, {}), "");
}

TEST_F(RecordsTest, WhatIsNotKnownIsAbsent) {
    Connection nothing;
    nothing.state = TcpState::Established;
    nothing.network_namespace = 7;
    const json object = json::parse(records(RecordFormat::JsonLines, {nothing}));
    std::set<std::string> keys;
    for (const auto& [key, value] : object.items()) {
        EXPECT_FALSE(value.is_null()) << key;
        keys.insert(key);
    }
    EXPECT_THAT(
        keys, ::testing::UnorderedElementsAre("state", "kind", "local_address", "remote_address"));
    const json lower_bound = json::parse(records(RecordFormat::JsonLines, {time_wait()}));
    EXPECT_EQ(lower_bound.at("age_at_least_ms"), 1500);
    EXPECT_FALSE(lower_bound.contains("age_at_most_ms"));
}

TEST_F(RecordsTest, AListenerHasNoRemoteEnd) {
    const json object = json::parse(records(RecordFormat::JsonLines, {listener()}));
    EXPECT_FALSE(object.contains("remote_address"));
    EXPECT_FALSE(object.contains("remote_port"));
    EXPECT_EQ(object.at("accept_queue"), 3);
}

TEST_F(RecordsTest, EscapesTheNamesOfPrograms) {
    processes[0].name = "a\"b\\c\n\xff";
    const json object = json::parse(records(RecordFormat::JsonLines, {established()}));
    EXPECT_EQ(object.at("process"), "a\"b\\c\n\ufffd");
}

TEST_F(RecordsTest, JsonLinesHasOneObjectALine) {
    const std::string text = records(RecordFormat::JsonLines, {established(), time_wait()});
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
    EXPECT_EQ(records(RecordFormat::JsonLines, {established()}, "pid"), "{\"pid\":42}\n");
    EXPECT_EQ(records(RecordFormat::JsonLines, {time_wait()}, "pid"), "{}\n");
}

TEST_F(RecordsTest, CsvHasAHeaderAndEmptyCellsForWhatIsNotKnown) {
    EXPECT_EQ(records(RecordFormat::Csv, {established(), time_wait()}, "state,pid,remote"),
              "state,pid,remote_address,remote_port\r\n"
              "ESTABLISHED,42,198.51.100.7,40000\r\n"
              "TIME-WAIT,,2001:db8::2,443\r\n");
}

TEST_F(RecordsTest, CsvQuotesTheNamesOfPrograms) {
    processes[0].name = "my, \"program\"";
    EXPECT_EQ(records(RecordFormat::Csv, {established()}, "process"),
              "process\r\n\"my, \"\"program\"\"\"\r\n");
}

TEST_F(RecordsTest, EveryKeyIsDifferent) {
    std::set<std::string> keys;
    for (const Field& field : all_fields()) {
        EXPECT_TRUE(keys.insert(field.key).second) << field.key;
    }
}

}  // namespace
}  // namespace tcpdx
