#include "sources/procfs/process_reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace tcpdx::procfs {
namespace {

using testing::Eq;
using testing::HasSubstr;
using testing::Optional;

Process ourselves() {
    Process process{.pid = ::getpid()};
    ProcessReader::open()->fill(process);
    return process;
}

TEST(ProcessReader, FillsInTheFactsOfAProcess) {
    const Process process = ourselves();
    EXPECT_EQ(process.name, "procfs_test");
    EXPECT_THAT(process.command_line, HasSubstr("procfs_test"));
    EXPECT_THAT(process.uid, Optional(::geteuid()));
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_THAT(process.descriptor_limit, Optional(limit.rlim_cur));
}

TEST(ProcessReader, CountsDescriptorsOnlyWhenAsked) {
    Process process = ourselves();
    EXPECT_THAT(process.open_descriptors, Eq(std::nullopt));

    const auto reader = ProcessReader::open();
    reader->count_descriptors(process);
    const auto before = process.open_descriptors;
    ASSERT_TRUE(before);
    const UniqueFd one_more(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    reader->count_descriptors(process);
    EXPECT_THAT(process.open_descriptors, Optional(*before + 1));
}

TEST(ProcessReader, LeavesAProcessThatHasEndedEmpty) {
    Process process{.pid = 999999999};
    const auto reader = ProcessReader::open();
    reader->fill(process);
    reader->count_descriptors(process);
    EXPECT_EQ(process.name, "");
    EXPECT_THAT(process.uid, Eq(std::nullopt));
    EXPECT_THAT(process.open_descriptors, Eq(std::nullopt));
}

}  // namespace
}  // namespace tcpdx::procfs
