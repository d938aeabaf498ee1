#include "sources/probe/ping.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>

#include "base/i18n.h"
#include "sources/probe/error_queue.h"
#include "wire/ip_packet.h"

namespace tcpdx::probe {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Type, code, checksum, identifier, sequence: the same 8 bytes in both ICMPs (RFC 792, RFC 4443).
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kMark = 8;  // random bytes that come back, so that an answer is ours

struct Echo {
    std::array<std::uint8_t, kHeaderBytes + kMark> bytes{};
};

Echo make_echo(IpFamily family, std::uint16_t sequence) {
    static std::mt19937 random{std::random_device{}()};
    Echo echo;
    echo.bytes[0] = family == IpFamily::V4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
    for (std::size_t i = kHeaderBytes; i < echo.bytes.size(); ++i) {
        echo.bytes[i] = static_cast<std::uint8_t>(random());
    }
    echo.bytes[4] = echo.bytes[8];  // the identifier; a datagram socket puts in its own
    echo.bytes[5] = echo.bytes[9];
    echo.bytes[7] = static_cast<std::uint8_t>(sequence);
    if (family == IpFamily::V4) {  // the kernel does it for IPv6
        std::uint32_t sum = 0;
        for (std::size_t i = 0; i < echo.bytes.size(); i += 2) {
            sum += static_cast<std::uint32_t>(echo.bytes[i] << 8 | echo.bytes[i + 1]);
        }
        sum = (sum & 0xffff) + (sum >> 16);
        const std::uint32_t checksum = ~(sum + (sum >> 16));
        echo.bytes[2] = static_cast<std::uint8_t>(checksum >> 8);
        echo.bytes[3] = static_cast<std::uint8_t>(checksum);
    }
    return echo;
}

bool answers(std::span<const std::byte> bytes, IpFamily family, bool raw, const Echo& echo) {
    if (family == IpFamily::V4 && raw) {
        const auto packet = wire::parse_ip(bytes);
        if (!packet) {
            return false;
        }
        bytes = packet->payload;
    }
    const std::uint8_t reply = family == IpFamily::V4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
    return bytes.size() >= echo.bytes.size() &&
           std::to_integer<std::uint8_t>(bytes.front()) == reply &&
           std::memcmp(bytes.data() + kHeaderBytes, echo.bytes.data() + kHeaderBytes, kMark) == 0;
}

std::optional<std::uint8_t> hop_limit_of(msghdr& message) {
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        const bool v4 = header->cmsg_level == SOL_IP && header->cmsg_type == IP_TTL;
        const bool v6 = header->cmsg_level == SOL_IPV6 && header->cmsg_type == IPV6_HOPLIMIT;
        int value = 0;
        if ((v4 || v6) && header->cmsg_len >= CMSG_LEN(sizeof value)) {
            std::memcpy(&value, CMSG_DATA(header), sizeof value);
            return static_cast<std::uint8_t>(value);
        }
    }
    return std::nullopt;
}

// Whether a waiting message is the answer to `echo`.
bool take_answer(int socket, IpFamily family, bool raw, const Echo& echo, PingResult& result) {
    std::array<std::byte, 512> data{};
    alignas(cmsghdr) std::array<std::byte, 128> control{};
    iovec part{data.data(), data.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(socket, &message, MSG_DONTWAIT);
    if (size < 0 ||
        !answers(std::span(data).first(static_cast<std::size_t>(size)), family, raw, echo)) {
        return false;
    }
    result.ttl = hop_limit_of(message);
    return true;
}

}  // namespace

Result<PingResult> ping(const Target& target, std::uint32_t count, milliseconds spacing,
                        const Stop& stop) {
    const IpFamily family = target.address.address.family;
    const int protocol =
        family == IpFamily::V4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
    constexpr int kFlags = SOCK_CLOEXEC | SOCK_NONBLOCK;
    UniqueFd socket(::socket(kernel_family(family), SOCK_DGRAM | kFlags, protocol));
    const bool raw = !socket;
    if (raw) {
        socket = UniqueFd(::socket(kernel_family(family), SOCK_RAW | kFlags, protocol));
    }
    if (!socket) {
        return os_failure(N_("opening an ICMP socket"));
    }
    keep_icmp_errors(socket.get(), family);
    const int on = 1;
    if (family == IpFamily::V4) {
        ::setsockopt(socket.get(), SOL_IP, IP_RECVTTL, &on, sizeof on);
    } else {
        ::setsockopt(socket.get(), SOL_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof on);
    }
    Target remote = target;
    remote.address.port = 0;
    const KernelAddress address = kernel_address(remote);

    PingResult result;
    while (result.sent < count && !stop()) {
        const Echo echo = make_echo(family, static_cast<std::uint16_t>(++result.sent));
        const auto start = Clock::now();
        if (::sendto(socket.get(), echo.bytes.data(), echo.bytes.size(), 0, address.get(),
                     address.size) < 0) {
            return os_failure(N_("sending an ICMP echo"));
        }
        while (Clock::now() < start + spacing && !stop()) {
            pollfd waiting{.fd = socket.get(), .events = POLLIN, .revents = 0};
            if (::poll(&waiting, 1, 50) <= 0) {
                continue;
            }
            if (take_answer(socket.get(), family, raw, echo, result)) {
                result.round_trip = duration_cast<microseconds>(Clock::now() - start);
                ++result.answered;
                return result;
            }
            for (const IcmpError& error : take_icmp_errors(socket.get())) {
                result.error = error;
            }
        }
    }
    return result;
}

}  // namespace tcpdx::probe
