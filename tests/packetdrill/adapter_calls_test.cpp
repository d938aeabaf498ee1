// The calls of the table one by one, as one thread makes them that blocks and another that injects
// packets: IPv4 and IPv6, wildcard addresses, time limits, and what each says when it cannot go on.

#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>

#include <cstring>
#include <functional>

#include "adapter.h"

namespace {

using tcpdx::IpAddress;
using tcpdx::parse_ip_address;
using tcpdx::packetdrill::Adapter;
using tcpdx::packetdrill::let_it_block;
using tcpdx::packetdrill::Peer;
using tcpdx::packetdrill::require;
namespace wire = tcpdx::wire;
using std::chrono::seconds;

const char* const kLocal6 = "fd3d:fa7b:d17d::1";
const char* const kRemote6 = "fd3d:fa7b:d17d:8888::1";

struct Address {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address address_of(const IpAddress& ip, std::uint16_t port, int domain) {
    Address result;
    if (domain == AF_INET) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(port);
        std::memcpy(&in.sin_addr, ip.bytes.data() + 12, 4);
        std::memcpy(&result.storage, &in, sizeof in);
        result.size = sizeof in;
    } else {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(port);
        std::memcpy(&in.sin6_addr, ip.bytes.data(), 16);
        std::memcpy(&result.storage, &in, sizeof in);
        result.size = sizeof in;
    }
    return result;
}

// An adapter with one accepted connection.
struct Connected {
    Adapter adapter;
    packetdrill_interface& table = adapter.table;
    void* self = adapter.table.userdata;
    Peer peer{.table = &adapter.table};
    int listener = -1;
    int fd = -1;
    std::uint32_t next = 0;  // what we send next

    Connected(const std::string& library, int domain, const IpAddress& bound, Peer as,
              const std::string& flags = "")
        : adapter(library, "local4=192.168.7.7,clock=virtual," + flags), peer(as) {
        peer.table = &adapter.table;
        listener = table.socket(self, domain, SOCK_STREAM, 0);
        Address at = address_of(bound, 8080, domain);
        require(table.bind(self, listener, at.get(), at.size) == 0, "bind");
        require(table.bind(self, listener, at.get(), at.size) == -1 && errno == EINVAL,
                "it cannot be bound twice");
        require(table.listen(self, listener, 3) == 0, "listen");
        peer.inject({.sequence = 100, .window = 2000, .flags = {.syn = true}});
        next = peer.sniff().sequence + 1;
        says({.sequence = 101});
        Address from;
        fd = table.accept(self, listener, from.get(), &from.size);
        require(fd >= 0, "accept");
        const std::uint16_t port = domain == AF_INET
                                       ? reinterpret_cast<sockaddr_in*>(&from.storage)->sin_port
                                       : reinterpret_cast<sockaddr_in6*>(&from.storage)->sin6_port;
        require(from.storage.ss_family == domain && ntohs(port) == 40000,
                "accept() says who it is");
    }
    void says(wire::TcpSegment segment) const {
        segment.acknowledgment = segment.acknowledgment == 0 ? next : segment.acknowledgment;
        segment.window = segment.window == 0 ? std::uint16_t{2000} : segment.window;
        segment.flags.ack = true;
        peer.inject(segment);
    }
};

void accepts(const std::string& library) {
    const Peer v4{.table = nullptr};
    const Peer v6{.table = nullptr,
                  .local = *parse_ip_address(kLocal6),
                  .remote = *parse_ip_address(kRemote6)};
    const IpAddress any4 = IpAddress::any(tcpdx::IpFamily::V4);
    const IpAddress any6 = IpAddress::any(tcpdx::IpFamily::V6);
    Connected(library, AF_INET, v4.local, v4);
    Connected(library, AF_INET, any4, v4);
    Connected(library, AF_INET6, v6.local, v6);
    Connected(library, AF_INET6, any6, v6);
    Connected(library, AF_INET6, any6, v4);  // ::ffff:192.0.2.1
}

void connects_blocking(const std::string& library, int domain, const std::string& profile) {
    Adapter adapter(library, "local4=192.168.7.7,clock=virtual,profile=" + profile);
    packetdrill_interface& table = adapter.table;
    void* const self = table.userdata;
    Peer peer{.table = &table};
    if (domain == AF_INET6) {
        peer.local = *parse_ip_address(kLocal6);
        peer.remote = *parse_ip_address(kRemote6);
    }
    const int fd = table.socket(self, domain, SOCK_STREAM, IPPROTO_TCP);
    Address wrong = address_of(peer.remote, 40000, domain == AF_INET ? AF_INET6 : AF_INET);
    wrong.size = sizeof wrong.storage;
    require(table.connect(self, fd, wrong.get(), wrong.size) == -1 && errno == EAFNOSUPPORT,
            "connect() to another family");
    Address to = address_of(peer.remote, 40000, domain);
    require(table.connect(self, fd, to.get(), 3) == -1 && errno == EINVAL, "a cut address");
    // The first attempt has a time limit, and is still on its way when that is over.
    const timeval limit{.tv_sec = 0, .tv_usec = 500000};
    require(table.setsockopt(self, fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0,
            "SO_SNDTIMEO");
    int first = 0;
    int first_error = 0;
    int second = -1;
    int second_error = 0;
    std::thread caller([&] {
        timeval time{};
        first = table.connect(self, fd, to.get(), to.size);
        first_error = errno;
        table.gettimeofday(self, &time, nullptr);
        second = table.connect(self, fd, to.get(), to.size);
        second_error = errno;
        table.gettimeofday(self, &time, nullptr);
    });
    let_it_block();
    const auto syn = peer.sniff();
    require(syn.flags.syn && !syn.flags.ack, "the SYN");
    peer.sleep(std::chrono::milliseconds(600));
    let_it_block();
    if (profile == "linux") {
        const timeval none{};
        require(table.setsockopt(self, fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none) == 0,
                "no limit any more");
    }
    peer.local_port = syn.source_port;
    peer.inject({.sequence = 500,
                 .acknowledgment = syn.sequence + 1,
                 .window = 2000,
                 .flags = {.syn = true, .ack = true}});
    require(peer.sniff().acknowledgment == 501, "the handshake is completed");
    caller.join();
    require(first == -1 && first_error == EINPROGRESS, "the time limit of connect()");
    if (profile == "linux") {
        require(second == 0, "the second attempt waits for the first");
    } else {
        require(second == -1 && second_error == EALREADY, "the first attempt is still on its way");
        require(table.connect(self, fd, to.get(), to.size) == 0, "it is told once that it is up");
    }
    require(table.connect(self, fd, to.get(), to.size) == -1 && errno == EISCONN,
            "connect() once it is up");
}

void writes_blocking(const std::string& library) {
    // No more than 3000 bytes fit into the send buffer, and 2000 into the peer's window.
    Connected on(library, AF_INET, IpAddress::any(tcpdx::IpFamily::V4), Peer{.table = nullptr},
                 "sndbuf=3000");
    auto& [adapter, table, self, peer, listener, fd, next] = on;
    std::vector<char> data(4000);
    ssize_t written = -1;
    ssize_t limited = 0;
    int limited_error = 0;
    std::thread writer([&, self = on.self, fd = on.fd] {
        timeval time{};
        written = on.table.write(self, fd, data.data(), data.size());
        on.table.gettimeofday(self, &time, nullptr);
        const timeval limit{.tv_sec = 1, .tv_usec = 0};
        on.table.setsockopt(self, fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        limited = on.table.write(self, fd, data.data(), data.size());
        on.table.gettimeofday(self, &time, nullptr);
        limited = on.table.write(self, fd, data.data(), data.size());
        limited_error = errno;
        on.table.gettimeofday(self, &time, nullptr);
    });
    let_it_block();
    // Without an MSS option it is 536.
    std::uint32_t sent = 0;
    while (sent < 2000) {
        const auto segment = peer.sniff();
        require(segment.sequence == next + sent, "what is written goes out in order");
        sent += 536;
        if (sent + 536 > 2000) {
            break;
        }
    }
    require(written == -1, "write() blocks while the buffer is full");
    on.says({.sequence = 101, .acknowledgment = next + sent});
    let_it_block();
    require(written == 4000, "and goes on when there is room");
    peer.sleep(seconds(3));
    let_it_block();
    peer.sleep(seconds(3));
    writer.join();
    require(limited == -1 && limited_error == EAGAIN, "the time limit of write()");
}

void reads(const std::string& library) {
    Connected on(library, AF_INET, IpAddress::any(tcpdx::IpFamily::V4), Peer{.table = nullptr});
    packetdrill_interface& table = on.table;
    void* const self = on.self;
    std::array<char, 100> one{};
    std::array<char, 100> two{};
    const std::array<std::byte, 60> sixty{};
    ssize_t all = -1;
    std::thread reader([&] {
        timeval time{};
        all = table.recv(self, on.fd, one.data(), one.size(), MSG_WAITALL);
        table.gettimeofday(self, &time, nullptr);
    });
    let_it_block();
    on.says({.sequence = 101, .payload = sixty});
    let_it_block();
    require(all == -1, "MSG_WAITALL waits for all");
    on.says({.sequence = 161, .payload = sixty});
    reader.join();
    require(all == 100, "and gets it");

    int left = -1;
    require(table.ioctl(self, on.fd, FIONREAD, &left) == 0 && left == 20, "FIONREAD");
    require(table.setsockopt(self, on.fd, IPPROTO_TCP, TCP_INQ, &left, sizeof left) == 0,
            "TCP_INQ");
    const std::array parts{iovec{.iov_base = one.data(), .iov_len = 5},
                           iovec{.iov_base = two.data(), .iov_len = 10}};
    Address from;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{.msg_name = from.get(),
                   .msg_namelen = from.size,
                   .msg_iov = const_cast<iovec*>(parts.data()),
                   .msg_iovlen = parts.size(),
                   .msg_control = control.data(),
                   .msg_controllen = control.size(),
                   .msg_flags = 0};
    require(table.recvmsg(self, on.fd, &message, MSG_PEEK) == 15, "MSG_PEEK over several parts");
    message.msg_controllen = control.size();
    require(table.recvmsg(self, on.fd, &message, 0) == 15 && message.msg_namelen == 0, "recvmsg");
    const cmsghdr* told = CMSG_FIRSTHDR(&message);
    require(told != nullptr && told->cmsg_type == TCP_INQ, "TCP_INQ comes with the bytes");
    std::memcpy(&left, CMSG_DATA(told), sizeof left);
    require(left == 5, "it says what is left");
    require(table.readv(self, on.fd, parts.data(), -1) == -1 && errno == EINVAL, "readv of -1");
    require(
        table.recvfrom(self, on.fd, one.data(), 100, MSG_DONTWAIT, from.get(), &from.size) == 5 &&
            from.size == 0,
        "recvfrom");
    require(table.recv(self, on.fd, one.data(), 1, MSG_DONTWAIT) == -1 && errno == EAGAIN,
            "MSG_DONTWAIT");
    on.says({.sequence = 221, .flags = {.fin = true}});
    require(table.read(self, on.fd, one.data(), 1) == 0, "the end");
    require(table.recv(self, on.fd, one.data(), 1, MSG_OOB) == -1 && errno == EINVAL, "no urgent");
}

void refuses(const std::string& library) {
    Adapter adapter(library, "local4=192.168.7.7,clock=virtual");
    packetdrill_interface& table = adapter.table;
    void* const self = table.userdata;
    const auto fails = [](ssize_t result, int error, const char* what) {
        require(result == -1 && errno == error, what);
    };
    char octet = 0;
    int number = 0;
    socklen_t size = sizeof number;
    pollfd nobody{.fd = -1, .events = POLLIN, .revents = 7};
    fails(table.socket(self, AF_UNIX, SOCK_STREAM, 0), EAFNOSUPPORT, "AF_UNIX");
    fails(table.socket(self, AF_INET, SOCK_DGRAM, 0), EPROTONOSUPPORT, "SOCK_DGRAM");
    fails(table.listen(self, 999, 1), EBADF, "listen() of nothing");
    fails(table.accept(self, 999, nullptr, nullptr), EBADF, "accept() of nothing");
    fails(table.read(self, 999, &octet, 1), EBADF, "read() of nothing");
    fails(table.write(self, 999, &octet, 1), EBADF, "write() of nothing");
    fails(table.shutdown(self, 999, SHUT_WR), EBADF, "shutdown() of nothing");
    fails(table.getsockopt(self, 999, SOL_SOCKET, SO_ERROR, &number, &size), EBADF, "getsockopt()");
    require(table.poll(self, &nobody, 1, 0) == 0 && nobody.revents == 0, "poll() leaves -1 out");
    nobody.fd = 999;
    require(table.poll(self, &nobody, 1, 0) == 1 && nobody.revents == POLLNVAL,
            "poll() of nothing");

    const int fd = table.socket(self, AF_INET, SOCK_STREAM, 0);
    fails(table.accept(self, fd, nullptr, nullptr), EINVAL, "accept() without listen()");
    fails(table.read(self, fd, &octet, 1), ENOTCONN, "read() without a connection");
    fails(table.write(self, fd, &octet, 1), ENOTCONN, "write() without a connection");
    fails(table.write(self, fd, &octet, 0), ENOTCONN, "of nothing, too");
    fails(table.shutdown(self, fd, SHUT_RDWR), ENOTCONN, "shutdown() without a connection");
    fails(table.shutdown(self, fd, 7), EINVAL, "shutdown() of what");
    fails(table.setsockopt(self, fd, SOL_SOCKET, SO_RCVBUF, &number, 1), EINVAL, "a cut number");
    fails(table.setsockopt(self, fd, IPPROTO_TCP, TCP_KEEPCNT, &number, sizeof number), EINVAL,
          "no probes");
    fails(table.ioctl(self, fd, 0x12345UL, &number), EINVAL, "an unknown ioctl");
    require(table.fcntl(self, fd, F_GETFL) == O_RDWR, "F_GETFL");
    require(table.fcntl(self, fd, F_SETFL, O_RDWR | O_NONBLOCK) == 0, "F_SETFL");
    require(table.fcntl(self, fd, F_GETFL) == (O_RDWR | O_NONBLOCK), "O_NONBLOCK is kept");
    require(table.listen(self, fd, 2) == 0, "listen() binds by itself");
    fails(table.accept(self, fd, nullptr, nullptr), EAGAIN, "accept() of nobody");
    fails(table.read(self, fd, &octet, 1), ENOTCONN, "read() of a listener");
    tcp_info info{};
    size = sizeof info;
    require(table.getsockopt(self, fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
                info.tcpi_state == 10 && info.tcpi_unacked == 0 && info.tcpi_sacked == 2,
            "TCP_INFO of a listener: who waits, and how many may");
    require(table.close(self, fd) == 0, "close");
}

}  // namespace

int main(int count, char** arguments) {
    require(count == 2, "usage: adapter_calls_test LIBRARY");
    const std::string library = arguments[1];
    accepts(library);
    connects_blocking(library, AF_INET, "rfc");
    connects_blocking(library, AF_INET6, "linux");
    writes_blocking(library);
    reads(library);
    refuses(library);
    return 0;
}
