#include "diagnosis/reach/server_facts.h"

#include <algorithm>

#include "base/i18n.h"

namespace tcpdx::diagnosis::reach {
namespace {

Value number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

class Reader {
public:
    Reader(const PortWatch& watch, std::optional<IpAddress> server)
        : watch_(watch), server_(server), v6_(watch.peer.family == IpFamily::V6) {}

    Facts read() {
        facts_.set(Feature::ServerLooked, ServerLooked::Yes);
        arrivals();
        listeners();
        drops();
        counters();
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
        if (packets.syn_acks_sent > 0) {
            facts_.set(Feature::ServerSent, ServerSent::SynAck);
            tell({N_("the server sent {0} SYN+ACKs"), {number(packets.syn_acks_sent)}},
                 Origin::Packet);
        } else if (packets.resets_sent > 0) {
            facts_.set(Feature::ServerSent, ServerSent::Reset);
            tell({N_("the server sent {0} RSTs"), {number(packets.resets_sent)}}, Origin::Packet);
        } else if (packets.lost == 0) {
            facts_.set(Feature::ServerSent, ServerSent::Nothing);
            tell({N_("the server sent no answer")}, Origin::Packet);
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
        resets();
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
        for (const PeerConnection& connection : watch_.connections) {
            if (connection.state == TcpState::SynReceived ||
                connection.state == TcpState::TimeWait) {
                continue;
            }
            Request how = Request::Read;
            if (connection.never_accepted) {
                how = Request::NotAccepted;
            } else if (connection.bytes_received && *connection.bytes_received == 0) {
                how = Request::NotReceived;
            } else if (connection.unread_bytes > 0) {
                how = Request::Unread;
            }
            least = least ? std::min(*least, how) : how;
        }
        if (!least) {
            return;
        }
        facts_.set(Feature::Request, *least);
        if (*least == Request::NotAccepted) {
            tell({N_("the server has the connection, and no program has accepted it")},
                 Origin::SocketTable, "ss -tnp sport = :" + port_text());
        } else if (*least == Request::Unread) {
            tell({N_("the server has the request, and its program has not read it")},
                 Origin::SocketTable, "ss -tnp sport = :" + port_text());
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
