#pragma once

// From a captured packet down to the TCP segment in it, through whatever it is wrapped in. Nothing
// is allocated, nothing recurses, and the number of layers is limited.

#include <cstdint>
#include <span>

#include "sources/capture/packet_reader.h"
#include "sources/capture/segment.h"
#include "wire/byte_cursor.h"

namespace tcpdx::capture {

enum class Decoded : std::uint8_t {
    Tcp,
    Icmp,      // an error that quotes a TCP segment
    Fragment,  // a piece of a TCP segment
    OtherIp,   // no TCP in it
    NotIp,     // ARP and the like
    Cut,       // the capture ends before the TCP ports
    Damaged,   // contradicts its own lengths
    Encrypted,
    TooDeep,  // wrapped more often than anybody does
    UnknownLinkType,
};

// A piece of a TCP segment that IP cut up.
struct Fragment {
    IpAddress source;
    IpAddress destination;
    std::uint32_t id = 0;
    std::uint32_t network = 0;
    std::uint32_t offset = 0;  // in bytes, of the IP payload
    std::uint32_t length = 0;  // as sent
    bool more = false;
    std::uint8_t hop_limit = 0;
    std::span<const std::byte> bytes;  // what was captured of it
};

// What decode() found; only the member that belongs to the answer is meaningful.
struct Packet {
    Segment segment;
    IcmpError icmp;
    Fragment fragment;
};

[[nodiscard]] Decoded decode(const PacketRecord& record, Packet& packet);

// The TCP part of a packet whose IP part has been read into `segment`: `bytes` is what is there of
// `length` bytes.
[[nodiscard]] Decoded decode_tcp(std::span<const std::byte> bytes, std::uint32_t length,
                                 Segment& segment);

// "Ethernet", "Linux cooked v2"; empty for one that cannot be read.
[[nodiscard]] const char* link_type_name(std::uint32_t link_type);

// The rooms behind decode(), each in a file of its own.
namespace layers {

// What comes next in a packet.
enum class Kind : std::uint8_t {
    Ethernet,
    EtherType,  // `number` says which
    Llc,
    Ppp,
    Ip,  // by the version in its first four bits
    IpProtocol,
    Done,
};

struct Walk {
    wire::ByteCursor rest;
    Kind kind = Kind::Done;
    std::uint32_t number = 0;  // EtherType or IP protocol
    Decoded answer = Decoded::NotIp;
    std::uint32_t length = 0;   // IP payload as sent; may be more than is there
    std::uint64_t missing = 0;  // on the wire and not captured
    IpAddress source;
    IpAddress destination;

    void finish(Decoded how) {
        kind = Kind::Done;
        answer = how;
    }
    void next(Kind what, std::uint32_t which = 0) {
        kind = what;
        number = which;
    }
};

void start_link(const PacketRecord& record, Walk& walk, Packet& packet);
void step_ethernet(Walk& walk);
void step_ether_type(Walk& walk);
void step_llc(Walk& walk);
void step_ppp(Walk& walk);
void step_ip(Walk& walk, Packet& packet);
void step_ip_protocol(Walk& walk, Packet& packet);
void step_gre(Walk& walk, Packet& packet);
void step_udp(Walk& walk, Packet& packet);
void step_l2tp3(Walk& walk);
void step_icmp(Walk& walk, Packet& packet, bool v6);

}  // namespace layers

}  // namespace tcpdx::capture
