#include "lab/iperf_messages.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tcpdx::lab {
namespace {

// What iperf3 3.12 sends.
constexpr std::string_view kParameters =
    R"({"tcp":true,"omit":0,"time":2,"num":0,"blockcount":0,"parallel":2,"reverse":true,)"
    R"("len":131072,"pacing_timer":1000,"client_version":"3.12"})";

TEST(IperfMessage, IsWholeOnlyAtItsLastByte) {
    const std::string whole = framed_iperf_message(kParameters);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto message = iperf_message(std::string_view(whole).substr(0, size), 8192);
        ASSERT_TRUE(message) << size;
        EXPECT_FALSE(*message) << size;
    }
    EXPECT_EQ(*iperf_message(whole, 8192), kParameters);
}

TEST(IperfMessage, EndsWhereItsLengthSays) {
    EXPECT_EQ(*iperf_message(framed_iperf_message("{}") + "more", 8192), "{}");
}

TEST(IperfMessage, OfAnyLengthBeyondTheLimitIsRefusedBeforeItComes) {
    EXPECT_TRUE(iperf_message(std::string_view("\0\0\x20\0", 4), 8192));
    for (const std::string_view length :
         {std::string_view("\0\0\x20\x01", 4), std::string_view("\x7f\xff\xff\xff", 4),
          std::string_view("\x80\0\0\0", 4), std::string_view("\xff\xff\xff\xff", 4)}) {
        EXPECT_FALSE(iperf_message(length, 8192));
    }
}

TEST(IperfParameters, AreThoseOfTheClient) {
    const auto parameters = parse_iperf_parameters(kParameters);
    ASSERT_TRUE(parameters);
    EXPECT_EQ(parameters->streams, 2U);
    EXPECT_EQ(parameters->direction, IperfDirection::FromServer);
    EXPECT_EQ(parameters->omit.count(), 0);
}

TEST(IperfParameters, HaveOneStreamToTheServerWhereNothingElseIsSaid) {
    const auto parameters = parse_iperf_parameters("{}");
    ASSERT_TRUE(parameters);
    EXPECT_EQ(parameters->streams, 1U);
    EXPECT_EQ(parameters->direction, IperfDirection::ToServer);
}

TEST(IperfParameters, MayAskForBothDirections) {
    const auto parameters = parse_iperf_parameters(R"({"bidirectional":true})");
    ASSERT_TRUE(parameters);
    EXPECT_EQ(parameters->direction, IperfDirection::Both);
}

TEST(IperfParameters, AreRefusedAtEveryTruncation) {
    for (std::size_t size = 0; size < kParameters.size(); ++size) {
        EXPECT_FALSE(parse_iperf_parameters(kParameters.substr(0, size))) << size;
    }
}

TEST(IperfParameters, AreRefusedWithNumbersThatCannotBe) {
    for (const char* text : {R"({"parallel":0})", R"({"parallel":-1})", R"({"parallel":129})",
                             R"({"parallel":1.5})", R"({"parallel":"2"})", R"({"parallel":null})",
                             R"({"parallel":18446744073709551615})", R"({"parallel":1e300})",
                             R"({"omit":-1})", R"({"omit":61})", R"([])", R"(7)", R"(null)"}) {
        const auto parameters = parse_iperf_parameters(text);
        ASSERT_FALSE(parameters) << text;
        EXPECT_EQ(parameters.error().code, ErrorCode::Malformed) << text;
    }
}

TEST(IperfParameters, AskingForWhatIsNotThereAreRefusedAsSuch) {
    for (const char* text :
         {R"({"udp":true})", R"({"sctp":1})", R"({"reverse":true,"bandwidth":1000000})"}) {
        const auto parameters = parse_iperf_parameters(text);
        ASSERT_FALSE(parameters) << text;
        EXPECT_EQ(parameters.error().code, ErrorCode::Unsupported) << text;
    }
    // The client keeps to its own rate.
    EXPECT_TRUE(parse_iperf_parameters(R"({"bandwidth":1000000})"));
}

TEST(IperfResults, NumberStreamsAsIperfDoes) {
    const IperfStreamResult streams[] = {
        {.bytes = 7, .seconds = 2}, {.bytes = 8, .seconds = 2}, {.bytes = 9, .seconds = 2}};
    const auto results = nlohmann::json::parse(iperf_results(streams, false));
    ASSERT_EQ(results["streams"].size(), 3U);
    EXPECT_EQ(results["streams"][0]["id"], 1);
    EXPECT_EQ(results["streams"][1]["id"], 3);
    EXPECT_EQ(results["streams"][2]["id"], 4);
    EXPECT_EQ(results["streams"][2]["bytes"], 9);
    EXPECT_EQ(results["sender_has_retransmits"], -1);
    EXPECT_TRUE(is_iperf_result(results.dump()));
}

TEST(IperfResults, OfAClientHaveStreams) {
    for (const char* text : {"", "{", "{}", "[]", R"({"streams":1})"}) {
        EXPECT_FALSE(is_iperf_result(text)) << text;
    }
}

}  // namespace
}  // namespace tcpdx::lab
