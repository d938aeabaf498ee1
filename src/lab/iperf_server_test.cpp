#include "lab/iperf_server.h"

#include <gtest/gtest.h>

#include "endpoint/settings.h"

namespace tcpdx::lab {
namespace {

using endpoint::Handle;
using endpoint::TcpStack;
using endpoint::Time;
using std::chrono::milliseconds;
using std::chrono::seconds;

const IpAddress kServer = IpAddress::v4(0xc0000201);
const IpAddress kClient = IpAddress::v4(0xc6336402);
constexpr std::uint16_t kPort = 5201;
const std::string kCookie = std::string(36, 'c') + '\0';
const std::string kOtherCookie = std::string(36, 'd') + '\0';
constexpr const char* kClientResults = R"({"streams":[]})";

// The server on one host, and a client that says what the test wants on another.
class IperfServerTest : public testing::Test {
protected:
    IperfServerTest() { EXPECT_TRUE(server_.listens()); }

    Handle connects(std::string_view says) {
        const auto id = client_stack_.connect({kClient, 0}, {kServer, kPort}, now_);
        EXPECT_TRUE(id);
        settles();
        client_says(*id, says);
        return *id;
    }
    void client_says(Handle id, std::string_view text) {
        const auto sent = client_stack_.send(id, std::as_bytes(std::span(text)), now_);
        EXPECT_EQ(sent.value_or(0), text.size());
        settles();
    }
    std::string client_hears(Handle id) {
        std::array<std::byte, 4096> bytes{};
        const auto got = client_stack_.read(id, bytes, now_);
        std::string text;
        for (std::size_t i = 0; i < got.value_or(0); ++i) {
            text += static_cast<char>(bytes[i]);
        }
        settles();
        return text;
    }
    void time_passes(endpoint::Duration duration) {
        now_ += duration;
        settles();
    }
    // Until both have nothing more to say. Datagrams take no time.
    void settles() {
        for (int i = 0; i < 20; ++i) {
            client_stack_.advance_time(now_);
            server_stack_.advance_time(now_);
            server_.run(now_);
            pass(client_stack_, server_stack_);
            pass(server_stack_, client_stack_);
            EXPECT_TRUE(server_stack_.is_consistent());
        }
    }
    // Up to where data flows.
    Handle begins_test(std::string_view parameters, std::vector<Handle>& streams,
                       std::size_t count) {
        const Handle control = connects(kCookie);
        EXPECT_EQ(client_hears(control), "\x09");
        client_says(control, framed_iperf_message(parameters));
        EXPECT_EQ(client_hears(control), "\x0a");
        for (std::size_t i = 0; i < count; ++i) {
            streams.push_back(connects(kCookie));
        }
        EXPECT_EQ(client_hears(control), "\x01\x02");
        return control;
    }

    Time now_{seconds(1000)};
    TcpStack server_stack_{endpoint::linux_settings()};
    TcpStack client_stack_{endpoint::linux_settings()};
    IperfServer server_{server_stack_, kPort};

private:
    void pass(TcpStack& from, TcpStack& to) {
        std::array<std::byte, 2000> room{};
        while (const std::size_t size = from.poll_output(now_, room)) {
            to.receive(std::span(room).first(size), now_);
        }
        while (from.poll_event() || to.poll_event()) {
        }
    }
};

TEST_F(IperfServerTest, CountsWhatTheClientSends) {
    std::vector<Handle> streams;
    const Handle control = begins_test(R"({"parallel":2})", streams, 2);
    client_says(streams[0], std::string(1000, 'x'));
    client_says(streams[1], std::string(2000, 'x'));
    time_passes(seconds(1));
    client_says(control, "\x04");
    EXPECT_EQ(client_hears(control), "\x0d");
    client_says(control, framed_iperf_message(kClientResults));
    const std::string heard = client_hears(control);
    const auto results = iperf_message(heard, kIperfMostResultBytes);
    ASSERT_TRUE(results && *results);
    EXPECT_NE((*results)->find("\"bytes\":1000"), std::string::npos);
    EXPECT_NE((*results)->find("\"bytes\":2000"), std::string::npos);
    EXPECT_EQ(heard.back(), '\x0e');
    client_says(control, "\x10");
    EXPECT_EQ(server_.tests_done(), 1U);
    EXPECT_FALSE(server_.is_testing());
}

TEST_F(IperfServerTest, SendsWhenTheTestIsReversed) {
    std::vector<Handle> streams;
    (void)begins_test(R"({"reverse":true})", streams, 1);
    EXPECT_EQ(client_hears(streams[0]).size(), 4096U);
}

TEST_F(IperfServerTest, DoesNotCountWhatIsToBeOmitted) {
    std::vector<Handle> streams;
    const Handle control = begins_test(R"({"omit":1})", streams, 1);
    client_says(streams[0], std::string(1000, 'x'));
    time_passes(milliseconds(1500));
    client_says(streams[0], std::string(10, 'x'));
    client_says(control, "\x04" + framed_iperf_message(kClientResults));
    const std::string heard = client_hears(control);
    EXPECT_NE(heard.find("\"bytes\":10,"), std::string::npos) << heard;
}

TEST_F(IperfServerTest, DeniesASecondTestAndGoesOnWithTheFirst) {
    std::vector<Handle> streams;
    const Handle control = begins_test("{}", streams, 1);
    EXPECT_EQ(client_hears(connects(kOtherCookie)), "\xff");
    client_says(streams[0], "x");
    client_says(control, "\x04");
    EXPECT_EQ(client_hears(control), "\x0d");
}

TEST_F(IperfServerTest, TakesNoStreamOfAStranger) {
    const Handle control = connects(kCookie);
    client_says(control, framed_iperf_message("{}"));
    EXPECT_EQ(client_hears(connects(kOtherCookie)), "\xff");
    EXPECT_EQ(client_hears(control), "\x09\x0a");
}

TEST_F(IperfServerTest, SaysWhatItCannotDo) {
    const Handle control = connects(kCookie);
    client_says(control, framed_iperf_message(R"({"udp":true})"));
    EXPECT_EQ(client_hears(control), std::string("\x09\xfe\0\0\0\x0d\0\0\0\0", 10));
    EXPECT_FALSE(server_.is_testing());
}

TEST_F(IperfServerTest, RefusesALengthThatNothingHas) {
    const Handle control = connects(kCookie);
    client_says(control, "\xff\xff\xff\xff");
    EXPECT_EQ(client_hears(control), std::string("\x09\xfe\0\0\0\x72\0\0\0\0", 10));
    EXPECT_FALSE(server_.is_testing());
}

TEST_F(IperfServerTest, LetsGoOfAClientThatSaysNothing) {
    (void)connects(kCookie);
    EXPECT_TRUE(server_.is_testing());
    time_passes(seconds(31));
    EXPECT_FALSE(server_.is_testing());
    (void)connects("half a cookie");
    time_passes(seconds(31));
    EXPECT_EQ(client_hears(connects(kOtherCookie)), "\x09");
}

// The client's side of a whole test, cut at each byte: the next client is always served.
TEST_F(IperfServerTest, SurvivesAClientThatLeavesAtAnyByte) {
    const std::string said = kCookie + framed_iperf_message("{}") + "\x04" +
                             framed_iperf_message(kClientResults) + "\x10";
    const std::size_t before_streams = kCookie.size() + framed_iperf_message("{}").size();
    for (std::size_t size = 0; size <= said.size(); ++size) {
        const Handle control = connects(said.substr(0, std::min(size, before_streams)));
        if (size >= before_streams) {
            (void)connects(kCookie);
            client_says(control, said.substr(before_streams, size - before_streams));
        }
        client_stack_.close(control, now_);
        settles();
        EXPECT_FALSE(server_.is_testing()) << size;
        EXPECT_EQ(server_.tests_done(), size == said.size() ? 1U : 0U) << size;
        time_passes(seconds(31));  // for those without a whole cookie
    }
}

TEST_F(IperfServerTest, SurvivesAnyStateAtAnyTime) {
    for (int state = -128; state < 128; ++state) {
        const std::string word(1, static_cast<char>(state));
        std::vector<Handle> streams;
        const Handle control = begins_test("{}", streams, 1);
        client_says(control, word);
        client_says(control, word);
        client_stack_.abort(control, now_);
        time_passes(seconds(31));
        EXPECT_FALSE(server_.is_testing()) << state;
    }
}

}  // namespace
}  // namespace tcpdx::lab
