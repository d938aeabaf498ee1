#pragma once

// What `tcpdx lab` has to show: both ends of a connection that it made, as they were seen.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/connection.h"
#include "model/message.h"

namespace tcpdx {

// Two TCPs stand in the lab: the kernel's, and that of src/endpoint behind a TUN device.
enum class LabEnd : std::uint8_t { Kernel, Peer };

// One line of the ladder: a segment, or a call without one, and the states after it. The kernel's
// was read from its socket table right then; no state means that it has no such socket.
struct LabRung {
    std::chrono::microseconds at{0};  // since the lab began
    std::optional<LabEnd> from;       // whose segment it is
    std::string segment;              // "SYN+ACK", "ICMP 3/13"; empty for a call alone
    bool again = false;               // a retransmission
    bool lost = false;                // on the way
    std::string call;                 // "close()", at the end `caller`
    std::optional<LabEnd> caller;
    std::optional<TcpState> kernel;
    std::optional<TcpState> peer;
};

// One question to the rest of tcpdx, asked inside the lab, and whether the answer was right.
struct LabLook {
    std::string command;                // as one types it in a shell there
    std::vector<std::string> expected;  // ids of rules, or of causes; all of them have to be found
    std::vector<std::string> found;
    // Of those found, what is above information, or a cause too many, and was not expected.
    std::vector<std::string> unexpected;
    bool right = false;
    std::string text;
    std::string json;
};

// The socket that a state's lab holds, as the kernel showed it at the end.
struct LabHeld {
    TcpState wanted = TcpState::Closed;
    std::optional<Connection> socket;
    std::optional<TcpState> peer;
    Message schedule;                  // when the kernel tries again, and gives up
    std::vector<std::string> options;  // of the kernel, "net.ipv4.tcp_fin_timeout = 60"

    [[nodiscard]] bool reached() const { return socket && socket->state == wanted; }
};

struct LabResult {
    std::string name;
    const char* title = "";  // N_() marked, as the next two are
    const char* text = "";
    const char* ending = "";
    std::vector<Message> told;  // what was done and seen, in order
    SocketAddress kernel;       // of the connection that the ladder shows
    SocketAddress peer;
    std::vector<LabRung> rungs;
    std::string netstat;
    std::optional<LabHeld> held;
    std::vector<LabLook> looks;
};

// What the lab has to offer.
struct LabEntry {
    std::string name;
    const char* title = "";         // N_() marked
    std::optional<TcpState> holds;  // a state; scenarios hold none
};

}  // namespace tcpdx
