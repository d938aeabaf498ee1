#include "diagnosis/port_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::seconds;
using testing::SituationBuilder;
using ::testing::SizeIs;

constexpr std::uint16_t kPort = 8080;

class DropsOfAPort : public ::testing::Test {
protected:
    SituationBuilder builder;

    void listens(std::vector<Connection>& connections, std::optional<std::uint32_t> drops) {
        Connection listener = testing::connection_in(TcpState::Listen, kNoProcess);
        listener.local.port = kPort;
        listener.cookie = connections.size() + 1;
        listener.drops = drops;
        connections.push_back(listener);
    }
    PortView view() {
        const Situation situation{.now = builder.now,
                                  .earlier = builder.has_earlier ? &builder.earlier : nullptr};
        return view_port(situation, kPort);
    }
};

TEST_F(DropsOfAPort, AreCountedBetweenTwoLooks) {
    builder.second_look(seconds(2));
    listens(builder.earlier.connections, 5);
    listens(builder.now.connections, 9);
    EXPECT_EQ(view().drops_by_listeners, 4U);
}

TEST_F(DropsOfAPort, AreUnknownAfterOneLook) {
    listens(builder.now.connections, 9);
    EXPECT_THAT(view().listeners, SizeIs(1));
    EXPECT_EQ(view().drops_by_listeners, std::nullopt);
}

TEST_F(DropsOfAPort, OfAListenerThatIsNewAreAllNew) {
    builder.second_look(seconds(2));
    listens(builder.now.connections, 9);
    EXPECT_EQ(view().drops_by_listeners, 9U);
}

TEST_F(DropsOfAPort, AreUnknownWhenOneOfItsListenersDoesNotSay) {
    builder.second_look(seconds(2));
    listens(builder.earlier.connections, 5);
    listens(builder.earlier.connections, std::nullopt);
    listens(builder.now.connections, 9);
    listens(builder.now.connections, std::nullopt);
    EXPECT_EQ(view().drops_by_listeners, std::nullopt);
}

TEST_F(DropsOfAPort, AreUnknownWithoutAListener) {
    builder.second_look(seconds(2));
    EXPECT_EQ(view().drops_by_listeners, std::nullopt);
}

}  // namespace
}  // namespace tcpdx::diagnosis
