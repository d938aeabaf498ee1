#pragma once

// The adapter, loaded as packetdrill loads it, and a peer that injects and sniffs packets.

#include <arpa/inet.h>
#include <dlfcn.h>
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

namespace tcpdx::packetdrill {

inline void require(bool condition, const char* what) {
    if (!condition) {
        std::fprintf(stderr, "adapter: %s (errno %d)\n", what, errno);
        std::exit(1);
    }
}

// Until another thread has blocked, or is done.
inline void let_it_block() {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

struct Adapter {
    void* handle = nullptr;
    packetdrill_interface table{};

    Adapter(const std::string& library, const std::string& flags) {
        handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | RTLD_DEEPBIND);
        require(handle != nullptr, "dlopen");
        using Init = void (*)(const char*, packetdrill_interface*);
        const auto init = reinterpret_cast<Init>(dlsym(handle, "packetdrill_interface_init"));
        require(init != nullptr, "packetdrill_interface_init is exported");
        init(flags.c_str(), &table);
    }
    Adapter(const Adapter&) = delete;
    Adapter& operator=(const Adapter&) = delete;
    Adapter(Adapter&&) = delete;
    Adapter& operator=(Adapter&&) = delete;
    ~Adapter() { table.free(table.userdata); }
};

struct Peer {
    packetdrill_interface* table;
    IpAddress local = *parse_ip_address("192.168.7.7");
    IpAddress remote = *parse_ip_address("192.0.2.1");
    std::uint16_t port = 40000;
    std::uint16_t local_port = 8080;

    void inject(wire::TcpSegment segment) const {
        segment.source_port = port;
        segment.destination_port = local_port;
        std::vector<std::byte> bytes(2000);
        const std::size_t header = wire::ip_header_bytes(local.family);
        const std::size_t size = wire::write_tcp(segment, std::span(bytes).subspan(header));
        const auto tcp = std::span(bytes).subspan(header, size);
        const std::uint16_t sum = wire::tcp_checksum(remote, local, tcp);
        tcp[16] = static_cast<std::byte>(sum >> 8);
        tcp[17] = static_cast<std::byte>(sum);
        wire::write_ip_header({.source = remote, .destination = local}, size, bytes);
        require(table->netdev_send(table->userdata, bytes.data(), header + size) == 0,
                "netdev_send");
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
        require(datagram->header.source == local && datagram->header.destination == remote,
                "it goes from us to the peer");
        auto segment = wire::parse_tcp(datagram->payload);
        require(segment.has_value(), "the segment is whole");
        segment->payload = {};
        return *segment;
    }
    void sleep(std::chrono::microseconds duration) const {
        table->usleep(table->userdata, static_cast<useconds_t>(duration.count()));
    }
};

}  // namespace tcpdx::packetdrill
