#include "sources/probe/error_queue.h"

#include <gtest/gtest.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace tcpdx::probe {
namespace {

// What recvmsg(MSG_ERRQUEUE) gives for "administratively prohibited" from 10.1.0.254.
std::vector<std::byte> prohibited() {
    struct {
        sock_extended_err error{};
        sockaddr_in offender{};
    } data;
    data.error.ee_errno = EHOSTUNREACH;
    data.error.ee_origin = SO_EE_ORIGIN_ICMP;
    data.error.ee_type = 3;
    data.error.ee_code = 13;
    data.offender.sin_family = AF_INET;
    data.offender.sin_addr.s_addr = htonl(0x0a0100fe);
    std::vector<std::byte> control(CMSG_SPACE(sizeof data));
    cmsghdr header{};
    header.cmsg_len = CMSG_LEN(sizeof data);
    header.cmsg_level = SOL_IP;
    header.cmsg_type = IP_RECVERR;
    std::memcpy(control.data(), &header, sizeof header);
    std::memcpy(control.data() + CMSG_LEN(0), &data, sizeof data);
    return control;
}

TEST(IcmpInControl, GivesTypeCodeAndSender) {
    const auto error = icmp_in_control(prohibited());
    ASSERT_TRUE(error);
    EXPECT_EQ(error->meaning(), IcmpMeaning::Prohibited);
    EXPECT_EQ(to_string(error->sender), "10.1.0.254");
}

TEST(IcmpInControl, RejectsEveryTruncation) {
    const auto whole = prohibited();
    for (std::size_t size = 0; size < CMSG_LEN(sizeof(sock_extended_err) + sizeof(sockaddr_in));
         ++size) {
        EXPECT_FALSE(icmp_in_control(std::span(whole).first(size))) << size;
    }
}

TEST(IcmpInControl, PassesOverTheKernelsOwnErrors) {
    auto control = prohibited();
    const auto origin = CMSG_LEN(0) + offsetof(sock_extended_err, ee_origin);
    control[origin] = std::byte{SO_EE_ORIGIN_LOCAL};
    EXPECT_FALSE(icmp_in_control(control));
}

}  // namespace
}  // namespace tcpdx::probe
