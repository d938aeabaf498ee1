// The floor that listing is measured against: asks sock_diag for all TCP sockets and throws the
// bytes away.  bare_dump [info]   (info: with tcp_info, which costs the kernel more)
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstring>
#include <vector>

#include "base/unique_fd.h"

int main(int argc, char** argv) {
    const bool info = argc > 1 && std::strcmp(argv[1], "info") == 0;
    const tcpdx::UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    struct {
        nlmsghdr header;
        inet_diag_req body;
    } request{};
    request.header.nlmsg_len = sizeof(request);
    request.header.nlmsg_type = TCPDIAG_GETSOCK;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.idiag_family = AF_UNSPEC;
    request.body.idiag_states = 0xfff | 1U << 12;
    request.body.idiag_ext = info ? 1U << (INET_DIAG_INFO - 1) : 0;
    if (::send(socket.get(), &request, sizeof(request), 0) < 0) {
        std::perror("sending");
        return 1;
    }
    std::vector<char> buffer(32UL * 1024);
    for (;;) {
        const ssize_t size = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (size <= 0) {
            std::perror("receiving");
            return 1;
        }
        // inet_diag always sends NLMSG_DONE as a datagram of its own.
        nlmsghdr first{};
        std::memcpy(&first, buffer.data(), sizeof(first));
        if (first.nlmsg_type == NLMSG_DONE) {
            return 0;
        }
        if (first.nlmsg_type == NLMSG_ERROR) {
            std::fputs("refused\n", stderr);
            return 1;
        }
    }
}
