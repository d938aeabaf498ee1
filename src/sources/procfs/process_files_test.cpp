#include "sources/procfs/process_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx::procfs {
namespace {

using testing::Eq;
using testing::Optional;
using namespace std::string_view_literals;

constexpr std::string_view kStat =
    "42 (a) b) S 1 42 42 0 -1 4194560 1234 0 0 0 10 5 0 0 20 0 1 0 100 1000 200\n";

TEST(ParseProcessStat, FindsTheStateBehindANameWithParentheses) {
    const auto stat = parse_process_stat(kStat);
    ASSERT_TRUE(stat);
    EXPECT_FALSE(stat->kernel_thread);
    EXPECT_FALSE(stat->zombie);
}

TEST(ParseProcessStat, TellsAKernelThread) {
    const auto stat = parse_process_stat("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0");
    ASSERT_TRUE(stat);
    EXPECT_TRUE(stat->kernel_thread);
}

TEST(ParseProcessStat, TellsAZombie) {
    const auto stat = parse_process_stat("9 (sh) Z 1 9 9 0 -1 4228172 0 0 0 0 0 0");
    ASSERT_TRUE(stat);
    EXPECT_TRUE(stat->zombie);
}

TEST(ParseProcessStat, KnowsNothingOfEveryTruncationBeforeTheFlagsEnd) {
    const std::size_t flags_end = kStat.find(" 1234");
    for (std::size_t size = 0; size <= flags_end; ++size) {
        EXPECT_FALSE(parse_process_stat(kStat.substr(0, size))) << size;
    }
}

constexpr std::string_view kStatus =
    "Name:\tnginx\nUmask:\t0022\nState:\tS (sleeping)\nUid:\t0\t33\t33\t33\nGid:\t0\t0\t0\t0\n";

TEST(ParseProcessStatus, ReadsTheNameAndTheEffectiveUser) {
    const ProcessStatus status = parse_process_status(kStatus);
    EXPECT_EQ(status.name, "nginx");
    EXPECT_THAT(status.uid, Optional(33U));
}

TEST(ParseProcessStatus, UndoesTheEscapesOfTheName) {
    EXPECT_EQ(parse_process_status("Name:\ta\\\\b\\nc d\n").name, "a\\b\nc d");
}

TEST(ParseProcessStatus, NeverTakesACutNumberForTheUser) {
    const std::size_t uid_end = kStatus.find("\nGid");
    for (std::size_t size = 0; size <= uid_end; ++size) {
        EXPECT_THAT(parse_process_status(kStatus.substr(0, size)).uid, Eq(std::nullopt)) << size;
    }
}

constexpr std::string_view kLimits =
    "Limit                     Soft Limit           Hard Limit           Units     \n"
    "Max processes             96365                96365                processes \n"
    "Max open files            1024                 524288               files     \n"
    "Max locked memory         8388608              8388608              bytes     \n";

TEST(ParseDescriptorLimit, ReadsTheSoftLimit) {
    EXPECT_THAT(parse_descriptor_limit(kLimits), Optional(1024U));
}

TEST(ParseDescriptorLimit, HasNoNumberForUnlimited) {
    EXPECT_THAT(parse_descriptor_limit("Max open files            unlimited  unlimited  files\n"),
                Eq(std::nullopt));
}

TEST(ParseDescriptorLimit, KnowsNothingOfACutTable) {
    const std::size_t row_end = kLimits.find("\nMax locked");
    for (std::size_t size = 0; size <= row_end; ++size) {
        EXPECT_THAT(parse_descriptor_limit(kLimits.substr(0, size)), Eq(std::nullopt)) << size;
    }
}

TEST(ParseCommandLine, JoinsTheArguments) {
    EXPECT_EQ(parse_command_line("python3\0-m\0http.server\0"sv), "python3 -m http.server");
}

TEST(ParseCommandLine, DropsThePaddingBehindATitle) {
    EXPECT_EQ(parse_command_line("nginx: master process\0\0\0\0"sv), "nginx: master process");
    EXPECT_EQ(parse_command_line("\0\0"sv), "");
    EXPECT_EQ(parse_command_line(""), "");
}

}  // namespace
}  // namespace tcpdx::procfs
