// Loads the adapter as packetdrill does, fills the table, and uses it from two threads: one that
// blocks in accept(), read() and poll(), and one that injects and sniffs packets.

#include <linux/tcp.h>

#include "adapter.h"

namespace {

using tcpdx::packetdrill::Adapter;
using tcpdx::packetdrill::let_it_block;
using tcpdx::packetdrill::Peer;
using tcpdx::packetdrill::require;

void run(const std::string& library, const std::string& flags) {
    Adapter adapter(library, flags);
    packetdrill_interface& table = adapter.table;
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
    const auto get_option = reinterpret_cast<GetOption>(dlsym(adapter.handle, "getsockopt"));
    tcp_info info{};
    socklen_t size = sizeof info;
    require(get_option(accepted, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == 8,
            "TCP_INFO says CLOSE_WAIT");

    require(table.close(self, accepted) == 0, "close");
    require(peer.sniff().flags.fin, "the FIN is sent");
    require(table.close(self, listener) == 0 && table.close(self, listener) == -1 && errno == EBADF,
            "a closed descriptor is closed");
}

}  // namespace

int main(int count, char** arguments) {
    require(count == 2, "usage: adapter_smoke_test LIBRARY");
    run(arguments[1], "local4=192.168.7.7,clock=virtual");
    run(arguments[1], "local4=192.168.7.7,profile=linux");
    return 0;
}
