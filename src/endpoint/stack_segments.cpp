// Datagrams in and out of the stack.

#include <algorithm>

#include "endpoint/host_address.h"
#include "endpoint/reset.h"
#include "endpoint/stack.h"
#include "wire/checksum.h"
#include "wire/sequence.h"

namespace tcpdx::endpoint {
namespace {

// Answers that no connection keeps: a flood must not fill the memory with them.
constexpr std::size_t kMaxReplies = 256;

}  // namespace

void TcpStack::receive(std::span<const std::byte> bytes, Time now, Checksum checksum) {
    ++counters_.datagrams_in;
    const auto datagram = wire::parse_ip_datagram(bytes);
    if (!datagram) {
        ++counters_.malformed;
        return;
    }
    const wire::IpHeader& header = datagram->header;
    if (header.protocol == wire::kProtocolTcp) {
        segment_arrives(header, datagram->payload, now, checksum);
    } else if (header.protocol == wire::kProtocolIcmp || header.protocol == wire::kProtocolIcmpV6) {
        icmp_arrives(header, datagram->payload, now);
    }
}

void TcpStack::segment_arrives(const wire::IpHeader& header, std::span<const std::byte> bytes,
                               Time now, Checksum checksum) {
    const auto segment = wire::parse_tcp(bytes);
    if (!segment) {
        ++counters_.malformed;
        return;
    }
    if (checksum == Checksum::ToVerify &&
        wire::tcp_checksum(header.source, header.destination, bytes) != 0) {
        ++counters_.bad_checksums;
        return;
    }
    if (!may_be_host(header.source) || !may_be_host(header.destination)) {
        ++counters_.invalid_addresses;
        return;
    }
    const FourTuple tuple{
        .local = {.address = header.destination, .port = segment->destination_port},
        .remote = {.address = header.source, .port = segment->source_port}};
    if (const auto found = by_tuple_.find(tuple); found != by_tuple_.end()) {
        segment_for_connection(found->second, *segment, header.ecn(), now);
    } else if (!segment_for_time_wait(tuple, *segment, header.ecn(), now)) {
        segment_without_connection(tuple, *segment, header.ecn(), now);
    }
}

void TcpStack::segment_for_connection(std::uint32_t index, const wire::TcpSegment& segment,
                                      wire::Ecn ecn, Time now) {
    Slot& owner = *slots_[index];
    Connection& connection = *owner.connection;
    const TcpState before = connection.state();
    if (before == TcpState::Closed || before == TcpState::Listen) {
        // It has ended, and only its last segments wait to be sent.
        const FourTuple tuple = connection.tuple();
        by_tuple_.erase(tuple);
        owner.in_table = false;
        segment_without_connection(tuple, segment, ecn, now);
        return;
    }
    if (before == TcpState::SynReceived && owner.waits_for && segment.flags.ack &&
        !segment.flags.rst && !segment.flags.syn) {
        // Linux does the same: the SYN+ACK will come again, and with it this acknowledgment.
        const Listener* from = listener(*owner.waits_for);
        if (from != nullptr && queue_is_full(*from)) {
            ++counters_.listen_overflows;
            return;
        }
    }
    if (before == TcpState::TimeWait && segment.flags.syn && !segment.flags.ack) {
        TimeWait block = connection.time_wait();
        const FourTuple tuple = connection.tuple();
        const auto from = find_listener(tuple.local);
        if (from &&
            segment_in_time_wait(block, segment, settings_, now) == TimeWaitVerdict::Reopen) {
            const std::uint32_t last = block.snd_nxt;
            by_tuple_.erase(tuple);
            owner.in_table = false;
            connection.abort(now);
            changed(index, before);
            accept_syn(*from, tuple, segment, ecn, now, last);
            return;
        }
    }
    connection.receive(segment, ecn, now);
    changed(index, before);
}

bool TcpStack::segment_for_time_wait(const FourTuple& tuple, const wire::TcpSegment& segment,
                                     wire::Ecn ecn, Time now) {
    TimeWaitTable::Entry* entry = time_waits_.find(tuple);
    if (entry == nullptr) {
        return false;
    }
    const Time expires = entry->block.expires;
    auto verdict = segment_in_time_wait(entry->block, segment, settings_, now);
    if (entry->block.expires != expires) {
        time_waits_.restarted(tuple);
    }
    if (verdict == TimeWaitVerdict::Reopen) {
        if (const auto from = find_listener(tuple.local)) {
            const std::uint32_t last = entry->block.snd_nxt;
            time_waits_.remove(tuple);
            accept_syn(*from, tuple, segment, ecn, now, last);
            return true;
        }
        verdict = TimeWaitVerdict::Acknowledge;  // nobody listens, so nothing can be opened
    }
    if (verdict == TimeWaitVerdict::Acknowledge) {
        reply(tuple, acknowledgment_from_time_wait(entry->block, now));
    } else if (verdict == TimeWaitVerdict::Delete) {
        time_waits_.remove(tuple);
    }
    return true;
}

// RFC 9293, 3.10.7.1 and 3.10.7.2.
void TcpStack::segment_without_connection(const FourTuple& tuple, const wire::TcpSegment& segment,
                                          wire::Ecn ecn, Time now) {
    const wire::TcpFlags& flags = segment.flags;
    const auto from = find_listener(tuple.local);
    if (!from || (flags.ack && !flags.rst)) {
        if (const auto reset = reset_for(segment)) {
            ++counters_.resets_sent;
            reply(tuple, *reset);
        }
        return;
    }
    if (flags.syn && !flags.rst && !(flags.fin && settings_.drop_synfin)) {
        accept_syn(*from, tuple, segment, ecn, now);
    }
}

bool TcpStack::queue_is_full(const Listener& from) const {
    return from.accept_queue.size() > from.backlog;
}

void TcpStack::accept_syn(Handle from, const FourTuple& tuple, const wire::TcpSegment& syn,
                          wire::Ecn ecn, Time now, std::optional<std::uint32_t> after_sequence) {
    constexpr std::size_t kMinHalfOpen = 16;
    Listener& parent = *listener(from);
    if (queue_is_full(parent) ||
        parent.half_open >= std::max<std::size_t>(kMinHalfOpen, 2 * parent.backlog)) {
        ++counters_.listen_overflows;
        return;
    }
    std::optional<std::uint32_t> iss;
    if (after_sequence) {
        // RFC 9293, MAY-2: beyond what the old connection has used. The distance is Linux'.
        iss = initial_sequence(settings_.secret, tuple, now);
        if (settings_.linux_arrivals || !wire::after(*iss, *after_sequence + 65536)) {
            iss = *after_sequence + 65537;
        }
    }
    const Handle id = add_connection(tuple, parent.options);
    Slot& child = *slots_[id.index];
    child.waits_for = from;
    ++parent.half_open;
    child.connection->open_passively(syn, ecn, now, iss);
    changed(id.index, TcpState::Listen);
}

void TcpStack::reply(const FourTuple& tuple, const wire::TcpSegment& segment) {
    if (replies_.size() >= kMaxReplies) {
        ++counters_.replies_dropped;
        return;
    }
    replies_.push_back({.tuple = tuple, .segment = segment});
    replies_.back().segment.payload = {};
    replies_.back().segment.source_port = tuple.local.port;
    replies_.back().segment.destination_port = tuple.remote.port;
}

std::size_t TcpStack::poll_output(Time now, std::span<std::byte> out) {
    if (!replies_.empty()) {
        const Reply next = replies_.front();
        replies_.pop_front();
        return write(next.tuple, next.segment,
                     {.hop_limit = settings_.hop_limit, .traffic_class = settings_.traffic_class},
                     out);
    }
    payload_room_.resize(settings_.mtu);
    while (first_ready_ != kNone) {
        const std::uint32_t index = first_ready_;
        Slot& ready = *slots_[index];
        if (ready.connection) {
            if (const auto output = ready.connection->poll_output(now, payload_room_)) {
                file_deadline(index);
                return write(ready.connection->tuple(), output->segment,
                             {.hop_limit = ready.hop_limit,
                              .traffic_class = ready.traffic_class,
                              .ecn = output->ecn},
                             out);
            }
            file_deadline(index);
            retire_if_over(index);
        }
        first_ready_ = ready.next_ready;
        last_ready_ = first_ready_ == kNone ? kNone : last_ready_;
        ready.in_ready_list = false;
        if (!ready.connection) {
            free_slots_.push_back(index);
        }
    }
    return 0;
}

std::size_t TcpStack::write(const FourTuple& tuple, const wire::TcpSegment& segment,
                            const Marking& marking, std::span<std::byte> out) {
    const std::size_t header_bytes = wire::ip_header_bytes(tuple.local.address.family);
    if (out.size() < header_bytes) {
        return 0;
    }
    const std::size_t size =
        wire::write_tcp(segment, out.subspan(header_bytes), settings_.option_layout);
    const auto tcp = out.subspan(header_bytes, size);
    const std::uint16_t checksum =
        wire::tcp_checksum(tuple.local.address, tuple.remote.address, tcp);
    tcp[16] = static_cast<std::byte>(checksum >> 8);
    tcp[17] = static_cast<std::byte>(checksum);
    wire::write_ip_header(
        {.source = tuple.local.address,
         .destination = tuple.remote.address,
         .protocol = wire::kProtocolTcp,
         .hop_limit = marking.hop_limit,
         .traffic_class = static_cast<std::uint8_t>((marking.traffic_class & 0xfcU) |
                                                    static_cast<unsigned>(marking.ecn))},
        size, out);
    ++counters_.datagrams_out;
    return header_bytes + size;
}

}  // namespace tcpdx::endpoint
