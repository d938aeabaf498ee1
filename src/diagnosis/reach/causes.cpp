#include "diagnosis/reach/causes.h"

#include <array>

#include "base/i18n.h"

namespace tcpdx::diagnosis::reach {
namespace {

template <class... Values>
constexpr Condition is(Feature feature, Values... values) {
    return {feature,
            static_cast<std::uint16_t>((0U | ... | (1U << static_cast<unsigned>(values))))};
}

template <std::size_t... Sizes>
constexpr auto together(const std::array<Condition, Sizes>&... parts) {
    std::array<Condition, (Sizes + ...)> all{};
    std::size_t next = 0;
    const auto append = [&](const auto& part) {
        for (const Condition& condition : part) {
            all[next++] = condition;
        }
    };
    (append(parts), ...);
    return all;
}

template <class... Conditions>
constexpr auto list(Conditions... conditions) {
    return std::array<Condition, sizeof...(Conditions)>{conditions...};
}

using F = Feature;

// --- what groups of causes have in common ----------------------------------------------------

// Our SYN left, and nothing at all came back to this host.
constexpr auto kSilent =
    list(is(F::Answer, Answer::Silence), is(F::SynLeft, SynLeft::Yes),
         is(F::Captured, Captured::Nothing), is(F::LinkLayer, LinkLayer::Resolved));
// Only this port is silent, whatever is sent to it.
constexpr auto kOnePortSilent =
    together(kSilent, list(is(F::AckProbe, RawAnswer::Silence), is(F::FinProbe, RawAnswer::Silence),
                           is(F::ClosedPort, ClosedPort::Answers)));
// Only SYNs get no answer: an ACK is answered with RST, as RFC 9293, 3.10.7.2 wants it from a port
// in LISTEN, which also discards a FIN (3.10.7.2, fourth). A closed port answers both with RST.
constexpr auto kListenerSilent =
    together(kSilent, list(is(F::AckProbe, RawAnswer::Reset), is(F::FinProbe, RawAnswer::Silence),
                           is(F::ClosedPort, ClosedPort::Answers)));
// Nothing of this host answers, but the first router does.
constexpr auto kHostSilent =
    together(kSilent, list(is(F::AckProbe, RawAnswer::Silence), is(F::FinProbe, RawAnswer::Silence),
                           is(F::ClosedPort, ClosedPort::Silent),
                           is(F::OpenPort, OpenPort::NamedSilent, OpenPort::GuessedSilent),
                           is(F::Ping, Ping::Silent, Ping::Error)));
constexpr auto kRouterAnswers =
    list(is(F::FirstHop, FirstHop::Answers, FirstHop::SilentForAll, FirstHop::Silent));
// Only chosen ports of the host answer.
constexpr auto kFewPortsAnswer = together(
    kSilent, list(is(F::AckProbe, RawAnswer::Silence), is(F::FinProbe, RawAnswer::Silence),
                  is(F::ClosedPort, ClosedPort::Silent),
                  is(F::OpenPort, OpenPort::Answers, OpenPort::Refuses, OpenPort::GuessedSilent),
                  is(F::FirstHop, FirstHop::Answers, FirstHop::SilentForAll, FirstHop::Silent)));
constexpr auto kRefused = list(is(F::Answer, Answer::Reset));
constexpr auto kSameDistance = list(is(F::ReplyDistance, ReplyDistance::AsOtherPorts));
constexpr auto kIcmp = list(is(F::Answer, Answer::Icmp));
constexpr auto kNotSent = list(is(F::Answer, Answer::NotSent));
constexpr auto kConnected = list(is(F::Answer, Answer::Connected));

// TCP of the server never saw the SYN, and so counted nothing.
constexpr auto kTcpSawNothing =
    list(is(F::ListenOverflows, Growth::Flat), is(F::ListenDrops, Growth::Flat),
         is(F::NoRoutes, Growth::Flat), is(F::Md5NotFound, Growth::Flat),
         is(F::ReversePathFilter, Growth::Flat), is(F::IcmpErrorsSent, Growth::Flat),
         is(F::HalfOpen, HalfOpen::None), is(F::ServerSent, ServerSent::Nothing));
constexpr auto kArrived = list(is(F::SynArrived, SynArrived::Yes));
constexpr auto kNeverArrived = list(is(F::SynArrived, SynArrived::No));

// --- silence ----------------------------------------------------------------------------------

constexpr auto kInputDrop = together(kOnePortSilent, kArrived, kTcpSawNothing);
constexpr auto kPathDrop = together(kOnePortSilent, kNeverArrived);
constexpr auto kPathDropAll =
    together(kSilent, kNeverArrived,
             list(is(F::FirstHop, FirstHop::Answers, FirstHop::SilentForAll, FirstHop::Silent)));
constexpr auto kOutputDrop =
    together(kOnePortSilent, kArrived,
             list(is(F::HalfOpen, HalfOpen::Plain), is(F::ServerSent, ServerSent::Nothing)));
constexpr auto kReturnDrop =
    together(kOnePortSilent, kArrived,
             list(is(F::HalfOpen, HalfOpen::Plain, HalfOpen::Retransmitted),
                  is(F::ServerSent, ServerSent::SynAck), is(F::ListenOverflows, Growth::Flat)));
constexpr auto kTranslationFull =
    together(kPathDrop, list(is(F::OtherPortsReached, OtherPortsReached::No)));
constexpr auto kMd5 =
    together(kOnePortSilent, kArrived,
             list(is(F::Md5NotFound, Growth::Rises), is(F::HalfOpen, HalfOpen::None)));
constexpr auto kOwnInputDrop =
    list(is(F::Answer, Answer::Silence), is(F::SynLeft, SynLeft::Yes),
         is(F::Captured, Captured::SynAck), is(F::ClosedPort, ClosedPort::Answers),
         is(F::AckProbe, RawAnswer::Silence), is(F::FinProbe, RawAnswer::Silence),
         is(F::SynArrived, SynArrived::Yes), is(F::ServerSent, ServerSent::SynAck),
         is(F::HalfOpen, HalfOpen::Plain, HalfOpen::Retransmitted));
constexpr auto kOwnInputDropSeen =
    list(is(F::Answer, Answer::Silence), is(F::Captured, Captured::SynAck, Captured::Reset));
constexpr auto kSawAnswer = list(is(F::Captured, Captured::SynAck, Captured::Reset));
constexpr auto kOwnOutputDrop =
    list(is(F::Answer, Answer::Silence), is(F::SynLeft, SynLeft::No),
         is(F::LinkLayer, LinkLayer::Resolved), is(F::Captured, Captured::Nothing),
         is(F::SynArrived, SynArrived::No));
constexpr auto kNothingLeft = list(is(F::SynLeft, SynLeft::No));

constexpr auto kAcceptQueueFull =
    together(kListenerSilent, kArrived,
             list(is(F::Listener, Listener::Here), is(F::ListenOverflows, Growth::Rises),
                  is(F::HalfOpen, HalfOpen::None)));
constexpr auto kSynQueueFull =
    together(kListenerSilent, kArrived,
             list(is(F::Listener, Listener::Here), is(F::ListenOverflows, Growth::Flat),
                  is(F::ListenDrops, Growth::Rises), is(F::NoRoutes, Growth::Flat)));
constexpr auto kSynFilter =
    together(kListenerSilent, kTcpSawNothing, list(is(F::Listener, Listener::Here)));
constexpr auto kSynFilterClosed =
    together(kSilent, kTcpSawNothing,
             list(is(F::AckProbe, RawAnswer::Reset), is(F::FinProbe, RawAnswer::Reset),
                  is(F::ClosedPort, ClosedPort::Answers),
                  is(F::Listener, Listener::None, Listener::OtherAddress)));

constexpr auto kHostOff =
    together(kHostSilent, kRouterAnswers, kNeverArrived, std::array{Condition{F::ServerLooked, 0}});
constexpr auto kNoRouteBack =
    together(kHostSilent, kRouterAnswers, kArrived, list(is(F::NoRoutes, Growth::Rises)));
constexpr auto kReversePath =
    together(kHostSilent, kRouterAnswers, kArrived, list(is(F::ReversePathFilter, Growth::Rises)));
constexpr auto kBlackhole =
    together(kHostSilent, kNeverArrived,
             list(is(F::FirstHop, FirstHop::SilentForTarget, FirstHop::Silent),
                  is(F::NextHopKind, NextHopKind::Gateway)));
constexpr auto kDefaultDrop =
    together(kFewPortsAnswer, kArrived, kTcpSawNothing, list(is(F::Listener, Listener::Here)));
constexpr auto kDefaultDropClosed =
    together(kFewPortsAnswer, kArrived, kTcpSawNothing,
             list(is(F::Listener, Listener::None, Listener::OtherAddress)));
constexpr auto kTimeWaitKills =
    together(list(is(F::Answer, Answer::Silence), is(F::Captured, Captured::BareAck)), kArrived,
             list(is(F::PawsTimeWait, Growth::Rises)));
constexpr auto kSawBareAck = list(is(F::Captured, Captured::BareAck));

// --- answers ----------------------------------------------------------------------------------

constexpr auto kPortClosed =
    together(kRefused, kSameDistance, kArrived,
             list(is(F::Listener, Listener::None), is(F::ResetsSent, Growth::Rises)));
constexpr auto kOtherAddressOnly =
    together(kRefused, kSameDistance, kArrived,
             list(is(F::Listener, Listener::OtherAddress), is(F::ResetsSent, Growth::Rises)));
// A listener's TCP never answers a SYN with RST, so there the counter need not say it.
constexpr auto kServerReset =
    together(kRefused, kSameDistance, kArrived, list(is(F::Listener, Listener::Here)));
constexpr auto kServerResetClosed =
    together(kRefused, kSameDistance, kArrived, list(is(F::ResetsSent, Growth::Flat)));
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
constexpr auto kServerPortUnreachable =
    together(icmp(IcmpSays::PortUnreachable, IcmpFrom::Target), kServerSaysSo);
constexpr auto kServerProhibits =
    together(icmp(IcmpSays::Prohibited, IcmpFrom::Target), kServerSaysSo);
constexpr auto kMiddlePortUnreachable = icmp(IcmpSays::PortUnreachable, IcmpFrom::Router);
constexpr auto kMiddleProhibits = icmp(IcmpSays::Prohibited, IcmpFrom::Router);
constexpr auto kOwnReject = together(kIcmp, list(is(F::IcmpSays, IcmpSays::PortUnreachable,
                                                    IcmpSays::Prohibited, IcmpSays::NetUnreachable),
                                                 is(F::IcmpFrom, IcmpFrom::Ourselves)));
constexpr auto kHostDownFar =
    together(icmp(IcmpSays::HostUnreachable, IcmpFrom::Router, IcmpFrom::Target),
             list(is(F::IcmpTime, IcmpTime::AfterSeconds)));
constexpr auto kRouterUnreachable =
    together(icmp(IcmpSays::HostUnreachable, IcmpFrom::Router, IcmpFrom::Target),
             list(is(F::IcmpTime, IcmpTime::AtOnce)));
constexpr auto kHostDownHere = icmp(IcmpSays::HostUnreachable, IcmpFrom::Ourselves);
constexpr auto kGatewayIgnores =
    together(kHostDownHere, list(is(F::NextHopKind, NextHopKind::Gateway)));
constexpr auto kUnresolved =
    list(is(F::Answer, Answer::Silence), is(F::LinkLayer, LinkLayer::Failed));
constexpr auto kUnresolvedGateway =
    together(kUnresolved, list(is(F::NextHopKind, NextHopKind::Gateway)));
constexpr auto kLinkFailed = list(is(F::LinkLayer, LinkLayer::Failed));
constexpr auto kRouterNoRoute = icmp(IcmpSays::NetUnreachable, IcmpFrom::Router, IcmpFrom::Target);
constexpr auto kLoop = icmp(IcmpSays::TimeExceeded, IcmpFrom::Router, IcmpFrom::Target);
constexpr auto kProtocol = icmp(IcmpSays::ProtocolUnreachable, IcmpFrom::Router, IcmpFrom::Target);
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

// --- connected, and yet -----------------------------------------------------------------------

constexpr auto kHandshakeUnfinished =
    together(kConnected, list(is(F::SynAckRepeated, SynAckRepeated::Yes)));
constexpr auto kQueueFullAtAck =
    together(kHandshakeUnfinished,
             list(is(F::ListenOverflows, Growth::Rises), is(F::HalfOpen, HalfOpen::Retransmitted)));
constexpr auto kAckLost =
    together(kHandshakeUnfinished,
             list(is(F::ListenOverflows, Growth::Flat), is(F::DeferAcceptDrops, Growth::Flat),
                  is(F::HalfOpen, HalfOpen::Retransmitted)));
constexpr auto kDeferAccept =
    together(kHandshakeUnfinished,
             list(is(F::ListenOverflows, Growth::Flat), is(F::DeferAcceptDrops, Growth::Rises)));
constexpr auto kOverflowReset = together(
    kConnected, list(is(F::Afterwards, Afterwards::Reset), is(F::ListenOverflows, Growth::Rises)));
constexpr auto kProgramEnds =
    together(kConnected,
             list(is(F::Afterwards, Afterwards::Reset, Afterwards::Closed),
                  is(F::SynAckRepeated, SynAckRepeated::No), is(F::ListenOverflows, Growth::Flat)));

// --- connected, and no answer -----------------------------------------------------------------

constexpr auto kNoAnswer =
    together(kConnected, list(is(F::Talk, Talk::Silence, Talk::NotAcknowledged)));
constexpr auto kPathMtu = together(kNoAnswer, list(is(F::SmallSegments, SmallSegments::Work)));
constexpr auto kCookieGhost = together(
    kConnected,
    list(is(F::Talk, Talk::NotAcknowledged), is(F::SmallSegments, SmallSegments::Fail),
         is(F::SynAckRepeated, SynAckRepeated::No), is(F::Request, Request::NoConnection)));
constexpr auto kForgotten = together(
    kConnected, list(is(F::Talk, Talk::NotAcknowledged), is(F::SmallSegments, SmallSegments::Fail),
                     is(F::Request, Request::NotReceived)));
constexpr auto kUnansweredRequest = together(
    kConnected, list(is(F::Talk, Talk::Silence), is(F::SmallSegments, SmallSegments::Fail)));
constexpr auto kProgramSilent =
    together(kUnansweredRequest, list(is(F::Request, Request::Unread, Request::Read)));
constexpr auto kNeverAccepted =
    together(kUnansweredRequest, list(is(F::Request, Request::NotAccepted)));
constexpr auto kResetByRequest = together(kConnected, list(is(F::Talk, Talk::Reset, Talk::Closed)));
constexpr auto kWasSilent = list(is(F::Talk, Talk::Silence, Talk::NotAcknowledged));
constexpr auto kWasNotAcknowledged = list(is(F::Talk, Talk::NotAcknowledged));
constexpr auto kWasAcknowledged = list(is(F::Talk, Talk::Silence));
constexpr auto kWasEnded = list(is(F::Talk, Talk::Reset, Talk::Closed));
constexpr auto kOtherAnswer = list(is(F::Talk, Talk::OtherAnswer));
constexpr auto tls(Tls problem) {
    return list(is(F::Tls, problem));
}
constexpr auto kTlsExpired = tls(Tls::Expired);
constexpr auto kTlsNotYetValid = tls(Tls::NotYetValid);
constexpr auto kTlsOtherName = tls(Tls::OtherName);
constexpr auto kTlsUntrusted = tls(Tls::Untrusted);
constexpr auto kNotTls = tls(Tls::NotTls);
constexpr auto kTlsRefused = tls(Tls::RefusedByPeer);
constexpr auto kTlsOther = tls(Tls::Other);

// --- connects sometimes -----------------------------------------------------------------------

constexpr auto kSomeRefused = list(is(F::Refusals, Among::Some));
// A flow that was silent at first never gets through: it does not depend on luck, but on the flow.
constexpr auto kFlowSilent = list(is(F::Silences, Among::Some), is(F::Repeats, Among::None));
constexpr auto kLossy = list(is(F::Repeats, Among::Some), is(F::SlowPace, SlowPace::Repeats));
constexpr auto kRateLimit = list(is(F::Repeats, Among::Some), is(F::SlowPace, SlowPace::Clean),
                                 is(F::ListenOverflows, Growth::Flat));
constexpr auto kOverflowing =
    list(is(F::Repeats, Among::Some), is(F::ListenOverflows, Growth::Rises));
constexpr auto kSomeSilent = list(is(F::Silences, Among::Some));
constexpr auto kSomeRepeat = list(is(F::Repeats, Among::Some));

// A connection that was not watched gives no reason to think ill of it.
constexpr auto kRepeats = list(is(F::SynAckRepeated, SynAckRepeated::Yes));
constexpr auto kWasReset = list(is(F::Afterwards, Afterwards::Reset));
constexpr auto kEnded = list(is(F::Afterwards, Afterwards::Reset, Afterwards::Closed));

constexpr auto kCauses = std::to_array<Cause>({
    {.id = "input-drop",
     .row = "b",
     .place = Place::Server,
     .claim = N_("A packet filter of the server drops what is sent to port {0}."),
     .decided_by = N_("the SYNs arrive at the server, and no counter of its TCP moves"),
     .command = "nft list ruleset",
     .conditions = kInputDrop},
    {.id = "path-drop",
     .row = "c",
     .place = Place::Path,
     .claim = N_("A packet filter on the way drops what is sent to port {0}."),
     .decided_by = N_("no SYN arrives at the server"),
     .command = "tcpdump -ni any 'host {2} and tcp port {0}'",
     .conditions = kPathDrop},
    {.id = "path-drop",
     .row = "c",
     .place = Place::Path,
     .claim = N_("A packet filter or a route on the way drops what is sent to port {0}."),
     .decided_by = N_("no SYN arrives at the server"),
     .command = "tcpdump -ni any 'host {2} and tcp port {0}'",
     .conditions = kPathDropAll,
     .needs = kNeverArrived},
    {.id = "output-drop",
     .row = "j1",
     .place = Place::Server,
     .claim = N_("A packet filter of the server drops its answers from port {0}."),
     .decided_by =
         N_("the server shows SYN-RECEIVED without retransmissions, and sends no SYN+ACK"),
     .command = "ss -tno state syn-recv sport = :{0}",
     .conditions = kOutputDrop},
    {.id = "return-path-drop",
     .row = "j2",
     .place = Place::Path,
     .claim = N_("The server's answers from port {0} are dropped on the way back."),
     .decided_by = N_("the server shows SYN-RECEIVED, and its SYN+ACKs leave it"),
     .command = "tcpdump -ni any 'host {2} and tcp port {0}'",
     .conditions = kReturnDrop},
    {.id = "address-translation-full",
     .row = "l2",
     .place = Place::Path,
     .claim = N_("A router that translates addresses has no port left for connections to {1}:{0}."),
     .decided_by = N_("insert_failed and drop rise on that router"),
     .command = "conntrack -S",
     .conditions = kTranslationFull},
    {.id = "connection-table-full",
     .row = "k",
     .place = Place::Path,
     .claim = N_("The connection table of a router or firewall on the way is full."),
     .decided_by = N_("its kernel log says \"nf_conntrack: table full\""),
     .command = "conntrack -S",
     .conditions = kTranslationFull},
    {.id = "md5-required",
     .row = "s",
     .place = Place::Server,
     .claim = N_("The program on port {0} requires TCP-MD5 signatures from this client."),
     .decided_by = N_("TcpExtTCPMD5NotFound rises on the server"),
     .command = "nstat -az TcpExtTCPMD5NotFound",
     .conditions = kMd5},
    {.id = "own-input-drop",
     .row = "z2",
     .place = Place::Client,
     .claim = N_("A packet filter of this host drops the answers that come from port {0}."),
     .decided_by = N_("a capture on this host shows SYN+ACKs"),
     .command = "tcpdump -ni any 'host {1} and tcp port {0}'",
     .conditions = kOwnInputDrop},
    {.id = "own-input-drop",
     .row = "z2",
     .place = Place::Client,
     .claim = N_("A packet filter of this host drops the answers that come from port {0}."),
     .decided_by = N_("a capture on this host shows SYN+ACKs"),
     .command = "nft list ruleset",
     .conditions = kOwnInputDropSeen,
     .needs = kSawAnswer},
    {.id = "own-output-drop",
     .row = "z1",
     .place = Place::Client,
     .claim = N_("A packet filter of this host drops what it sends to port {0}."),
     .command = "nft list ruleset",
     .conditions = kOwnOutputDrop,
     .needs = kNothingLeft},
    {.id = "accept-queue-full",
     .row = "g1",
     .place = Place::Program,
     .claim = N_("The accept queue of port {0} is full: its program does not accept fast enough."),
     .decided_by =
         N_("Recv-Q of the listener is larger than its Send-Q, and ListenOverflows rises"),
     .command = "ss -ltn sport = :{0}",
     .conditions = kAcceptQueueFull},
    {.id = "syn-queue-full",
     .row = "h1",
     .place = Place::Server,
     .claim = N_("The queue of half-open connections is full and SYN cookies are off."),
     .decided_by = N_("ListenDrops rises without ListenOverflows, and many SYN-RECEIVED stand"),
     .command = "nstat -az TcpExtListenDrops TcpExtListenOverflows",
     .conditions = kSynQueueFull},
    {.id = "syn-filter",
     .row = "b'",
     .place = Place::Path,
     .claim = N_("A packet filter drops only the SYNs to port {0}; a program listens behind it."),
     .decided_by = N_("neither ListenDrops nor ListenOverflows rises on the server"),
     .command = "nft list ruleset",
     .conditions = kSynFilter},
    {.id = "syn-filter-closed",
     .row = "b'",
     .place = Place::Path,
     .claim = N_("A packet filter drops the SYNs to port {0}, and nothing listens behind it."),
     .decided_by = N_("the server has no listener on the port"),
     .command = "ss -ltn sport = :{0}",
     .conditions = kSynFilterClosed},
    {.id = "host-off",
     .row = "e3",
     .place = Place::Path,
     .claim = N_("Nothing gets to {1}: it is off, or everything to it is lost on the way."),
     .decided_by = N_("the server cannot be reached by other ways either, or sees no SYN"),
     .command = "tcpdump -ni any 'host {2}'",
     .conditions = kHostOff},
    {.id = "no-route-back",
     .row = "j4",
     .place = Place::Server,
     .claim = N_("The server has no route back to {2}."),
     .decided_by = N_("IpOutNoRoutes rises on the server"),
     .command = "ip route get {2}",
     .conditions = kNoRouteBack},
    {.id = "reverse-path-filter",
     .row = "o",
     .place = Place::Server,
     .claim = N_("The server's reverse path filter drops what comes from {2} on that interface."),
     .decided_by = N_("TcpExtIPReversePathFilter rises on the server"),
     .command = "nstat -az TcpExtIPReversePathFilter",
     .conditions = kReversePath},
    {.id = "blackhole-route",
     .row = "m",
     .place = Place::Path,
     .claim = N_("The first router throws away what is sent to {1}: a blackhole route."),
     .decided_by = N_("on that router: the route to the server"),
     .command = "ip route get {1}",
     .conditions = kBlackhole},
    {.id = "default-drop",
     .row = "b\"",
     .place = Place::Server,
     .claim = N_("A packet filter lets only chosen ports of {1} through; a program listens on port "
                 "{0} behind it."),
     .decided_by = N_("the server has a listener on the port"),
     .command = "ss -ltn sport = :{0}",
     .conditions = kDefaultDrop},
    {.id = "default-drop-closed",
     .row = "b\"",
     .place = Place::Server,
     .claim = N_("A packet filter lets only chosen ports of {1} through, and nothing listens on "
                 "port {0} behind it."),
     .decided_by = N_("the server has no listener on the port"),
     .command = "ss -ltn sport = :{0}",
     .conditions = kDefaultDropClosed},
    {.id = "time-wait-kept",
     .row = "q2",
     .place = Place::Server,
     .claim = N_("The server still has the last connection from this source port in TIME-WAIT, and "
                 "net.ipv4.tcp_rfc1337 keeps it there."),
     .command = "sysctl net.ipv4.tcp_rfc1337",
     .conditions = kTimeWaitKills,
     .needs = kSawBareAck},

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
     .conditions = kServerPortUnreachable},
    {.id = "server-prohibits",
     .row = "d3",
     .place = Place::Server,
     .claim = N_("A packet filter of the server prohibits connections to port {0}."),
     .conditions = kServerProhibits},
    {.id = "middle-reject",
     .row = "d5",
     .place = Place::Path,
     .claim =
         N_("A packet filter on the way rejects port {0} with ICMP port unreachable; the server "
            "has not been reached."),
     .conditions = kMiddlePortUnreachable},
    {.id = "middle-prohibits",
     .row = "d6",
     .place = Place::Path,
     .claim = N_("A packet filter on the way prohibits connections to port {0}; the server has not "
                 "been reached."),
     .conditions = kMiddleProhibits},
    {.id = "own-reject",
     .row = "d7",
     .place = Place::Client,
     .claim = N_("A packet filter of this host rejects connections to port {0}."),
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
     .conditions = kRouterUnreachable},
    {.id = "next-hop-down",
     .row = "e2",
     .place = Place::Path,
     .claim = N_("The next hop on the way to {1} does not answer on the local network: no SYN ever "
                 "left."),
     .decided_by = N_("the next hop is off, or answers nobody"),
     .command = "ip neighbour",
     .conditions = kHostDownHere},
    {.id = "next-hop-down",
     .row = "e2",
     .place = Place::Path,
     .claim = N_("The next hop on the way to {1} does not answer on the local network: no SYN ever "
                 "left."),
     .decided_by = N_("the next hop is off, or answers nobody"),
     .command = "ip neighbour",
     .conditions = kUnresolved,
     .needs = kLinkFailed},
    {.id = "gateway-ignores",
     .row = "o'",
     .place = Place::Path,
     .claim = N_("The gateway does not answer this host's address: its reverse path filter has "
                 "another way to {2}."),
     .decided_by = N_("on the gateway: rp_filter is on and the route back uses another interface"),
     .command = "ip route get {2}",
     .conditions = kGatewayIgnores},
    {.id = "gateway-ignores",
     .row = "o'",
     .place = Place::Path,
     .claim = N_("The gateway does not answer this host's address: its reverse path filter has "
                 "another way to {2}."),
     .decided_by = N_("on the gateway: rp_filter is on and the route back uses another interface"),
     .command = "ip route get {2}",
     .conditions = kUnresolvedGateway,
     .needs = kLinkFailed},
    {.id = "router-no-route",
     .row = "f3",
     .place = Place::Path,
     .claim = N_("A router on the way has no route to {1}."),
     .conditions = kRouterNoRoute},
    {.id = "routing-loop",
     .row = "x",
     .place = Place::Path,
     .claim = N_("Packets to {1} go round in circles: a routing loop."),
     .conditions = kLoop},
    {.id = "protocol-unreachable",
     .row = "-",
     .place = Place::Server,
     .claim = N_("{1} says that it has no TCP."),
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

    {.id = "accept-queue-full-at-ack",
     .row = "g3",
     .place = Place::Program,
     .claim = N_("The accept queue of port {0} is full: the handshake looks complete here, and is "
                 "not on the server."),
     .decided_by =
         N_("Recv-Q of the listener is larger than its Send-Q, and ListenOverflows rises"),
     .command = "ss -ltn sport = :{0}",
     .conditions = kQueueFullAtAck,
     .needs = kRepeats},
    {.id = "ack-lost",
     .row = "j3",
     .place = Place::Path,
     .claim = N_("What this host sends after its SYN does not arrive at the server."),
     .decided_by = N_("the server shows SYN-RECEIVED with retransmissions, and no ListenOverflows"),
     .command = "ss -tno state syn-recv sport = :{0}",
     .conditions = kAckLost,
     .needs = kRepeats},
    {.id = "defer-accept",
     .row = "u",
     .place = Place::Program,
     .claim = N_("The program on port {0} waits for data before it accepts (TCP_DEFER_ACCEPT)."),
     .decided_by = N_("TcpExtTCPDeferAcceptDrop rises on the server"),
     .command = "nstat -az TcpExtTCPDeferAcceptDrop",
     .conditions = kDeferAccept,
     .needs = kRepeats},
    {.id = "overflow-reset",
     .row = "g4",
     .place = Place::Program,
     .claim = N_("The accept queue of port {0} is full, and net.ipv4.tcp_abort_on_overflow resets "
                 "what does not fit."),
     .decided_by = N_("ListenOverflows and TcpExtEmbryonicRsts rise on the server"),
     .command = "nstat -az TcpExtListenOverflows TcpExtEmbryonicRsts",
     .conditions = kOverflowReset,
     .needs = kWasReset},
    {.id = "program-ends-it",
     .row = "r4",
     .place = Place::Program,
     .claim =
         N_("The program on port {0}, or something in front of it, ends the connection as soon "
            "as it is there."),
     .decided_by = N_("ListenOverflows does not rise on the server"),
     .command = "nstat -az TcpExtListenOverflows TcpExtTCPAbortOnClose TcpExtTCPAbortOnData",
     .conditions = kProgramEnds,
     .needs = kEnded},

    {.id = "path-mtu-hole",
     .row = "n",
     .place = Place::Path,
     .claim = N_("Large packets to or from {1} are lost on the way, and nobody says so: a path MTU "
                 "black hole."),
     .decided_by = N_("the same works with small segments (TCP_MAXSEG)"),
     .command = "tracepath -n {1}",
     .conditions = kPathMtu,
     .needs = kWasSilent},
    {.id = "cookie-ghost",
     .row = "g5",
     .place = Place::Program,
     .claim =
         N_("The server answered with a SYN cookie and then had no room in the accept queue of "
            "port {0}: the connection exists only here."),
     .decided_by = N_("the server has no connection with the client's port"),
     .command = "nstat -az TcpExtSyncookiesRecv TcpExtListenOverflows",
     .conditions = kCookieGhost,
     .needs = kWasNotAcknowledged},
    {.id = "connection-forgotten",
     .row = "t",
     .place = Place::Path,
     .claim = N_("A firewall or address translator on the way lets the handshake pass, and not the "
                 "data to port {0}."),
     .decided_by = N_("the server has the connection, and received no data on it"),
     .command = "ss -tino sport = :{0}",
     .conditions = kForgotten,
     .needs = kWasNotAcknowledged},
    {.id = "program-silent",
     .row = "r2",
     .place = Place::Program,
     .claim = N_("The program on port {0} accepts, and does not answer."),
     .decided_by =
         N_("the server shows the connection with a process; Recv-Q tells whether it read"),
     .command = "ss -tnp sport = :{0}",
     .conditions = kProgramSilent,
     .needs = kWasAcknowledged},
    {.id = "never-accepted",
     .row = "r3",
     .place = Place::Program,
     .claim = N_("The program on port {0} never accepts the connection: the kernel took it."),
     .decided_by =
         N_("the server shows the connection without a process, and Recv-Q of the listener "
            "above 0"),
     .command = "ss -tnp sport = :{0}",
     .conditions = kNeverAccepted,
     .needs = kWasAcknowledged},
    {.id = "ended-by-request",
     .row = "r4",
     .place = Place::Program,
     .claim =
         N_("The program on port {0}, or something in front of it, ends the connection instead "
            "of answering."),
     .conditions = kResetByRequest,
     .needs = kWasEnded},
    {.id = "other-answer",
     .row = "-",
     .place = Place::Program,
     .claim = N_("Port {0} answers, and not with what was expected."),
     .conditions = kOtherAnswer,
     .needs = kOtherAnswer},
    {.id = "certificate-expired",
     .row = "r1",
     .place = Place::Program,
     .claim = N_("The certificate of port {0} has expired. The connection itself is fine."),
     .conditions = kTlsExpired,
     .needs = kTlsExpired},
    {.id = "certificate-not-yet-valid",
     .row = "r1",
     .place = Place::Program,
     .claim = N_("The certificate of port {0} is not valid yet, or this host's clock is wrong."),
     .conditions = kTlsNotYetValid,
     .needs = kTlsNotYetValid},
    {.id = "certificate-other-name",
     .row = "r1",
     .place = Place::Program,
     .claim = N_("The certificate of port {0} is for another name."),
     .conditions = kTlsOtherName,
     .needs = kTlsOtherName},
    {.id = "certificate-untrusted",
     .row = "r1",
     .place = Place::Program,
     .claim = N_("The certificate of port {0} is signed by nobody whom this host trusts."),
     .conditions = kTlsUntrusted,
     .needs = kTlsUntrusted},
    {.id = "not-tls",
     .row = "r1",
     .place = Place::Program,
     .claim = N_("What answers on port {0} does not speak TLS."),
     .conditions = kNotTls,
     .needs = kNotTls},
    {.id = "tls-refused",
     .row = "r1",
     .place = Place::Program,
     .claim = N_("Port {0} refuses the TLS handshake with an alert."),
     .conditions = kTlsRefused,
     .needs = kTlsRefused},
    {.id = "tls-failed",
     .row = "r1",
     .place = Place::Program,
     .claim = N_("The TLS handshake with port {0} fails."),
     .conditions = kTlsOther,
     .needs = kTlsOther},

    {.id = "backend-refuses",
     .row = "p1",
     .place = Place::Server,
     .claim = N_("Behind {1}:{0} stand several servers, and one of them has nothing listening."),
     .conditions = kSomeRefused,
     .needs = kSomeRefused},
    {.id = "backend-silent",
     .row = "p2",
     .place = Place::Server,
     .claim =
         N_("Behind {1}:{0} stand several servers, and one of them does not answer: a flow that "
            "gets there never recovers."),
     .conditions = kFlowSilent,
     .needs = kSomeSilent},
    {.id = "packet-loss",
     .row = "p4",
     .place = Place::Path,
     .claim = N_("Packets get lost on the way to {1}."),
     .decided_by =
         N_("retransmissions on established connections too, and no ListenOverflows on the "
            "server"),
     .command = "nstat -az TcpRetransSegs",
     .conditions = kLossy,
     .needs = kSomeRepeat},
    {.id = "syn-rate-limit",
     .row = "p5",
     .place = Place::Path,
     .claim =
         N_("The rate of new connections to port {0} is limited: at a slower pace all succeed."),
     .decided_by = N_("ListenOverflows does not rise on the server"),
     .command = "nft list ruleset",
     .conditions = kRateLimit,
     .needs = kSomeRepeat},
    {.id = "accept-queue-overflows",
     .row = "g1",
     .place = Place::Program,
     .claim = N_("The accept queue of port {0} overflows now and then."),
     .decided_by = N_("ListenOverflows rises on the server"),
     .command = "nstat -az TcpExtListenOverflows",
     .conditions = kOverflowing,
     .needs = kSomeRepeat},
});

}  // namespace

std::span<const Cause> all_causes() {
    return kCauses;
}

bool allows(const Condition& condition, const Facts& facts) {
    const auto value = facts.value(condition.feature);
    return !value || (condition.values & (1U << *value)) != 0;
}

}  // namespace tcpdx::diagnosis::reach
