#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "endpoint/stack.h"

namespace tcpdx::lab {

// A small HTTP/1.1 server over the endpoint, for testing it against real clients:
//   GET /N     N octets; number i is i * 31 + (i >> 8), modulo 256
//   PUT /      answers with how many octets came and their FNV-1a hash
class HttpServer {
public:
    HttpServer(endpoint::TcpStack& stack, std::uint16_t port);

    // Whether it listens; the port can be taken.
    [[nodiscard]] bool listens() const { return listening_; }
    // Does what can be done now.
    void run(endpoint::Time now);
    [[nodiscard]] std::uint64_t requests() const { return requests_; }

    [[nodiscard]] static std::byte octet(std::uint64_t number) {
        return static_cast<std::byte>(number * 31 + (number >> 8));
    }

private:
    struct Exchange {
        std::string head;  // of the request, while it is not whole
        std::uint64_t body_left = 0;
        std::uint64_t body_size = 0;
        std::uint64_t hash = 0xcbf29ce484222325;
        bool expects_answer = false;
        std::string answer_head;
        std::uint64_t octets_left = 0;
        std::uint64_t next_octet = 0;
        bool closes = false;
    };

    bool serve(endpoint::Handle id, Exchange& exchange, endpoint::Time now);
    bool read_some(endpoint::Handle id, Exchange& exchange, endpoint::Time now);
    void take(Exchange& exchange, std::span<const std::byte> bytes);
    void begin_request(Exchange& exchange);
    void end_request(Exchange& exchange);
    bool write_some(endpoint::Handle id, Exchange& exchange, endpoint::Time now);

    endpoint::TcpStack* stack_;
    endpoint::Handle listener_v4_;
    endpoint::Handle listener_v6_;
    bool listening_ = false;
    std::map<endpoint::Handle, Exchange> exchanges_;
    std::uint64_t requests_ = 0;
    std::vector<std::byte> room_ = std::vector<std::byte>(65536);
};

}  // namespace tcpdx::lab
