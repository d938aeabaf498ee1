#include "presentation/list/output_stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>

#include "presentation/list/list_fixture.h"

namespace tcpdx {
namespace {

using OutputStreamTest = testing::ListTest;

TEST_F(OutputStreamTest, WritesEverythingInOrder) {
    std::string expected;
    const std::string written = written_by([&](OutputStream& out) {
        for (int i = 0; i < 100'000; ++i) {
            const std::string line = std::to_string(i) + "\n";
            expected += line;
            char* row = out.row();
            out.commit(std::copy(line.begin(), line.end(), row));
        }
        const std::string large(300'000, 'x');
        expected += large;
        out.write(large);
    });
    EXPECT_EQ(written, expected);
}

TEST_F(OutputStreamTest, AFullDiskIsAnError) {
    const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    ASSERT_TRUE(full);
    OutputStream out(full.get());
    out.write("row\n");
    const auto outcome = out.finish();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().os_error, ENOSPC);
    EXPECT_TRUE(out.failed());
}

TEST_F(OutputStreamTest, AClosedOutputIsAnError) {
    OutputStream out(-1);
    out.write("row\n");
    EXPECT_FALSE(out.finish());
}

TEST_F(OutputStreamTest, AReaderThatWentAwayIsToldApart) {
    std::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    const UniqueFd writer(ends[1]);
    OutputStream out(writer.get());
    out.write("row\n");
    const auto outcome = out.finish();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::ReaderGone);
}

TEST_F(OutputStreamTest, WaitsForANonBlockingPipe) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
    const UniqueFd reader(ends[0]);
    const std::string text(500'000, 'x');
    std::thread writing([&text, fd = ends[1]] {
        OutputStream out(fd);
        out.write(text);
        EXPECT_TRUE(out.finish());
        ::close(fd);
    });
    std::size_t received = 0;
    char buffer[4096];
    for (;;) {
        const ssize_t size = ::read(reader.get(), buffer, sizeof(buffer));
        if (size == 0) {
            break;
        }
        received += size > 0 ? static_cast<std::size_t>(size) : 0;
    }
    writing.join();
    EXPECT_EQ(received, text.size());
}

}  // namespace
}  // namespace tcpdx
