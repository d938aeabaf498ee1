#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/ip_address.h"
#include "model/tcp_state.h"

namespace tcpdx {

struct Bytes {
    std::uint64_t count = 0;
    friend bool operator==(const Bytes&, const Bytes&) = default;
};

struct Percent {
    double value = 0;
    friend bool operator==(const Percent&, const Percent&) = default;
};

// An owner that is not known, named by its port: "port 8080", in the reader's language. Without a
// port it is just that: "a program that is not shown".
struct PortName {
    std::uint16_t number = 0;
    friend bool operator==(const PortName&, const PortName&) = default;
};

// A listening program and its port: "nginx on port 8080"; just "port 8080" when it is not known.
struct ProgramOnPort {
    std::string program;
    std::uint16_t number = 0;
    friend bool operator==(const ProgramOnPort&, const ProgramOnPort&) = default;
};

struct Port {
    std::uint16_t number = 0;
    friend bool operator==(const Port&, const Port&) = default;
};

// A value inside a text. presentation/ decides how it looks: a duration as "3 h 12 m", a state as
// the tool at hand spells it. A std::string is shown as it is: names, addresses, option names.
using Value = std::variant<std::int64_t, std::string, std::chrono::milliseconds, Bytes, Percent,
                           Port, PortName, ProgramOnPort, TcpState, IpAddress, SocketAddress>;

// A text for the user that is not translated yet: an N_() marked format with numbered fields
// ({0}, {1}), since Korean reorders them, and the values that go in. A text whose wording depends
// on a number carries `plural` too (marked with NP_()); the number is then values[0].
struct Message {
    const char* text = "";
    std::vector<Value> values;
    const char* plural = nullptr;

    [[nodiscard]] bool empty() const { return *text == '\0'; }
};

}  // namespace tcpdx
