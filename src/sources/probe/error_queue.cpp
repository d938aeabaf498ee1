// How an unprivileged program learns who refused it: recvmsg(MSG_ERRQUEUE) gives the type and code
// of the ICMP error, and behind them the address of its sender, ip(7).

#include "sources/probe/error_queue.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "sources/probe/kernel_address.h"

namespace tcpdx::probe {
namespace {

// struct sock_extended_err, and the sockaddr of the offender right behind it.
std::optional<IcmpError> parse_error(std::span<const std::byte> data) {
    sock_extended_err error{};
    if (data.size() < sizeof error) {
        return std::nullopt;
    }
    std::memcpy(&error, data.data(), sizeof error);
    if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6) {
        return std::nullopt;
    }
    IcmpError icmp;
    icmp.family = error.ee_origin == SO_EE_ORIGIN_ICMP ? IpFamily::V4 : IpFamily::V6;
    icmp.type = error.ee_type;
    icmp.code = error.ee_code;
    const auto behind = data.subspan(sizeof error);
    const std::size_t wanted =
        icmp.family == IpFamily::V4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (behind.size() < wanted) {
        return std::nullopt;
    }
    sockaddr_storage offender{};
    std::memcpy(&offender, behind.data(), wanted);
    const auto sender = from_kernel(offender);
    if (!sender) {
        return std::nullopt;
    }
    icmp.sender = sender->address;
    return icmp;
}

}  // namespace

void keep_icmp_errors(int socket, IpFamily family) {
    const int on = 1;
    if (family == IpFamily::V4) {
        ::setsockopt(socket, SOL_IP, IP_RECVERR, &on, sizeof on);
    } else {
        ::setsockopt(socket, SOL_IPV6, IPV6_RECVERR, &on, sizeof on);
    }
}

std::optional<IcmpError> icmp_in_control(std::span<const std::byte> control) {
    while (control.size() >= sizeof(cmsghdr)) {
        cmsghdr header{};
        std::memcpy(&header, control.data(), sizeof header);
        if (header.cmsg_len < CMSG_LEN(0) || header.cmsg_len > control.size()) {
            return std::nullopt;
        }
        const bool v4 = header.cmsg_level == SOL_IP && header.cmsg_type == IP_RECVERR;
        const bool v6 = header.cmsg_level == SOL_IPV6 && header.cmsg_type == IPV6_RECVERR;
        if (v4 || v6) {
            return parse_error(control.subspan(CMSG_LEN(0), header.cmsg_len - CMSG_LEN(0)));
        }
        const std::size_t step = CMSG_ALIGN(header.cmsg_len);
        control = control.subspan(std::min(step, control.size()));
    }
    return std::nullopt;
}

std::vector<IcmpError> take_icmp_errors(int socket) {
    std::vector<IcmpError> errors;
    for (;;) {
        std::array<std::byte, 2048> quoted{};  // the packet that the error is about; not needed
        alignas(cmsghdr) std::array<std::byte, 512> control{};
        iovec part{quoted.data(), quoted.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        if (::recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
            return errors;
        }
        if (auto error = icmp_in_control(std::span(control).first(message.msg_controllen))) {
            errors.push_back(*error);
        }
    }
}

}  // namespace tcpdx::probe
