#include <sys/socket.h>

#include <string>

#include "presentation/netstat/socket_lines.h"

namespace tcpdx::netstat {
namespace {

// linux/net.h: SO_ACCEPTCON, SO_WAITDATA, SO_NOSPACE
constexpr std::uint64_t kListening = 1U << 16U;
constexpr std::uint64_t kWaitsForData = 1U << 17U;
constexpr std::uint64_t kNoSpace = 1U << 18U;

// linux/net.h: socket_state
constexpr std::uint32_t kUnconnected = 1;

std::string_view type_name(std::uint32_t type) {
    switch (type) {
        case SOCK_STREAM:
            return "STREAM";
        case SOCK_DGRAM:
            return "DGRAM";
        case SOCK_RAW:
            return "RAW";
        case SOCK_RDM:
            return "RDM";
        case SOCK_SEQPACKET:
            return "SEQPACKET";
        default:
            return "UNKNOWN";
    }
}

std::string_view state_name(std::uint32_t state, bool listening) {
    switch (state) {
        case 0:
            return "FREE";
        case kUnconnected:
            return listening ? "LISTENING" : "";
        case 2:
            return "CONNECTING";
        case 3:
            return "CONNECTED";
        case 4:
            return "DISCONNECTING";
        default:
            return "UNKNOWN";
    }
}

}  // namespace

void SocketLines::append_unix_heading(LineBuffer& out) const {
    out.append("Active UNIX domain sockets ");
    out.append(which_sockets(options_));
    out.append("\nProto RefCnt Flags       Type       State         I-Node  ");
    if (options_.programs) {
        out.append(' ');
        out.append_left("PID/Program name", 20);
    }
    if (options_.security_context) {
        out.append_left(" Security Context", 50);
    }
    out.append(" Path\n");
}

void SocketLines::append_unix(LineBuffer& out, const UnixSocketRow& row) const {
    const bool listening = (row.flags & kListening) != 0;
    const bool server = row.state == kUnconnected && listening;
    if (!options_.all && server != options_.listening) {
        return;
    }
    std::string flags = "[ ";
    flags += listening ? "ACC " : "";
    flags += (row.flags & kWaitsForData) != 0 ? "W " : "";
    flags += (row.flags & kNoSpace) != 0 ? "N " : "";
    flags += "]";

    out.append_left(row.protocol == 0 ? "unix" : "??", 5);
    out.append(' ');
    out.append_left_number(row.references, 6);
    out.append(' ');
    out.append_left(flags, 11);
    out.append(' ');
    out.append_left(type_name(row.type), 10);
    out.append(' ');
    out.append_left(state_name(row.state, listening), 13);
    out.append(' ');
    out.append_left_number(row.inode, 8);
    if (options_.programs) {
        out.append(' ');
        out.append_left(names_.program(row.inode), 20);
    }
    if (options_.security_context) {
        out.append(' ');
        out.append_left(names_.security_context(row.inode), 50);
    }
    out.append(' ');
    out.append(row.path);
    out.append('\n');
}

}  // namespace tcpdx::netstat
