#include "sources/sockdiag/inet_diag_message.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

#include "sources/sockdiag/kernel_tcp_info.h"

namespace tcpdx::sockdiag {
namespace {

class Answer {
public:
    inet_diag_msg message{};

    Answer() {
        message.idiag_family = AF_INET;
        message.idiag_state = 1;
        message.id.idiag_sport = htons(8080);
        message.id.idiag_dport = htons(40000);
        message.id.idiag_src[0] = htonl(0xc0000201);
        message.id.idiag_dst[0] = htonl(0xc6336407);
        message.idiag_inode = 4711;
    }

    template <class T>
    Answer& attribute(std::uint16_t type, const T& value, std::size_t size = sizeof(T)) {
        const nlattr header{.nla_len = static_cast<__u16>(sizeof(nlattr) + size), .nla_type = type};
        append(&header, sizeof(header));
        append(&value, size);
        attributes_.resize((attributes_.size() + 3) & ~std::size_t{3});
        return *this;
    }

    [[nodiscard]] std::vector<std::byte> bytes() const {
        std::vector<std::byte> all(sizeof(message));
        std::memcpy(all.data(), &message, sizeof(message));
        all.insert(all.end(), attributes_.begin(), attributes_.end());
        return all;
    }

    [[nodiscard]] Connection parsed() const {
        const auto connection = parse_inet_diag(bytes());
        EXPECT_TRUE(connection);
        return connection.value_or(Connection{});
    }

private:
    void append(const void* from, std::size_t size) {
        const auto* begin = static_cast<const std::byte*>(from);
        attributes_.insert(attributes_.end(), begin, begin + size);
    }
    std::vector<std::byte> attributes_;
};

TEST(ParseInetDiag, ReadsAddressesPortsAndState) {
    const Connection connection = Answer().parsed();
    EXPECT_EQ(to_string(connection.local), "192.0.2.1:8080");
    EXPECT_EQ(to_string(connection.remote), "198.51.100.7:40000");
    EXPECT_EQ(connection.state, TcpState::Established);
    EXPECT_EQ(connection.inode, 4711U);
    EXPECT_FALSE(connection.tcp);
}

TEST(ParseInetDiag, KeepsTheListenersQueueApartFromDataQueues) {
    Answer answer;
    answer.message.idiag_state = 10;
    answer.message.idiag_rqueue = 3;
    answer.message.idiag_wqueue = 128;
    const Connection listener = answer.parsed();
    EXPECT_EQ(listener.accept_queue, 3U);
    EXPECT_EQ(listener.backlog_limit, 128U);
    EXPECT_FALSE(listener.receive_queue);
}

TEST(ParseInetDiag, TellsMiniSocketsByTheirTimers) {
    Answer answer;
    answer.message.idiag_state = 5;
    answer.message.idiag_timer = 3;
    EXPECT_EQ(answer.parsed().kind, SocketKind::TimeWaitSocket);
    answer.message.idiag_state = 3;
    answer.message.idiag_timer = 1;
    answer.message.idiag_inode = 0;
    EXPECT_EQ(answer.parsed().kind, SocketKind::RequestSocket);
}

TEST(ParseInetDiag, LeavesEmptyWhatAnOlderKernelDoesNotSend) {
    KernelTcpInfo info{};
    info.bytes_acked = 1;
    info.snd_wnd = 77;
    const Connection new_kernel = Answer().attribute(INET_DIAG_INFO, info).parsed();
    ASSERT_TRUE(new_kernel.tcp);
    EXPECT_EQ(new_kernel.tcp->peer_window, 77U);
    EXPECT_EQ(new_kernel.tcp->total_rto_time_ms, 0U);

    constexpr std::size_t kLinux418 = offsetof(KernelTcpInfo, bytes_sent);
    const Connection old_kernel = Answer().attribute(INET_DIAG_INFO, info, kLinux418).parsed();
    ASSERT_TRUE(old_kernel.tcp);
    EXPECT_EQ(old_kernel.tcp->bytes_acked, 1U);
    EXPECT_FALSE(old_kernel.tcp->bytes_sent);
    EXPECT_FALSE(old_kernel.tcp->peer_window);
    EXPECT_FALSE(old_kernel.tcp->total_rto_time_ms);
}

TEST(ParseInetDiag, ReadsDropsMarkAndCongestionControl) {
    const std::array<std::uint32_t, 9> memory{0, 0, 0, 0, 0, 0, 0, 0, 9};
    const char cubic[] = "cubic";
    const Connection connection = Answer()
                                      .attribute(INET_DIAG_SKMEMINFO, memory)
                                      .attribute(INET_DIAG_MARK, std::uint32_t{5})
                                      .attribute(INET_DIAG_CONG, cubic)
                                      .parsed();
    EXPECT_EQ(connection.drops, 9U);
    EXPECT_EQ(connection.mark, 5U);
    EXPECT_STREQ(connection.congestion_control.data(), "cubic");
}

TEST(ParseInetDiag, SurvivesEveryTruncation) {
    const auto whole = Answer()
                           .attribute(INET_DIAG_INFO, KernelTcpInfo{})
                           .attribute(INET_DIAG_CONG, "a-very-long-name-of-an-algorithm")
                           .bytes();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::vector<std::byte> cut(whole.begin(),
                                         whole.begin() + static_cast<std::ptrdiff_t>(size));
        const auto connection = parse_inet_diag(cut);
        EXPECT_EQ(connection.has_value(), size >= sizeof(inet_diag_msg) && connection.has_value());
    }
}

TEST(ParseInetDiag, RejectsAnAttributeThatReachesBeyondTheMessage) {
    auto bytes = Answer().attribute(INET_DIAG_MARK, std::uint32_t{5}).bytes();
    bytes[sizeof(inet_diag_msg)] = std::byte{200};
    EXPECT_FALSE(parse_inet_diag(bytes));
}

}  // namespace
}  // namespace tcpdx::sockdiag
