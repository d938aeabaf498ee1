#include <algorithm>
#include <array>

#include "presentation/netstat/address_text.h"
#include "presentation/netstat/socket_lines.h"

// An SCTP socket has any number of addresses at each end: the first pair goes on a line with the
// rest of the row, each further pair on one of its own.

namespace tcpdx::netstat {
namespace {

constexpr std::size_t kAddressWidth = 23;
constexpr std::string_view kContinued = "\n                    ";

void pad_since(LineBuffer& out, std::size_t start, std::size_t width) {
    if (out.size() - start < width) {
        out.append_blanks(width - (out.size() - start));
    }
}

void append_sctp_state(LineBuffer& out, std::int32_t state) {
    const std::size_t start = out.size();
    if (const auto name = kernel_state_name(static_cast<std::uint32_t>(state))) {
        out.append(*name);
    } else {
        out.append("UNKNOWN(");
        out.append_number(state);
        out.append(')');
    }
    pad_since(out, start, 11);
}

}  // namespace

void SocketLines::append_sctp_address(LineBuffer& out, const IpAddress& address) const {
    std::array<char, kLongestAddress> digits{};
    if (options_.numeric_anything()) {
        const char* const end = write_address(digits.data(), address);
        out.append({digits.data(), static_cast<std::size_t>(end - digits.data())});
    } else if (is_null(address)) {
        out.append(address.family == IpFamily::V4 ? "0.0.0.0" : "[::]");
    } else {
        out.append(names_.host(address).substr(0, 63));
    }
}

void SocketLines::append_sctp_port(LineBuffer& out, std::uint16_t port) const {
    // netstat keeps no names of SCTP services.
    out.append(':');
    if (port == 0) {
        out.append('*');
    } else {
        out.append_number(port);
    }
}

void SocketLines::append_sctp_endpoint(LineBuffer& out, const SctpSocketRow& row) const {
    bool first = true;
    for (const IpAddress& address : row.local) {
        out.append(first ? "sctp                " : kContinued);
        const std::size_t start = out.size();
        append_sctp_address(out, address);
        append_sctp_port(out, row.local_port);
        pad_since(out, start, 47);
        out.append(' ');
        if (first) {
            append_sctp_state(out, row.state);
        } else {
            out.append_blanks(11);
        }
        first = false;
    }
    append_rest(out, row.uid, row.inode, "");
}

void SocketLines::append_sctp_association(LineBuffer& out, const SctpSocketRow& row) const {
    const std::size_t lines = std::max(row.local.size(), row.remote.size());
    const auto append_address = [&](const std::vector<IpAddress>& addresses, std::size_t line,
                                    std::uint16_t port) {
        const std::size_t start = out.size();
        if (line < addresses.size()) {
            append_sctp_address(out, addresses[line]);
            if (line == 0) {
                append_sctp_port(out, port);
            }
        }
        pad_since(out, start, kAddressWidth);
        out.append(' ');
    };
    for (std::size_t line = 0; line < lines; ++line) {
        if (line == 0) {
            out.append("sctp  ");
            out.append_right(row.receive_queue, 6);
            out.append(' ');
            out.append_right(row.send_queue, 6);
            out.append(' ');
        } else {
            out.append(kContinued);
        }
        append_address(row.local, line, row.local_port);
        append_address(row.remote, line, row.remote_port);
        if (line == 0) {
            append_sctp_state(out, row.state);
        } else {
            out.append_blanks(11);
        }
    }
    append_rest(out, row.uid, row.inode, "");
}

}  // namespace tcpdx::netstat
