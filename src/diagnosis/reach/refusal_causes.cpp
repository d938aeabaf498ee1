#include "diagnosis/reach/cause_table.h"

namespace tcpdx::diagnosis::reach {
namespace {

constexpr auto kRefused = list(is(F::Answer, Answer::Reset));
constexpr auto kSameDistance = list(is(F::ReplyDistance, ReplyDistance::AsOtherPorts));
constexpr auto kIcmp = list(is(F::Answer, Answer::Icmp));
constexpr auto kNotSent = list(is(F::Answer, Answer::NotSent));

// --- answers ----------------------------------------------------------------------------------

// What a packet filter or TCP of the server sends shows in its own capture.
constexpr auto kServerSentReset = list(is(F::ServerSent, ServerSent::Reset));
constexpr auto kPortClosed =
    together(kRefused, kSameDistance, kArrived, kServerSentReset,
             list(is(F::Listener, Listener::None), is(F::ResetsSent, Growth::Rises)));
constexpr auto kOtherAddressOnly =
    together(kRefused, kSameDistance, kArrived, kServerSentReset,
             list(is(F::Listener, Listener::OtherAddress), is(F::ResetsSent, Growth::Rises)));
// A listener's TCP never answers a SYN with RST, so there the counter need not say it.
constexpr auto kServerReset = together(kRefused, kSameDistance, kArrived, kServerSentReset,
                                       list(is(F::Listener, Listener::Here)));
constexpr auto kServerResetClosed = together(kRefused, kSameDistance, kArrived, kServerSentReset,
                                             list(is(F::ResetsSent, Growth::Flat)));
constexpr auto kResetsNotCounted = list(is(F::ResetsSent, Growth::Flat));
constexpr auto kMiddleReset =
    together(kRefused, kNeverArrived, list(is(F::ReplyDistance, ReplyDistance::Different)));

template <class... From>
constexpr auto icmp(IcmpSays says, From... from) {
    return together(kIcmp, list(is(F::IcmpSays, says), is(F::IcmpFrom, from...)));
}
constexpr auto kServerSaysSo =
    list(is(F::SynArrived, SynArrived::Yes), is(F::IcmpErrorsSent, Growth::Rises),
         is(F::HalfOpen, HalfOpen::None), is(F::ServerSent, ServerSent::Nothing));
// The server's own capture shows it as well.
template <class... Says>
constexpr auto server_says(Says... says) {
    return together(kIcmp,
                    list(is(F::IcmpSays, says...), is(F::IcmpFrom, IcmpFrom::Target),
                         is(F::IcmpErrorSays, says...)),
                    kServerSaysSo);
}
constexpr auto kServerPortUnreachable = server_says(IcmpSays::PortUnreachable);
constexpr auto kServerProhibits = server_says(IcmpSays::Prohibited);
constexpr auto kMiddlePortUnreachable =
    together(icmp(IcmpSays::PortUnreachable, IcmpFrom::Router), kNeverArrived);
constexpr auto kMiddleProhibits =
    together(icmp(IcmpSays::Prohibited, IcmpFrom::Router), kNeverArrived);
constexpr auto kOwnReject = together(
    kIcmp, kNeverArrived,
    list(is(F::IcmpSays, IcmpSays::PortUnreachable, IcmpSays::Prohibited, IcmpSays::NetUnreachable),
         is(F::IcmpFrom, IcmpFrom::Ourselves)));
constexpr auto kHostDownFar =
    together(icmp(IcmpSays::HostUnreachable, IcmpFrom::Router, IcmpFrom::Target),
             list(is(F::IcmpTime, IcmpTime::AfterSeconds)));
constexpr auto kRouterUnreachable =
    together(icmp(IcmpSays::HostUnreachable, IcmpFrom::Router, IcmpFrom::Target), kNeverArrived,
             list(is(F::IcmpTime, IcmpTime::AtOnce)));
// From the target's own address it is a filter there, or a router that holds the address and has no
// way to what stands behind it.
constexpr auto kServerUnreachable =
    together(server_says(IcmpSays::NetUnreachable, IcmpSays::HostUnreachable),
             list(is(F::IcmpTime, IcmpTime::AtOnce)));
constexpr auto kHostDownHere = icmp(IcmpSays::HostUnreachable, IcmpFrom::Ourselves);
constexpr auto kGatewayIgnores =
    together(kHostDownHere, list(is(F::NextHopKind, NextHopKind::Gateway)));
constexpr auto kUnresolved =
    list(is(F::Answer, Answer::Silence), is(F::LinkLayer, LinkLayer::Failed));
constexpr auto kUnresolvedGateway =
    together(kUnresolved, list(is(F::NextHopKind, NextHopKind::Gateway)));
constexpr auto kLinkFailed = list(is(F::LinkLayer, LinkLayer::Failed));
constexpr auto kRouterNoRoute =
    together(icmp(IcmpSays::NetUnreachable, IcmpFrom::Router, IcmpFrom::Target), kNeverArrived);
constexpr auto kLoop = icmp(IcmpSays::TimeExceeded, IcmpFrom::Router, IcmpFrom::Target);
constexpr auto kServerProtocol = server_says(IcmpSays::ProtocolUnreachable);
constexpr auto kProtocol =
    together(icmp(IcmpSays::ProtocolUnreachable, IcmpFrom::Router), kNeverArrived);
constexpr auto kOtherIcmp = together(kIcmp, list(is(F::IcmpSays, IcmpSays::Other)));

// --- no packet --------------------------------------------------------------------------------

constexpr auto not_sent(LocalError error) {
    return together(kNotSent, list(is(F::LocalError, error)));
}
constexpr auto kNoRoute = not_sent(LocalError::NoRoute);
constexpr auto kRouteUnreachable = not_sent(LocalError::Unreachable);
constexpr auto kRouteProhibits = not_sent(LocalError::Prohibited);
constexpr auto kRouteBlackhole = not_sent(LocalError::Blackhole);
constexpr auto kPortsUsedUp = not_sent(LocalError::PortsUsedUp);
constexpr auto kNotPermitted = not_sent(LocalError::NotPermitted);
constexpr auto kOtherLocal = not_sent(LocalError::Other);

// Causes that can be seen in more than one way.
constexpr Cause kNextHopDownWords{
    .id = "next-hop-down",
    .row = "e2",
    .place = Place::Path,
    .claim = N_("The next hop on the way to {1} does not answer on the local network: no SYN ever "
                "left."),
    .decided_by = N_("the next hop is off, or answers nobody"),
    .command = "ip neighbour"};

constexpr Cause kGatewayIgnoresWords{
    .id = "gateway-ignores",
    .row = "o'",
    .place = Place::Path,
    .claim = N_("The gateway does not answer this host's address: its reverse path filter has "
                "another way to {2}."),
    .decided_by = N_("on the gateway: rp_filter is on and the route back uses another interface"),
    .command = "ip route get {2}"};

constexpr auto kCauses = std::to_array<Cause>({
    {.id = "port-closed",
     .row = "a",
     .place = Place::Program,
     .claim = N_("Nothing listens on port {0} of {1}."),
     .decided_by = N_("the server has no listener on the port"),
     .command = "ss -ltn sport = :{0}",
     .conditions = kPortClosed},
    {.id = "other-address-only",
     .row = "i",
     .place = Place::Program,
     .claim = N_("The program on port {0} listens on another address only, as 127.0.0.1."),
     .decided_by = N_("the server's listener has another local address"),
     .command = "ss -ltn sport = :{0}",
     .conditions = kOtherAddressOnly},
    {.id = "server-reset",
     .row = "d1",
     .place = Place::Server,
     .claim = N_("A packet filter of the server rejects port {0} with RST."),
     .decided_by = N_("the server has a listener, and TcpOutRsts does not rise"),
     .command = "nft list ruleset",
     .conditions = kServerReset},
    {.id = "server-reset",
     .row = "d1",
     .place = Place::Server,
     .claim = N_("A packet filter of the server rejects port {0} with RST."),
     .command = "nft list ruleset",
     .conditions = kServerResetClosed,
     .needs = kResetsNotCounted},
    {.id = "middle-reset",
     .row = "d4",
     .place = Place::Path,
     .claim = N_("Something on the way rejects port {0} with RST in the server's name."),
     .decided_by = N_("the RST has another TTL than the answers of other ports"),
     .command = "tcpdump -nvi any 'host {1} and tcp'",
     .conditions = kMiddleReset},
    {.id = "server-reject",
     .row = "d2",
     .place = Place::Server,
     .claim = N_("A packet filter of the server rejects port {0} with ICMP port unreachable; "
                 "whether a program listens behind it cannot be seen."),
     .decided_by = N_("the SYNs arrive at the server, and it sends the ICMP errors itself"),
     .conditions = kServerPortUnreachable},
    {.id = "server-prohibits",
     .row = "d3",
     .place = Place::Server,
     .claim = N_("A packet filter of the server prohibits connections to port {0}."),
     .decided_by = N_("the SYNs arrive at the server, and it sends the ICMP errors itself"),
     .conditions = kServerProhibits},
    {.id = "server-says-unreachable",
     .row = "d2",
     .place = Place::Server,
     .claim =
         N_("A packet filter of the server rejects port {0}, and says that it is unreachable."),
     .decided_by = N_("the SYNs arrive at the server, and it sends the ICMP errors itself"),
     .command = "nft list ruleset",
     .conditions = kServerUnreachable},
    {.id = "middle-reject",
     .row = "d5",
     .place = Place::Path,
     .claim =
         N_("A packet filter on the way rejects port {0} with ICMP port unreachable; the server "
            "has not been reached."),
     .decided_by = N_("no SYN arrives at the server"),
     .conditions = kMiddlePortUnreachable},
    {.id = "middle-prohibits",
     .row = "d6",
     .place = Place::Path,
     .claim = N_("A packet filter on the way prohibits connections to port {0}; the server has not "
                 "been reached."),
     .decided_by = N_("no SYN arrives at the server"),
     .conditions = kMiddleProhibits},
    {.id = "own-reject",
     .row = "d7",
     .place = Place::Client,
     .claim = N_("A packet filter of this host rejects connections to port {0}."),
     .decided_by = N_("no SYN arrives at the server"),
     .command = "nft list ruleset",
     .conditions = kOwnReject},
    {.id = "host-down",
     .row = "e1",
     .place = Place::Server,
     .claim = N_("{1} is down: the router of its network gets no answer from it."),
     .conditions = kHostDownFar},
    {.id = "router-unreachable",
     .row = "f4",
     .place = Place::Path,
     .claim = N_("A router on the way has a route that says {1} is unreachable."),
     .decided_by = N_("no SYN arrives at the server"),
     .command = "tcpdump -ni any 'host {2} and tcp port {0}'",
     .conditions = kRouterUnreachable},
    seen_as(kNextHopDownWords, kHostDownHere),
    seen_as(kNextHopDownWords, kUnresolved, kLinkFailed),
    seen_as(kGatewayIgnoresWords, kGatewayIgnores),
    seen_as(kGatewayIgnoresWords, kUnresolvedGateway, kLinkFailed),
    {.id = "router-no-route",
     .row = "f3",
     .place = Place::Path,
     .claim = N_("A router on the way has no route to {1}."),
     .decided_by = N_("no SYN arrives at the server"),
     .command = "tcpdump -ni any 'host {2} and tcp port {0}'",
     .conditions = kRouterNoRoute},
    {.id = "routing-loop",
     .row = "x",
     .place = Place::Path,
     .claim = N_("Packets to {1} go round in circles: a routing loop."),
     .conditions = kLoop},
    {.id = "protocol-unreachable",
     .row = "d8",
     .place = Place::Server,
     .claim = N_("{1} says that it has no TCP."),
     .conditions = kServerProtocol},
    {.id = "protocol-unreachable",
     .row = "d8",
     .place = Place::Path,
     .claim = N_("Something on the way says that {1} has no TCP."),
     .conditions = kProtocol},
    {.id = "other-icmp-error",
     .row = "-",
     .place = Place::Path,
     .claim = N_("An ICMP error ended the attempt."),
     .conditions = kOtherIcmp},

    {.id = "no-route",
     .row = "f",
     .place = Place::Client,
     .claim = N_("This host has no route to {1}."),
     .command = "ip route get {1}",
     .conditions = kNoRoute},
    {.id = "route-unreachable",
     .row = "f",
     .place = Place::Client,
     .claim = N_("A route of this host says that {1} is unreachable."),
     .command = "ip route get {1}",
     .conditions = kRouteUnreachable},
    {.id = "route-prohibits",
     .row = "f",
     .place = Place::Client,
     .claim = N_("A route of this host prohibits {1}."),
     .command = "ip route get {1}",
     .conditions = kRouteProhibits},
    {.id = "route-blackhole",
     .row = "f",
     .place = Place::Client,
     .claim = N_("A route of this host throws away what is sent to {1}: a blackhole."),
     .command = "ip route get {1}",
     .conditions = kRouteBlackhole},
    {.id = "local-ports-used-up",
     .row = "l1",
     .place = Place::Client,
     .claim = N_("All local ports of this host are in use for connections to {1}:{0}."),
     .command = "ss -tan dst {1}",
     .conditions = kPortsUsedUp},
    {.id = "not-permitted",
     .row = "-",
     .place = Place::Client,
     .claim = N_("This host does not permit the connection (a security module or a cgroup rule)."),
     .conditions = kNotPermitted},
    {.id = "other-local-error",
     .row = "-",
     .place = Place::Client,
     .claim = N_("This host could not even begin to connect."),
     .conditions = kOtherLocal},
});

}  // namespace

std::span<const Cause> refusal_causes() {
    return kCauses;
}

}  // namespace tcpdx::diagnosis::reach
