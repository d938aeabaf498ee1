#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/ip_address.h"
#include "wire/icmp_error.h"
#include "wire/ip_packet.h"
#include "wire/tcp_header.h"

namespace tcpdx::probe {

struct SeenSegment {
    bool outgoing = false;
    SocketAddress source;
    SocketAddress destination;
    wire::TcpFlags flags;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    std::size_t payload_bytes = 0;
    std::uint8_t hop_limit = 0;
    std::chrono::system_clock::time_point time;
};

struct SeenIcmpError {
    bool outgoing = false;
    IpAddress destination;
    wire::IcmpErrorAboutTcp error;
};

// This host's own capture of the TCP segments from and to one peer, and of the ICMP errors about
// such, at all its interfaces. What
// comes in is seen before a packet filter can drop it, what goes out only behind one. Needs
// CAP_NET_RAW. The kernel itself leaves everybody else's packets out.
class SegmentWatch {
public:
    [[nodiscard]] static Result<SegmentWatch> open(const IpAddress& peer);

    // What was seen since the last call, without waiting. A capture of one peer that outgrows the
    // socket's buffer loses the rest; see dropped().
    [[nodiscard]] std::vector<SeenSegment> take();
    // The ICMP errors among what take() has passed over.
    [[nodiscard]] std::vector<SeenIcmpError> take_icmp_errors();
    // Segments that the kernel could not keep, so far.
    [[nodiscard]] std::uint64_t dropped();
    [[nodiscard]] int descriptor() const { return socket_.get(); }

private:
    explicit SegmentWatch(UniqueFd socket) : socket_(std::move(socket)) {}

    void keep_icmp_error(const wire::IpPacket& packet, bool outgoing);

    UniqueFd socket_;
    std::vector<SeenIcmpError> icmp_errors_;
    std::uint64_t dropped_ = 0;
};

}  // namespace tcpdx::probe
