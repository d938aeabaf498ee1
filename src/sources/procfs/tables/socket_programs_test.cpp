#include "sources/procfs/tables/socket_programs.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "base/unique_fd.h"

namespace tcpdx::proc_tables {
namespace {

TEST(ProgramName, DropsTheFolderOfAnAbsolutePathOnly) {
    EXPECT_EQ(program_name(std::string_view("/usr/sbin/sshd\0-D", 17)), "sshd");
    EXPECT_EQ(program_name("sshd: /usr/sbin/sshd"), "sshd: /usr/sbin/sshd");
    EXPECT_EQ(program_name("bin/server"), "bin/server");
    EXPECT_EQ(program_name(""), "");
}

TEST(ReadSocketPrograms, FindsOurOwnSocket) {
    const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_TRUE(socket);
    struct stat status {};
    ASSERT_EQ(::fstat(socket.get(), &status), 0);
    const SocketPrograms found = read_socket_programs(false);
    const auto* holder = found.holder_of(status.st_ino);
    ASSERT_NE(holder, nullptr);
    EXPECT_EQ(holder->pid, std::to_string(::getpid()));
    EXPECT_EQ(found.holder_of(0), nullptr);
}

}  // namespace
}  // namespace tcpdx::proc_tables
