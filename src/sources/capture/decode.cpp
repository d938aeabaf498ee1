#include "sources/capture/decode.h"

namespace tcpdx::capture {

Decoded decode(const PacketRecord& record, Packet& packet) {
    using layers::Kind;
    // Deeper than any overlay that is in use; loops through GRE in GRE in GRE end here.
    constexpr int kMostLayers = 24;

    layers::Walk walk{.rest = wire::ByteCursor(record.bytes),
                      .missing = record.wire_bytes - record.bytes.size()};
    packet.segment.network = 0;
    packet.segment.passage = record.passage;
    layers::start_link(record, walk, packet);
    for (int layer = 0; walk.kind != Kind::Done; ++layer) {
        if (layer == kMostLayers) {
            return Decoded::TooDeep;
        }
        switch (walk.kind) {
            case Kind::Ethernet:
                layers::step_ethernet(walk);
                break;
            case Kind::EtherType:
                layers::step_ether_type(walk);
                break;
            case Kind::Llc:
                layers::step_llc(walk);
                break;
            case Kind::Ppp:
                layers::step_ppp(walk);
                break;
            case Kind::Ip:
                layers::step_ip(walk, packet);
                break;
            case Kind::IpProtocol:
                layers::step_ip_protocol(walk, packet);
                break;
            case Kind::Done:
                break;
        }
    }
    return walk.answer;
}

}  // namespace tcpdx::capture
