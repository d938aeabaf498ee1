#include "sources/procfs/kernel_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tcpdx::procfs {
namespace {

using testing::Eq;
using testing::Optional;

// A directory like /proc/sys, gone after the test.
class SysDirectory : public testing::Test {
public:
    SysDirectory(const SysDirectory&) = delete;
    SysDirectory& operator=(const SysDirectory&) = delete;
    SysDirectory(SysDirectory&&) = delete;
    SysDirectory& operator=(SysDirectory&&) = delete;

protected:
    SysDirectory() {
        std::string pattern = testing::TempDir() + "procfs_options_XXXXXX";
        root_ = ::mkdtemp(pattern.data());
    }
    ~SysDirectory() override { std::filesystem::remove_all(root_); }

    void write(const std::string& path, const std::string& text) {
        const std::filesystem::path file = root_ / path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    [[nodiscard]] KernelOptions read() const { return read_kernel_options(root_.c_str()); }

private:
    std::filesystem::path root_;
};

TEST_F(SysDirectory, IsReadIntoTrimmedValues) {
    write("net/core/somaxconn", "4096\n");
    write("net/ipv4/ip_local_port_range", "32768\t60999\n");
    write("net/ipv4/ip_local_reserved_ports", "\n");
    const KernelOptions options = read();
    EXPECT_THAT(options.text("net.core.somaxconn"), Optional(Eq("4096")));
    EXPECT_THAT(options.number("net.ipv4.ip_local_port_range", 1), Optional(60999));
    EXPECT_THAT(options.text("net.ipv4.ip_local_reserved_ports"), Optional(Eq("")));
}

TEST_F(SysDirectory, GivesNoValueForAnOptionItDoesNotHave) {
    write("net/core/somaxconn", "4096\n");
    EXPECT_THAT(read().text("net.ipv4.tcp_fin_timeout"), Eq(std::nullopt));
}

TEST_F(SysDirectory, HasTheReversePathFilterOfEachInterface) {
    write("net/ipv4/conf/all/rp_filter", "0\n");
    write("net/ipv4/conf/eth0.100/rp_filter", "1\n");
    const KernelOptions options = read();
    EXPECT_THAT(options.number("net.ipv4.conf.all.rp_filter"), Optional(0));
    EXPECT_THAT(options.number("net.ipv4.conf.eth0/100.rp_filter"), Optional(1));
}

TEST(ReadKernelOptions, FindsThoseOfThisHost) {
    const KernelOptions options = read_kernel_options();
    EXPECT_TRUE(options.number("net.ipv4.tcp_fin_timeout"));
    EXPECT_TRUE(options.number("net.ipv4.conf.lo.rp_filter"));
}

TEST(PathOfOption, UndoesTheSpellingOfSysctl) {
    EXPECT_EQ(path_of_option("net.ipv4.conf.eth0/100.rp_filter"),
              "net/ipv4/conf/eth0.100/rp_filter");
}

}  // namespace
}  // namespace tcpdx::procfs
