#include "app/peer_watcher.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/i18n.h"
#include "sources/probe/kernel_address.h"
#include "sources/procfs/kernel_counters.h"
#include "sources/procfs/process_reader.h"
#include "sources/procfs/socket_holders.h"
#include "sources/sockdiag/tcp_dump.h"

namespace tcpdx::app {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostSynPorts = 1000;

sockdiag::EndCondition at_port(std::uint16_t port) {
    return {.end = sockdiag::EndCondition::End::Local, .lowest_port = port, .highest_port = port};
}

void remember_syn(PeerPackets& packets, const ArrivedSyn& syn) {
    const bool known = std::any_of(
        packets.first_syns.begin(), packets.first_syns.end(), [&](const ArrivedSyn& each) {
            return each.source_port == syn.source_port && each.port == syn.port;
        });
    if (!known && packets.first_syns.size() < kMostSynPorts) {
        packets.first_syns.push_back(syn);
    }
}

}  // namespace

PeerWatcher::PeerWatcher(std::uint16_t port, const IpAddress& peer) {
    watch_.port = port;
    watch_.peer = peer;
}

Result<> PeerWatcher::start() {
    if (auto capture = probe::SegmentWatch::open(watch_.peer)) {
        capture_.emplace(std::move(*capture));
        watch_.packets.emplace();
    } else {
        watch_.unseen.push_back({{N_("the packets themselves, and so whether SYNs arrive.")},
                                 {N_("Run as root, or with CAP_NET_RAW.")}});
    }
    before_ = TRY(procfs::read_counters());
    watch_.addresses = probe::own_addresses();
    watch_.started = std::chrono::system_clock::now();
    return look_at_sockets();
}

Result<> PeerWatcher::look() {
    if (capture_) {
        count_packets();
    }
    return look_at_sockets();
}

Result<PortWatch> PeerWatcher::finish() {
    watch_.ended = std::chrono::system_clock::now();
    if (capture_) {
        count_packets();
        watch_.packets->lost = capture_->dropped();
    }
    const Counters after = TRY(procfs::read_counters());
    for (const auto& [name, value] : after.all()) {
        const auto earlier = before_.value(name);
        if (earlier && value >= *earlier) {
            watch_.counter_increases.set(name, value - *earlier);
        }
    }
    forget_passing_ones();
    name_listeners();
    return std::move(watch_);
}

void PeerWatcher::count_packets() {
    PeerPackets& packets = *watch_.packets;
    for (const probe::SeenSegment& segment : capture_->take()) {
        const SocketAddress& ours = segment.outgoing ? segment.source : segment.destination;
        const SocketAddress& theirs = segment.outgoing ? segment.destination : segment.source;
        if (!theirs.address.same_host(watch_.peer)) {
            continue;  // over loopback, the other direction
        }
        if (!segment.outgoing && segment.flags.syn && !segment.flags.ack) {
            remember_syn(packets, {ours.port, theirs.port, segment.time});
        }
        if (ours.port != watch_.port) {
            // Over loopback the port's own answers come in as well. Bare FINs are probes that
            // address translation leaves as they are, where it would not leave a connection so.
            const bool counts = !segment.outgoing && theirs.port != watch_.port &&
                                (!segment.flags.fin || segment.flags.ack);
            packets.other_ports += counts ? 1U : 0U;
        } else if (segment.outgoing) {
            if (segment.flags.syn && segment.flags.ack) {
                ++packets.syn_acks_sent;
                if (taken_ports_.size() < kMostSynPorts) {
                    taken_ports_.insert(theirs.port);
                }
            }
            if (segment.flags.rst) {
                // In answer to a SYN, or of a connection that was taken before.
                const bool taken = taken_ports_.contains(theirs.port);
                ++(answers_syn(segment) && !taken ? packets.resets_sent : packets.resets_later);
            }
        } else if (segment.flags.syn && !segment.flags.ack) {
            ++packets.syns;
            if (syn_sequences_.size() < kMostSynPorts) {
                syn_sequences_.insert(segment.sequence);
            }
        } else if (segment.flags.fin && !segment.flags.ack) {
            ++packets.bare_fins;
        } else if (segment.payload_bytes > 0) {
            ++packets.data_segments;
        }
    }
    count_icmp_errors();
}

void PeerWatcher::count_icmp_errors() {
    for (const probe::SeenIcmpError& seen : capture_->take_icmp_errors()) {
        const bool of_ours = seen.outgoing && seen.destination.same_host(watch_.peer) &&
                             seen.error.source.address.same_host(watch_.peer) &&
                             seen.error.destination.port == watch_.port;
        if (!of_ours) {
            continue;
        }
        auto& kinds = watch_.packets->icmp_errors;
        const auto known =
            std::find_if(kinds.begin(), kinds.end(), [&](const SentIcmpErrors& each) {
                return each.type == seen.error.type && each.code == seen.error.code;
            });
        if (known != kinds.end()) {
            ++known->count;
        } else {
            kinds.push_back({seen.error.type, seen.error.code, 1});
        }
    }
}

// Other probes are answered with RST too, but only a SYN's answer acknowledges the SYN.
bool PeerWatcher::answers_syn(const probe::SeenSegment& segment) const {
    return segment.flags.ack && syn_sequences_.contains(segment.acknowledgment - 1);
}

void PeerWatcher::note_listener(const Connection& connection) {
    // Siblings that share the port (SO_REUSEPORT) have the same address.
    const std::uint32_t inode = connection.inode.value_or(0);
    std::size_t index = 0;
    while (index < watch_.listeners.size() &&
           (watch_.listeners[index].local != connection.local || inodes_[index] != inode)) {
        ++index;
    }
    if (index == watch_.listeners.size()) {
        watch_.listeners.push_back({.local = connection.local});
        first_drops_.push_back(first_look_ ? connection.drops : std::optional<std::uint32_t>(0));
        inodes_.push_back(inode);
        waiting_since_.emplace_back();
    }
    WatchedListener& known = watch_.listeners[index];
    known.last_queue = connection.accept_queue;
    if (connection.accept_queue) {
        known.deepest_queue = std::max(known.deepest_queue.value_or(0), *connection.accept_queue);
    }
    if (connection.accept_queue.value_or(0) == 0) {
        waiting_since_[index].reset();
        known.waiting = milliseconds(0);
    } else {
        const auto now = Clock::now();
        const auto since = waiting_since_[index].value_or(now);
        waiting_since_[index] = since;
        known.waiting = std::chrono::duration_cast<milliseconds>(now - since);
    }
    known.backlog_limit = connection.backlog_limit;
    if (connection.drops && first_drops_[index] && *connection.drops >= *first_drops_[index]) {
        known.new_drops = *connection.drops - *first_drops_[index];
    }
}

void PeerWatcher::note_connection(const Connection& connection) {
    // A socket that is closing has lost its process and its data; what it was before counts.
    if (connection.state != TcpState::SynReceived && connection.state != TcpState::Established &&
        connection.state != TcpState::CloseWait) {
        return;
    }
    std::size_t index = 0;
    while (index < watch_.connections.size() &&
           watch_.connections[index].remote != connection.remote) {
        ++index;
    }
    const auto now = Clock::now();
    if (index == watch_.connections.size()) {
        watch_.connections.push_back({.remote = connection.remote});
        half_open_looks_.push_back(0);
        unchanged_since_.push_back(now);
    }
    PeerConnection& known = watch_.connections[index];
    const PeerConnection before = known;
    if (connection.state == TcpState::SynReceived) {
        ++half_open_looks_[index];
    }
    known.state = connection.state;
    known.never_accepted = connection.kind == SocketKind::Full && connection.inode == 0U &&
                           connection.state != TcpState::SynReceived;
    // The peer's FIN counts as a byte, also while it waits to be read.
    const std::uint32_t fin = connection.state == TcpState::CloseWait ? 1U : 0U;
    known.unread_bytes = connection.receive_queue.value_or(0);
    known.unread_bytes -= std::min(known.unread_bytes, fin);
    known.unacknowledged_bytes = connection.send_queue.value_or(0);
    if (connection.tcp) {
        known.bytes_received = connection.tcp->bytes_received -
                               std::min<std::uint64_t>(connection.tcp->bytes_received, fin);
        known.bytes_answered = connection.tcp->bytes_acked;
    }
    if (connection.timer) {
        known.retransmits = connection.timer->retransmits;
    }
    const bool changed = known.never_accepted != before.never_accepted ||
                         known.unread_bytes != before.unread_bytes ||
                         known.bytes_received != before.bytes_received ||
                         known.bytes_answered != before.bytes_answered;
    if (changed) {
        unchanged_since_[index] = now;
    }
    known.unchanged = std::chrono::duration_cast<milliseconds>(now - unchanged_since_[index]);
}

Result<> PeerWatcher::look_at_sockets() {
    const sockdiag::DumpRequest request{
        .conditions = {at_port(watch_.port)}, .tcp_info = true, .memory = true};
    TRY(sockdiag::dump_tcp(request, [&](Connection& connection) {
        if (connection.is_listener()) {
            note_listener(connection);
        } else if (connection.remote.address.same_host(watch_.peer)) {
            note_connection(connection);
        }
    }));
    first_look_ = false;
    return {};
}

// Every connection is half-open for a round trip. One that was seen so only once, and then no
// more, need not have stayed so.
void PeerWatcher::forget_passing_ones() {
    std::vector<PeerConnection> kept;
    for (std::size_t i = 0; i < watch_.connections.size(); ++i) {
        if (watch_.connections[i].state != TcpState::SynReceived || half_open_looks_[i] > 1) {
            kept.push_back(watch_.connections[i]);
        }
    }
    watch_.connections = std::move(kept);
}

void PeerWatcher::name_listeners() {
    const auto holders = procfs::find_socket_holders({.dead_sockets = false});
    if (!holders) {
        return;
    }
    for (std::size_t i = 0; i < watch_.listeners.size(); ++i) {
        if (const Owner* owner = holders->find(inodes_[i])) {
            Process process = holders->processes()[owner->process];
            if (const auto reader = procfs::ProcessReader::open()) {
                reader->fill(process);
            }
            watch_.listeners[i].process = fmt::format("{} (pid {})", process.name, process.pid);
        }
    }
}

}  // namespace tcpdx::app
