#include "diagnosis/paste_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::SituationBuilder;
using ::testing::SizeIs;

class ReportOnPaste : public ::testing::Test {
protected:
    SituationBuilder builder;

    // A complete listing as root, with everything but time.
    ReportOnPaste() {
        builder.now.paste =
            Paste{.system = HostSystem::Linux, .as_root = true, .owner_shown = true};
        builder.add(testing::connection_in(TcpState::Established, builder.process("shop-api")));
    }
    std::vector<std::string> open() const {
        const Situation situation{.now = builder.now,
                                  .earlier = builder.has_earlier ? &builder.earlier : nullptr,
                                  .asked = builder.asked};
        std::vector<std::string> texts;
        for (const Message& message : report_on_paste(situation).not_visible) {
            texts.emplace_back(message.text);
        }
        return texts;
    }
};

TEST_F(ReportOnPaste, OneLookHasNoTime) {
    ASSERT_THAT(open(), SizeIs(1));
    EXPECT_THAT(open()[0], HasSubstr("without ages"));
    builder.second_look();
    EXPECT_THAT(open(), SizeIs(0));
}

TEST_F(ReportOnPaste, SaysWhatRowsAreMissing) {
    builder.now.paste->selected = true;
    EXPECT_THAT(open(), Contains(HasSubstr("not selected")));
    builder.now.paste->cut_off = true;
    EXPECT_THAT(open(), Contains(HasSubstr("cut off")));
}

TEST_F(ReportOnPaste, SaysThatListenersAreMissing) {
    builder.now.coverage.listeners = false;
    EXPECT_THAT(open(), Contains(HasSubstr("listeners")));
    builder.asked.port = 8080;
    EXPECT_THAT(open(), Contains(HasSubstr("whether anything listens on port")));
}

TEST_F(ReportOnPaste, SaysWhyOwnersAreMissing) {
    builder.now.paste->as_root = false;
    builder.now.coverage.privileged_view = false;
    EXPECT_THAT(open(), Contains(HasSubstr("other users")));
    builder.now.paste->owner_shown = false;
    EXPECT_THAT(open(), Contains(HasSubstr("no column")));
}

TEST_F(ReportOnPaste, SaysThatQueuesAreMissing) {
    builder.now.connections[0].receive_queue.reset();
    EXPECT_THAT(open(), Contains(HasSubstr("queues")));
}

TEST_F(ReportOnPaste, SaysThatACountHasNoRows) {
    builder.now.connections.clear();
    builder.now.paste->state_counts[0] = 1;
    EXPECT_THAT(open(), Contains(HasSubstr("a count tells")));
    EXPECT_TRUE(has_content(builder.now));
}

TEST_F(ReportOnPaste, KnowsAPasteWithoutAnything) {
    builder.now.connections.clear();
    EXPECT_THAT(open(), Contains(HasSubstr("no row")));
    EXPECT_FALSE(has_content(builder.now));
}

TEST_F(ReportOnPaste, AsksForTheCommandOfThatSystem) {
    builder.now.paste->system = HostSystem::Windows;
    const Situation situation{.now = builder.now};
    EXPECT_THAT(report_on_paste(situation).deciding_command, HasSubstr("Get-NetTCPConnection"));
}

}  // namespace
}  // namespace tcpdx::diagnosis
