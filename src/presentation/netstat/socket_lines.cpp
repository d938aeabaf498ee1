#include "presentation/netstat/socket_lines.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "presentation/netstat/address_text.h"

namespace tcpdx::netstat {
namespace {

constexpr std::size_t kAddressWidth = 23;
constexpr std::size_t kShortenedTo = 22;  // address and port together, without the colon
constexpr std::size_t kLongestPort = 18;  // when shortened
constexpr std::size_t kLongestEnd = 127;  // with -W

constexpr std::uint32_t kEstablished = 1;
constexpr std::uint32_t kClose = 7;

std::uint32_t kernel_number(TcpState state) {
    switch (state) {
        case TcpState::Established:
            return kEstablished;
        case TcpState::SynSent:
            return 2;
        case TcpState::SynReceived:
            return 3;
        case TcpState::FinWait1:
            return 4;
        case TcpState::FinWait2:
            return 5;
        case TcpState::TimeWait:
            return 6;
        case TcpState::Closed:
            return kClose;
        case TcpState::CloseWait:
            return 8;
        case TcpState::LastAck:
            return 9;
        case TcpState::Listen:
            return 10;
        case TcpState::Closing:
            return 11;
    }
    return kClose;
}

std::uint32_t timer_number(TimerKind kind) {
    switch (kind) {
        case TimerKind::None:
            return 0;
        case TimerKind::Retransmit:
            return 1;
        case TimerKind::Keepalive:
            return 2;
        case TimerKind::TimeWait:
            return 3;
        case TimerKind::ZeroWindow:
            return 4;
    }
    return 0;
}

void append_queues(LineBuffer& out, std::string_view protocol, std::size_t width,
                   const InetSocketRow& row) {
    out.append_left(protocol, width);
    out.append_blanks(6 - width);
    out.append_right(row.receive_queue, 6);
    out.append(' ');
    out.append_right(row.send_queue, 6);
    out.append(' ');
}

using TimerText = std::array<char, 64>;

std::string_view timer_text(TimerText& text, const char* name, const InetSocketRow& row,
                            std::uint64_t retransmits) {
    const unsigned long long seconds = row.timer_expires / 100;
    const unsigned hundredths = static_cast<unsigned>(row.timer_expires % 100);
    const int length =
        std::snprintf(text.data(), text.size(), "%s (%llu.%02u/%llu/%d)", name, seconds, hundredths,
                      static_cast<unsigned long long>(retransmits), row.probes);
    return {text.data(), std::min(static_cast<std::size_t>(length), text.size() - 1)};
}

std::string_view off_text(TimerText& text, const InetSocketRow& row, std::uint64_t retransmits) {
    InetSocketRow off = row;
    off.timer_expires = 0;
    return timer_text(text, "off", off, retransmits);
}

std::string_view tcp_timer(TimerText& text, const InetSocketRow& row) {
    switch (row.timer) {
        case 0:
            return off_text(text, row, row.retransmits);
        case 1:
            return timer_text(text, "on", row, row.retransmits);
        case 2:
            return timer_text(text, "keepalive", row, row.retransmits);
        case 3:
            return timer_text(text, "timewait", row, row.retransmits);
        case 4:
            return timer_text(text, "probe", row, row.retransmits);
        default: {
            std::array<char, 24> name{};
            std::snprintf(name.data(), name.size(), "unkn-%d", static_cast<int>(row.timer));
            return timer_text(text, name.data(), row, row.retransmits);
        }
    }
}

std::string_view datagram_timer(TimerText& text, const InetSocketRow& row,
                                std::uint64_t retransmits) {
    if (row.timer == 0) {
        return off_text(text, row, retransmits);
    }
    std::array<char, 24> name{};
    std::snprintf(name.data(), name.size(), row.timer <= 2 ? "on%d" : "unkn-%d",
                  static_cast<int>(row.timer));
    return timer_text(text, name.data(), row, retransmits);
}

}  // namespace

std::optional<std::string_view> kernel_state_name(std::uint32_t state) {
    constexpr std::array<std::string_view, 12> kNames{
        "",          "ESTABLISHED", "SYN_SENT",   "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",
        "TIME_WAIT", "CLOSE",       "CLOSE_WAIT", "LAST_ACK", "LISTEN",    "CLOSING"};
    return state < kNames.size() ? std::optional(kNames.at(state)) : std::nullopt;
}

bool is_null(const IpAddress& address) {
    const std::size_t from = address.family == IpFamily::V4 ? 12 : 0;
    return std::all_of(address.bytes.begin() + static_cast<std::ptrdiff_t>(from),
                       address.bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

std::string_view which_sockets(const Options& options) {
    if (options.all) {
        return "(servers and established)";
    }
    return options.listening ? "(only servers)" : "(w/o servers)";
}

InetSocketRow to_row(const Connection& connection) {
    InetSocketRow row{.local = connection.local, .remote = connection.remote};
    row.state = kernel_number(connection.state);
    // A listener's queue of connections is in the place of its bytes.
    row.receive_queue = connection.is_listener() ? connection.accept_queue.value_or(0)
                                                 : connection.receive_queue.value_or(0);
    row.send_queue = connection.is_listener() ? 0 : connection.send_queue.value_or(0);
    if (connection.timer) {
        row.timer = timer_number(connection.timer->kind);
        row.timer_expires = static_cast<std::uint64_t>(connection.timer->expires.count()) / 10;
    }
    if (connection.tcp) {
        row.retransmits = connection.tcp->retransmits;
        row.probes = connection.tcp->probes;
    }
    row.uid = static_cast<std::int32_t>(connection.uid.value_or(0));
    row.inode = connection.inode.value_or(0);
    return row;
}

void SocketLines::append_internet_heading(LineBuffer& out) const {
    out.append("Active Internet connections ");
    out.append(which_sockets(options_));
    out.append("\nProto Recv-Q Send-Q Local Address           Foreign Address         State      ");
    if (options_.extended > 0) {
        out.append(" User       Inode     ");
    }
    if (options_.programs) {
        out.append(' ');
        out.append_left("PID/Program name", 20);
    }
    if (options_.security_context) {
        out.append_left(" Security Context", 50);
    }
    if (options_.timers) {
        out.append(" Timer");
    }
    out.append('\n');
}

void SocketLines::append_end(LineBuffer& out, const SocketAddress& end, Service service) const {
    std::array<char, kLongestAddress> address_digits{};
    std::string_view address;
    if (options_.numeric_hosts) {
        const char* const address_end = write_address(address_digits.data(), end.address);
        address = {address_digits.data(),
                   static_cast<std::size_t>(address_end - address_digits.data())};
    } else if (is_null(end.address)) {
        address = end.address.family == IpFamily::V4 ? "0.0.0.0" : "[::]";
    } else {
        address = names_.host(end.address);
    }

    std::array<char, 8> port_digits{};
    std::string_view port;
    if (end.port == 0) {
        port = "*";
    } else {
        port = options_.numeric_ports ? std::string_view() : names_.service(service, end.port);
        if (port.empty()) {
            const char* const port_end =
                std::to_chars(port_digits.data(), port_digits.data() + port_digits.size(), end.port)
                    .ptr;
            port = {port_digits.data(), static_cast<std::size_t>(port_end - port_digits.data())};
        }
    }

    if (!options_.wide && address.size() + port.size() > kShortenedTo) {
        port = port.substr(0, kLongestPort);
        address = address.substr(0, kShortenedTo - port.size());
    }
    address = address.substr(0, kLongestEnd);
    port = port.substr(0, kLongestEnd - address.size() - (address.size() < kLongestEnd ? 1 : 0));
    out.append(address);
    out.append(':');
    out.append(port);
    const std::size_t length = address.size() + 1 + port.size();
    if (length < kAddressWidth) {
        out.append_blanks(kAddressWidth - length);
    }
}

void SocketLines::append_rest(LineBuffer& out, std::int32_t uid, std::uint64_t inode,
                              std::string_view timers) const {
    if (options_.extended > 0) {
        out.append(' ');
        const std::string_view user =
            options_.numeric_users ? std::string_view() : names_.user(uid);
        if (user.empty()) {
            out.append_left_number(uid, 10);
        } else {
            out.append_left(user, 10);
        }
        out.append(' ');
        out.append_left_number(inode, 10);
    }
    if (options_.programs) {
        out.append(' ');
        out.append_left(names_.program(inode), 20);
    }
    if (options_.security_context) {
        out.append(' ');
        out.append_left(names_.security_context(inode), 50);
    }
    if (options_.timers) {
        out.append(' ');
        out.append(timers);
    }
    out.append('\n');
}

void SocketLines::append_tcp(LineBuffer& out, const InetSocketRow& row) const {
    if (!options_.all && options_.listening != (row.remote.port == 0)) {
        return;
    }
    append_queues(out, row.local.address.family == IpFamily::V4 ? "tcp" : "tcp6", 4, row);
    append_end(out, row.local, Service::Tcp);
    out.append(' ');
    append_end(out, row.remote, Service::Tcp);
    out.append(' ');
    out.append_left(kernel_state_name(row.state).value_or(""), 11);
    TimerText text{};
    append_rest(out, row.uid, row.inode,
                options_.timers ? tcp_timer(text, row) : std::string_view());
}

bool SocketLines::shows_datagram_socket(const InetSocketRow& row) const {
    return options_.all || options_.listening == is_null(row.remote.address);
}

void SocketLines::append_udp(LineBuffer& out, const InetSocketRow& row,
                             std::string_view protocol) const {
    if (!shows_datagram_socket(row)) {
        return;
    }
    append_queues(out, protocol, 5, row);
    append_end(out, row.local, Service::Udp);
    out.append(' ');
    append_end(out, row.remote, Service::Udp);
    out.append(' ');
    const std::string_view otherwise = row.state == kClose ? "" : "UNKNOWN";
    out.append_left(row.state == kEstablished ? "ESTABLISHED" : otherwise, 11);
    TimerText text{};
    append_rest(out, row.uid, row.inode,
                options_.timers ? datagram_timer(text, row, 0) : std::string_view());
}

void SocketLines::append_raw(LineBuffer& out, const InetSocketRow& row) const {
    if (!shows_datagram_socket(row)) {
        return;
    }
    append_queues(out, row.local.address.family == IpFamily::V4 ? "raw" : "raw6", 4, row);
    append_end(out, row.local, Service::Raw);
    out.append(' ');
    append_end(out, row.remote, Service::Raw);
    out.append(' ');
    out.append_left_number(static_cast<std::int32_t>(row.state), 11);
    TimerText text{};
    append_rest(out, row.uid, row.inode,
                options_.timers ? datagram_timer(text, row, row.retransmits) : std::string_view());
}

}  // namespace tcpdx::netstat
