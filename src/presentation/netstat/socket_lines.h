#pragma once

#include <optional>
#include <string_view>

#include "model/connection.h"
#include "model/netstat_tables.h"
#include "presentation/netstat/line_buffer.h"
#include "presentation/netstat/names.h"
#include "presentation/netstat/options.h"

namespace tcpdx::netstat {

// The lines of netstat's socket tables, byte for byte.
class SocketLines {
public:
    // Both have to outlive this object.
    SocketLines(const Options& options, const Names& names) : options_(options), names_(names) {}

    void append_internet_heading(LineBuffer& out) const;
    void append_unix_heading(LineBuffer& out) const;

    // These leave out what the options do not ask for (-a, -l).
    void append_tcp(LineBuffer& out, const InetSocketRow& row) const;
    void append_udp(LineBuffer& out, const InetSocketRow& row, std::string_view protocol) const;
    void append_raw(LineBuffer& out, const InetSocketRow& row) const;
    void append_unix(LineBuffer& out, const UnixSocketRow& row) const;

    void append_sctp_endpoint(LineBuffer& out, const SctpSocketRow& row) const;
    void append_sctp_association(LineBuffer& out, const SctpSocketRow& row) const;

private:
    void append_end(LineBuffer& out, const SocketAddress& end, Service service) const;
    void append_sctp_address(LineBuffer& out, const IpAddress& address) const;
    void append_sctp_port(LineBuffer& out, std::uint16_t port) const;
    // Everything behind the state.
    void append_rest(LineBuffer& out, std::int32_t uid, std::uint64_t inode,
                     std::string_view timers) const;
    [[nodiscard]] bool shows_datagram_socket(const InetSocketRow& row) const;

    const Options& options_;
    const Names& names_;
};

// A connection as /proc/net/tcp would list it. The numbers behind a running timer need
// Connection::tcp, except for a TIME-WAIT socket.
[[nodiscard]] InetSocketRow to_row(const Connection& connection);

// netstat's name of a state by its number in net/tcp_states.h; nothing when there is none.
[[nodiscard]] std::optional<std::string_view> kernel_state_name(std::uint32_t state);

// 0.0.0.0 of an IPv4 socket or :: of an IPv6 one; not ::ffff:0.0.0.0.
[[nodiscard]] bool is_null(const IpAddress& address);

// "(servers and established)", "(only servers)" or "(w/o servers)", for a heading.
[[nodiscard]] std::string_view which_sockets(const Options& options);

}  // namespace tcpdx::netstat
