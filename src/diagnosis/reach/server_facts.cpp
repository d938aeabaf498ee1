#include "diagnosis/reach/server_facts.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/reach/icmp_says.h"

namespace tcpdx::diagnosis::reach {
namespace {

Value number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

// Longer than a program that is merely busy leaves a connection or a request alone.
constexpr std::chrono::milliseconds kStands(1000);

class Reader {
public:
    Reader(const PortWatch& watch, std::optional<IpAddress> server)
        : watch_(watch), server_(server), v6_(watch.peer.family == IpFamily::V6) {}

    Facts read() {
        facts_.set(Feature::ServerLooked, ServerLooked::Yes);
        arrivals();
        listeners();
        siblings();
        drops();
        counters();
        icmp_errors();
        half_open();
        request();
        return std::move(facts_);
    }

private:
    void tell(Message fact, Origin origin, std::string check = {}) {
        facts_.add_evidence({std::move(fact), origin, std::move(check)});
    }

    [[nodiscard]] std::string port_text() const { return std::to_string(watch_.port); }

    void arrivals() {
        if (!watch_.packets) {
            if (!watch_.connections.empty()) {
                facts_.set(Feature::SynArrived, SynArrived::Yes);
                tell({N_("the server has connections from {0} to port {1}"),
                      {watch_.peer, Port{watch_.port}}},
                     Origin::SocketTable, "ss -tan sport = :" + port_text());
            }
            return;
        }
        const PeerPackets& packets = *watch_.packets;
        const bool arrived = packets.syns > 0;
        // A capture that lost packets has not seen that none came.
        if (arrived || packets.lost == 0) {
            facts_.set(Feature::SynArrived, arrived ? SynArrived::Yes : SynArrived::No);
        }
        tell(arrived ? Message{N_("{0} SYNs from {1} to port {2} arrived at the server"),
                               {number(packets.syns), watch_.peer, Port{watch_.port}}}
                     : Message{N_("no SYN from {0} to port {1} arrived at the server"),
                               {watch_.peer, Port{watch_.port}}},
             Origin::Packet);
        if (packets.other_ports > 0) {
            facts_.set(Feature::OtherPortsReached, OtherPortsReached::Yes);
            tell({N_("{0} segments from {1} to other ports arrived at the server"),
                  {number(packets.other_ports), watch_.peer}},
                 Origin::Packet);
        } else if (packets.lost == 0) {
            facts_.set(Feature::OtherPortsReached, OtherPortsReached::No);
        }
        if (!arrived) {
            return;
        }
        if (packets.data_segments > 0 || packets.lost == 0) {
            facts_.set(Feature::PeerData, packets.data_segments > 0 ? PeerData::Yes : PeerData::No);
        }
        if (packets.syn_acks_sent > 0) {
            facts_.set(Feature::ServerSent, ServerSent::SynAck);
            tell({N_("the server sent {0} SYN+ACKs"), {number(packets.syn_acks_sent)}},
                 Origin::Packet);
        } else if (packets.resets_sent > 0) {
            facts_.set(Feature::ServerSent, ServerSent::Reset);
            tell({N_("the server sent {0} RSTs"), {number(packets.resets_sent)}}, Origin::Packet);
        } else if (packets.lost == 0) {
            facts_.set(Feature::ServerSent, ServerSent::Nothing);
            tell({N_("the server sent neither SYN+ACK nor RST")}, Origin::Packet);
        }
    }

    [[nodiscard]] bool serves(const IpAddress& listening) const {
        if (listening.is_any()) {
            // 0.0.0.0 takes no IPv6; :: takes IPv4 too, unless the program forbade it.
            return !v6_ || listening.family == IpFamily::V6;
        }
        if (server_) {
            return listening.same_host(*server_);
        }
        return !listening.is_loopback();
    }

    void listeners() {
        Listener best = Listener::None;
        for (const WatchedListener& listener : watch_.listeners) {
            const bool here = serves(listener.local.address);
            if (here) {
                best = Listener::Here;
            } else if (best == Listener::None) {
                best = Listener::OtherAddress;
            }
            Message fact{N_("a program listens on {0}"), {listener.local}};
            if (!listener.process.empty()) {
                fact = {N_("{1} listens on {0}"), {listener.local, listener.process}};
            }
            tell(std::move(fact), Origin::SocketTable, "ss -ltnp sport = :" + port_text());
            if (here && listener.deepest_queue && listener.backlog_limit) {
                // The queue holds one more than its limit.
                const bool full = *listener.deepest_queue > *listener.backlog_limit;
                facts_.set(Feature::AcceptQueue, full ? AcceptQueue::Full : AcceptQueue::HasRoom);
                tell({N_("its accept queue held up to {0}, of {1}"),
                      {number(*listener.deepest_queue), number(*listener.backlog_limit)}},
                     Origin::SocketTable, "ss -ltn sport = :" + port_text());
            }
        }
        facts_.set(Feature::Listener, best);
        if (best == Listener::None) {
            tell({N_("nothing listens on port {0} of the server"), {Port{watch_.port}}},
                 Origin::SocketTable, "ss -ltn sport = :" + port_text());
        }
    }

    // Programs that share the port (SO_REUSEPORT): the kernel deals connections out by their
    // addresses, also to the one that takes none.
    void siblings() {
        std::size_t most = 1;
        bool one_is_stuck = false;
        for (const WatchedListener& one : watch_.listeners) {
            const auto is_sibling = [&](const WatchedListener& other) {
                return other.local == one.local;
            };
            const auto all =
                std::count_if(watch_.listeners.begin(), watch_.listeners.end(), is_sibling);
            const bool another_is_idle =
                std::any_of(watch_.listeners.begin(), watch_.listeners.end(),
                            [&](const WatchedListener& other) {
                                return is_sibling(other) && other.last_queue == 0U;
                            });
            most = std::max(most, static_cast<std::size_t>(all));
            if (all > 1 && another_is_idle && one.waiting >= kStands && !one_is_stuck) {
                one_is_stuck = true;
                tell({N_("{0} listeners share {1}; in the accept queue of one of them connections "
                         "have waited for {2}, in that of another none"),
                      {number(static_cast<std::uint64_t>(all)), one.local, one.waiting}},
                     Origin::SocketTable, "ss -ltnp sport = :" + port_text());
            }
        }
        if (one_is_stuck || most == 1) {
            facts_.set(Feature::Siblings, one_is_stuck ? Siblings::OneStuck : Siblings::Even);
        }
    }

    [[nodiscard]] std::optional<std::uint64_t> rise(const char* name) const {
        return watch_.counter_increases.value(name);
    }

    void tell_counter(const char* name, std::uint64_t by) {
        tell({N_("{0} rose by {1} on the server"), {std::string(name), number(by)}},
             Origin::Counter, std::string("nstat -az ") + name);
    }

    // The listener's own count knows of no other port's drops, but it also counts discarded FINs,
    // as a probe sends them; the host's count of dropped SYNs does not. What one of them lacks has
    // not been.
    void drops() {
        std::optional<std::uint64_t> own;
        for (const WatchedListener& listener : watch_.listeners) {
            if (listener.new_drops) {
                own = own.value_or(0) + *listener.new_drops;
            }
        }
        if (own && watch_.packets) {
            *own -= std::min(*own, watch_.packets->bare_fins);
        }
        const auto all = rise("TcpExtListenDrops");
        const auto overflows = rise("TcpExtListenOverflows");
        const auto drops = own && all ? std::min(own, all) : (own ? own : all);
        if (drops) {
            facts_.set(Feature::ListenDrops, *drops > 0 ? Growth::Rises : Growth::Flat);
            if (*drops > 0) {
                tell({N_("the listener dropped {0} SYNs"), {number(*drops)}}, Origin::SocketTable,
                     "ss -ltnm sport = :" + port_text());
            }
        }
        if (!overflows) {
            return;
        }
        if (*overflows == 0 || drops == 0U) {
            facts_.set(Feature::ListenOverflows, Growth::Flat);
        } else {
            facts_.set(Feature::ListenOverflows, Growth::Rises);
            tell_counter("TcpExtListenOverflows", *overflows);
        }
    }

    // A counter of the whole host that rises once for each of the peer's SYNs.
    void per_syn(Feature feature, const char* name) {
        const auto by = rise(name);
        if (!by) {
            return;
        }
        if (*by == 0) {
            facts_.set(feature, Growth::Flat);
            return;
        }
        const std::uint64_t syns = watch_.packets ? watch_.packets->syns : 0;
        // Less than the SYNs: something else on the host made it, or only a part; not known.
        if (syns > 0 && *by >= syns) {
            facts_.set(feature, Growth::Rises);
            tell_counter(name, *by);
        }
    }

    // Of its own packets a host knows what they say, where the counters only know the type.
    void icmp_errors() {
        if (!watch_.packets || watch_.packets->icmp_errors.empty()) {
            return;
        }
        const IpFamily family = v6_ ? IpFamily::V6 : IpFamily::V4;
        std::optional<IcmpSays> says;
        bool one_kind = true;
        for (const SentIcmpErrors& each : watch_.packets->icmp_errors) {
            const IcmpSays this_says = icmp_says(meaning_of_icmp(family, each.type, each.code));
            one_kind = one_kind && says.value_or(this_says) == this_says;
            says = this_says;
            tell(
                {N_("the server answered with {0} ICMP errors {1}"),
                 {number(each.count), std::to_string(each.type) + "/" + std::to_string(each.code)}},
                Origin::Packet);
        }
        facts_.set(Feature::IcmpErrorsSent, Growth::Rises);
        if (one_kind) {
            facts_.set(Feature::IcmpErrorSays, *says);
        }
    }

    void counters() {
        per_syn(Feature::NoRoutes, v6_ ? "Ip6OutNoRoutes" : "IpOutNoRoutes");
        per_syn(Feature::Md5NotFound, "TcpExtTCPMD5NotFound");
        per_syn(Feature::ReversePathFilter, "TcpExtIPReversePathFilter");
        per_syn(Feature::PawsTimeWait, "TcpExtPAWSTimewait");
        per_syn(Feature::IcmpErrorsSent, v6_ ? "Icmp6OutDestUnreachs" : "IcmpOutDestUnreachs");
        if (const auto by = rise("TcpExtTCPDeferAcceptDrop")) {
            facts_.set(Feature::DeferAcceptDrops, *by > 0 ? Growth::Rises : Growth::Flat);
            if (*by > 0) {
                tell_counter("TcpExtTCPDeferAcceptDrop", *by);
            }
        }
        if (const auto by = rise("TcpExtTCPToZeroWindowAdv")) {
            facts_.set(Feature::ZeroWindow, *by > 0 ? Growth::Rises : Growth::Flat);
        }
        gap();
        cookies();
        aborts();
        resets();
    }

    // What the host received and handed neither to TCP nor on: a packet filter or the reverse path
    // filter has it. Other packets can be among them, so it supports a cause, and decides none.
    void gap() {
        const auto received = rise(v6_ ? "Ip6InReceives" : "IpInReceives");
        const auto delivered = rise(v6_ ? "Ip6InDelivers" : "IpInDelivers");
        const auto forwarded = rise(v6_ ? "Ip6OutForwDatagrams" : "IpForwDatagrams");
        if (!received || !delivered || !watch_.packets || watch_.packets->syns == 0) {
            return;
        }
        const std::uint64_t kept = *delivered + forwarded.value_or(0);
        if (*received >= kept + watch_.packets->syns) {
            tell({N_("{0} packets were received and reached neither TCP nor another program"),
                  {number(*received - kept)}},
                 Origin::Counter,
                 v6_ ? "nstat -az Ip6InReceives Ip6InDelivers"
                     : "nstat -az IpInReceives IpInDelivers");
        }
    }

    void cookies() {
        const auto sent = rise("TcpExtSyncookiesSent");
        const auto received = rise("TcpExtSyncookiesRecv");
        const auto embryonic = rise("TcpExtEmbryonicRsts");
        if (sent) {
            // One's own SYNs are no flood.
            const std::uint64_t own = watch_.packets ? watch_.packets->syns : 0;
            facts_.set(Feature::CookiesSent, *sent > own ? Growth::Rises : Growth::Flat);
            if (*sent > own) {
                tell_counter("TcpExtSyncookiesSent", *sent);
            }
        }
        if (received) {
            facts_.set(Feature::CookiesReceived, *received > 0 ? Growth::Rises : Growth::Flat);
            if (*received > 0) {
                tell_counter("TcpExtSyncookiesRecv", *received);
            }
        }
        if (embryonic) {
            facts_.set(Feature::EmbryonicResets, *embryonic > 0 ? Growth::Rises : Growth::Flat);
            if (*embryonic > 0) {
                tell_counter("TcpExtEmbryonicRsts", *embryonic);
            }
        }
    }

    // A program that closes with data unread, or with SO_LINGER of 0, and the RST that comes of it.
    void aborts() {
        const auto unread = rise("TcpExtTCPAbortOnClose");
        const auto lingering = rise("TcpExtTCPAbortOnData");
        if (!unread || !lingering || !watch_.packets) {
            return;
        }
        const bool aborted = *unread + *lingering > 0 && watch_.packets->resets_later > 0;
        facts_.set(Feature::Aborts, aborted ? Growth::Rises : Growth::Flat);
        if (aborted) {
            tell_counter(*unread > 0 ? "TcpExtTCPAbortOnClose" : "TcpExtTCPAbortOnData",
                         std::max(*unread, *lingering));
            tell({N_("the server reset {0} connections that it had taken"),
                  {number(watch_.packets->resets_later)}},
                 Origin::Packet);
        }
    }

    // An RST of a packet filter leaves the host and moves no counter of TCP.
    void resets() {
        const auto by = rise("TcpOutRsts");
        if (!by || !watch_.packets || watch_.packets->resets_sent == 0) {
            return;
        }
        const bool of_tcp = *by >= watch_.packets->resets_sent;
        facts_.set(Feature::ResetsSent, of_tcp ? Growth::Rises : Growth::Flat);
        tell(of_tcp ? Message{N_("TcpOutRsts rose by {0} on the server: its TCP sent them"),
                              {number(*by)}}
                    : Message{N_("TcpOutRsts rose by {0} only: a packet filter sent the RSTs"),
                              {number(*by)}},
             Origin::Counter, "nstat -az TcpOutRsts");
    }

    void half_open() {
        HalfOpen found = HalfOpen::None;
        std::uint8_t most = 0;
        for (const PeerConnection& connection : watch_.connections) {
            if (connection.state == TcpState::SynReceived) {
                most = std::max(most, connection.retransmits);
                found = most > 0 ? HalfOpen::Retransmitted : HalfOpen::Plain;
            }
        }
        facts_.set(Feature::HalfOpen, found);
        if (found != HalfOpen::None) {
            tell({N_("the server has the connection in SYN-RECEIVED, its SYN+ACK retransmitted {0} "
                     "times"),
                  {number(most)}},
                 Origin::SocketTable, "ss -tno state syn-recv sport = :" + port_text());
        }
    }

    // What became of data on the connections; of several, the one that went least far.
    void request() {
        if (watch_.packets && watch_.packets->syns > 0 && watch_.connections.empty()) {
            facts_.set(Feature::Request, Request::NoConnection);
            return;
        }
        std::optional<Request> least;
        bool stands = false;
        const PeerConnection* which = nullptr;
        for (const PeerConnection& connection : watch_.connections) {
            if (connection.state == TcpState::SynReceived ||
                connection.state == TcpState::TimeWait) {
                continue;
            }
            const Request how = became_of(connection);
            const bool this_stands = connection.unchanged >= kStands;
            if (!least || how < *least || (how == *least && this_stands && !stands)) {
                least = how;
                stands = this_stands;
                which = &connection;
            }
        }
        if (!least) {
            return;
        }
        facts_.set(Feature::Request, *least);
        facts_.set(Feature::Stands, stands ? Stands::Yes : Stands::No);
        tell_request(*least, *which);
    }

    static Request became_of(const PeerConnection& connection) {
        if (connection.never_accepted) {
            return Request::NotAccepted;
        }
        if (connection.bytes_received && *connection.bytes_received == 0) {
            return Request::NotReceived;
        }
        if (connection.unread_bytes > 0) {
            return Request::Unread;
        }
        if (connection.unacknowledged_bytes > 0 && connection.retransmits > 0) {
            return Request::AnswerStuck;
        }
        return connection.bytes_answered.value_or(0) > 0 ? Request::Answered : Request::Read;
    }

    void tell_request(Request how, const PeerConnection& connection) {
        const std::string check = "ss -tinp sport = :" + port_text();
        switch (how) {
            case Request::NotAccepted:
                tell({N_("the server has the connection, and no program has accepted it for {0}"),
                      {connection.unchanged}},
                     Origin::SocketTable, check);
                return;
            case Request::Unread:
                tell({N_("the server has {0} bytes of the request, and its program has not read "
                         "them for {1}"),
                      {number(connection.unread_bytes), connection.unchanged}},
                     Origin::SocketTable, check);
                return;
            case Request::Read:
                tell({N_("the program has read the request, and sent nothing for {0}"),
                      {connection.unchanged}},
                     Origin::SocketTable, check);
                return;
            case Request::AnswerStuck:
                tell({N_("the server has sent an answer, and {0} bytes of it are not acknowledged "
                         "after {1} retransmissions"),
                      {number(connection.unacknowledged_bytes), number(connection.retransmits)}},
                     Origin::SocketTable, check);
                return;
            case Request::NoConnection:
            case Request::NotReceived:
            case Request::Answered:
                return;
        }
    }

    const PortWatch& watch_;
    std::optional<IpAddress> server_;
    bool v6_;
    Facts facts_;
};

}  // namespace

Facts server_facts(const PortWatch& watch, std::optional<IpAddress> server) {
    return Reader(watch, server).read();
}

}  // namespace tcpdx::diagnosis::reach
