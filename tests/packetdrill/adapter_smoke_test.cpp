// Loads the adapter as packetdrill does, fills the table, and uses it from two threads: one that
// blocks in accept(), read() and poll(), and one that injects and sniffs packets.

#include <arpa/inet.h>
#include <dlfcn.h>
#include <linux/tcp.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "packetdrill_interface.h"
#include "wire/checksum.h"
#include "wire/ip_header.h"
#include "wire/tcp_header.h"

namespace {

using tcpdx::IpAddress;
namespace wire = tcpdx::wire;

void require(bool condition, const char* what) {
    if (!condition) {
        std::fprintf(stderr, "adapter_smoke_test: %s (errno %d)\n", what, errno);
        std::exit(1);
    }
}

struct Peer {
    packetdrill_interface* table;
    IpAddress local = *tcpdx::parse_ip_address("192.168.7.7");
    IpAddress remote = *tcpdx::parse_ip_address("192.0.2.1");

    void inject(wire::TcpSegment segment) const {
        segment.source_port = 40000;
        segment.destination_port = 8080;
        std::vector<std::byte> bytes(2000);
        const std::size_t size = wire::write_tcp(segment, std::span(bytes).subspan(20));
        const auto tcp = std::span(bytes).subspan(20, size);
        const std::uint16_t sum = wire::tcp_checksum(remote, local, tcp);
        tcp[16] = static_cast<std::byte>(sum >> 8);
        tcp[17] = static_cast<std::byte>(sum);
        wire::write_ip_header({.source = remote, .destination = local}, size, bytes);
        require(table->netdev_send(table->userdata, bytes.data(), 20 + size) == 0, "netdev_send");
    }
    // Only the header: the payload would point into a buffer that is gone.
    [[nodiscard]] wire::TcpSegment sniff() const {
        std::array<std::byte, 4096> bytes{};
        std::size_t count = bytes.size();
        long long time = 0;
        require(
            table->netdev_receive(table->userdata, bytes.data(), &count, &time) == 0 && count > 0,
            "netdev_receive");
        const auto datagram = wire::parse_ip_datagram(std::span(bytes).first(count));
        require(datagram.has_value(), "the datagram is whole");
        auto segment = wire::parse_tcp(datagram->payload);
        require(segment.has_value(), "the segment is whole");
        segment->payload = {};
        return *segment;
    }
};

void run(const std::string& library, const std::string& flags) {
    void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | RTLD_DEEPBIND);
    require(handle != nullptr, "dlopen");
    using Init = void (*)(const char*, packetdrill_interface*);
    const auto init = reinterpret_cast<Init>(dlsym(handle, "packetdrill_interface_init"));
    require(init != nullptr, "packetdrill_interface_init is exported");
    packetdrill_interface table{};
    init(flags.c_str(), &table);
    void* const self = table.userdata;
    const Peer peer{.table = &table};

    const int listener = table.socket(self, AF_INET, SOCK_STREAM, IPPROTO_TCP);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(8080);
    address.sin_addr.s_addr = htonl(0xc0a80707);
    require(table.bind(self, listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
            "bind");
    require(table.listen(self, listener, 5) == 0, "listen");

    int accepted = -1;
    ssize_t got = -1;
    int ready = -1;
    std::thread blocked([&] {
        timeval time{};
        accepted = table.accept(self, listener, nullptr, nullptr);
        table.gettimeofday(self, &time, nullptr);
        std::array<char, 100> room{};
        got = table.read(self, accepted, room.data(), room.size());
        table.gettimeofday(self, &time, nullptr);
        pollfd fd{.fd = accepted, .events = POLLRDHUP, .revents = 0};
        ready = table.poll(self, &fd, 1, 10000);
        table.gettimeofday(self, &time, nullptr);
    });
    const auto let_it_block = [] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); };
    let_it_block();
    peer.inject({.sequence = 100, .window = 65535, .flags = {.syn = true}});
    const auto syn_ack = peer.sniff();
    require(syn_ack.flags.syn && syn_ack.acknowledgment == 101, "the SYN is answered");
    const std::uint32_t next = syn_ack.sequence + 1;
    peer.inject({.sequence = 101, .acknowledgment = next, .window = 65535, .flags = {.ack = true}});
    let_it_block();
    const std::array<std::byte, 5> data{};
    peer.inject({.sequence = 101,
                 .acknowledgment = next,
                 .window = 65535,
                 .flags = {.psh = true, .ack = true},
                 .payload = data});
    const auto acknowledgment = peer.sniff();
    require(acknowledgment.acknowledgment == 106, "the data is acknowledged");
    let_it_block();
    peer.inject({.sequence = 106,
                 .acknowledgment = next,
                 .window = 65535,
                 .flags = {.fin = true, .ack = true}});
    require(peer.sniff().acknowledgment == 107, "the FIN is acknowledged");
    blocked.join();
    require(accepted >= 0 && got == 5 && ready == 1, "the blocked calls have returned");

    // As a script's %{ }% code sees it, through what the library exports for LD_PRELOAD.
    using GetOption = int (*)(int, int, int, void*, socklen_t*);
    const auto get_option = reinterpret_cast<GetOption>(dlsym(handle, "getsockopt"));
    tcp_info info{};
    socklen_t size = sizeof info;
    require(get_option(accepted, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == 8,
            "TCP_INFO says CLOSE_WAIT");

    require(table.close(self, accepted) == 0, "close");
    require(peer.sniff().flags.fin, "the FIN is sent");
    require(table.close(self, listener) == 0 && table.close(self, listener) == -1 && errno == EBADF,
            "a closed descriptor is closed");
    table.free(self);
}

}  // namespace

int main(int count, char** arguments) {
    require(count == 2, "usage: adapter_smoke_test LIBRARY");
    run(arguments[1], "local4=192.168.7.7,clock=virtual");
    run(arguments[1], "local4=192.168.7.7,profile=linux");
    return 0;
}
