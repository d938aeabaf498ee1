#include "diagnosis/reach/cause_table.h"

namespace tcpdx::diagnosis::reach {
namespace {

// --- what groups of causes have in common ----------------------------------------------------

// Only this port is silent, whatever is sent to it.
constexpr auto kOnePortSilent =
    together(kSilent, list(is(F::AckProbe, RawAnswer::Silence), is(F::FinProbe, RawAnswer::Silence),
                           is(F::ClosedPort, ClosedPort::Answers)));
// Only SYNs get no answer: an ACK is answered with RST, as RFC 9293, 3.10.7.2 wants it from a port
// in LISTEN, which also discards a FIN (3.10.7.2, fourth). A closed port answers both with RST.
constexpr auto kListenerSilent =
    together(kSilent, list(is(F::AckProbe, RawAnswer::Reset), is(F::FinProbe, RawAnswer::Silence),
                           is(F::ClosedPort, ClosedPort::Answers)));
// The same where a filter lets few other ports through. That the ACK is answered proves it all.
constexpr auto kListenerSilentBehindFilter =
    together(kSilent, list(is(F::AckProbe, RawAnswer::Reset), is(F::FinProbe, RawAnswer::Silence),
                           is(F::ClosedPort, ClosedPort::Silent)));
constexpr auto kAckAnswered = list(is(F::AckProbe, RawAnswer::Reset));
// Other ports are hidden, and what belongs to no connection may be dropped: only what the server
// has counted or sent can tell.
constexpr auto kHidden = together(kSilent, list(is(F::ClosedPort, ClosedPort::Silent)), kArrived);
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
constexpr auto kInputDrop = together(kOnePortSilent, kArrived, kTcpSawNothing);
constexpr auto kInputDropAll =
    together(kHidden, kTcpSawNothing, list(is(F::OpenPort, OpenPort::NamedSilent)));
constexpr auto kPathDrop = together(kOnePortSilent, kNeverArrived);
constexpr auto kPathDropAll =
    together(kSilent, kNeverArrived,
             list(is(F::FirstHop, FirstHop::Answers, FirstHop::SilentForAll, FirstHop::Silent)));
constexpr auto kAnswersDropped =
    list(is(F::HalfOpen, HalfOpen::Plain), is(F::ServerSent, ServerSent::Nothing));
constexpr auto kOutputDrop = together(kOnePortSilent, kArrived, kAnswersDropped);
constexpr auto kOutputDropBehindFilter = together(kHidden, kAnswersDropped);
constexpr auto kAnswersLost =
    list(is(F::HalfOpen, HalfOpen::Plain, HalfOpen::Retransmitted),
         is(F::ServerSent, ServerSent::SynAck), is(F::ListenOverflows, Growth::Flat));
constexpr auto kReturnDrop = together(kOnePortSilent, kArrived, kAnswersLost);
constexpr auto kReturnDropBehindFilter = together(kHidden, kAnswersLost);
constexpr auto kTranslationFull =
    together(kPathDrop, list(is(F::OtherPortsReached, OtherPortsReached::No)));
// A full table refuses every new flow, also the probe of the hop itself.
constexpr auto kTableFull = together(kHostSilent, kNeverArrived,
                                     list(is(F::FirstHop, FirstHop::SilentForAll, FirstHop::Silent),
                                          is(F::NextHopKind, NextHopKind::Gateway),
                                          is(F::OtherPortsReached, OtherPortsReached::No)));
constexpr auto kUnsigned = list(is(F::Md5NotFound, Growth::Rises), is(F::HalfOpen, HalfOpen::None));
constexpr auto kMd5 = together(kOnePortSilent, kArrived, kUnsigned);
constexpr auto kMd5BehindFilter = together(kHidden, kUnsigned);
constexpr auto kOwnInputDrop = list(
    is(F::Answer, Answer::Silence), is(F::SynLeft, SynLeft::Yes), is(F::Captured, Captured::SynAck),
    is(F::ClosedPort, ClosedPort::Answers), is(F::AckProbe, RawAnswer::Silence),
    is(F::FinProbe, RawAnswer::Silence), is(F::SynArrived, SynArrived::Yes),
    is(F::ServerSent, ServerSent::SynAck), is(F::ListenOverflows, Growth::Flat),
    is(F::HalfOpen, HalfOpen::Plain, HalfOpen::Retransmitted));
constexpr auto kOwnInputDropSeen =
    list(is(F::Answer, Answer::Silence), is(F::Captured, Captured::SynAck, Captured::Reset));
constexpr auto kSawAnswer = list(is(F::Captured, Captured::SynAck, Captured::Reset));
constexpr auto kOwnOutputDrop =
    list(is(F::Answer, Answer::Silence), is(F::SynLeft, SynLeft::No),
         is(F::LinkLayer, LinkLayer::Resolved), is(F::Captured, Captured::Nothing),
         is(F::SynArrived, SynArrived::No));
constexpr auto kNothingLeft = list(is(F::SynLeft, SynLeft::No));

constexpr auto kQueueOverflows =
    list(is(F::Listener, Listener::Here), is(F::ListenOverflows, Growth::Rises),
         is(F::HalfOpen, HalfOpen::None));
constexpr auto kOverflowCounted = list(is(F::ListenOverflows, Growth::Rises));
constexpr auto kAcceptQueueFull = together(kListenerSilent, kArrived, kQueueOverflows);
constexpr auto kAcceptQueueFullProven =
    together(kListenerSilentBehindFilter, kArrived, kQueueOverflows);
constexpr auto kAcceptQueueFullCounted = together(kHidden, kQueueOverflows);
constexpr auto kSynQueueDrops =
    list(is(F::Listener, Listener::Here), is(F::ListenOverflows, Growth::Flat),
         is(F::ListenDrops, Growth::Rises), is(F::NoRoutes, Growth::Flat));
constexpr auto kDropsCounted =
    list(is(F::ListenDrops, Growth::Rises), is(F::ListenOverflows, Growth::Flat));
constexpr auto kSynQueueFull = together(kListenerSilent, kArrived, kSynQueueDrops);
constexpr auto kSynQueueFullProven =
    together(kListenerSilentBehindFilter, kArrived, kSynQueueDrops);
constexpr auto kSynQueueFullCounted = together(kHidden, kSynQueueDrops);
// Some of the client's SYNs got through meanwhile.
constexpr auto kSynQueueAtServer =
    list(is(F::ListenDrops, Growth::Rises), is(F::ListenOverflows, Growth::Flat),
         is(F::NoRoutes, Growth::Flat));
constexpr auto kSynFilter =
    together(kListenerSilent, kTcpSawNothing, list(is(F::Listener, Listener::Here)));
constexpr auto kSynFilterProven =
    together(kListenerSilentBehindFilter, kTcpSawNothing, list(is(F::Listener, Listener::Here)));
constexpr auto kNobodyListens =
    list(is(F::AckProbe, RawAnswer::Reset), is(F::FinProbe, RawAnswer::Reset),
         is(F::Listener, Listener::None, Listener::OtherAddress));
constexpr auto kSynFilterClosed =
    together(kSilent, kTcpSawNothing, kNobodyListens, list(is(F::ClosedPort, ClosedPort::Answers)));
constexpr auto kSynFilterClosedProven =
    together(kSilent, kTcpSawNothing, kNobodyListens, list(is(F::ClosedPort, ClosedPort::Silent)));

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
constexpr auto kTimeWaitKillsUnseen =
    together(list(is(F::Answer, Answer::Silence), is(F::Captured, Captured::BareAck),
                  is(F::LinkLayer, LinkLayer::Resolved), is(F::SynLeft, SynLeft::Yes),
                  is(F::ClosedPort, ClosedPort::Answers)),
             kArrived, list(is(F::PawsTimeWait, Growth::Rises)));
constexpr auto kRefusedWhatCame = list(is(F::OwnResets, Growth::Rises));
constexpr auto kSawBareAck = list(is(F::Captured, Captured::BareAck));

// Causes that can be seen in more than one way.
constexpr Cause kInputDropWords{
    .id = "input-drop",
    .row = "b",
    .place = Place::Server,
    .claim = N_("A packet filter of the server drops what is sent to port {0}."),
    .decided_by = N_("the SYNs arrive at the server, and no counter of its TCP moves"),
    .command = "nft list ruleset"};

constexpr Cause kOutputDropWords{
    .id = "output-drop",
    .row = "j1",
    .place = Place::Server,
    .claim = N_("A packet filter of the server drops its answers from port {0}."),
    .decided_by = N_("the server shows SYN-RECEIVED without retransmissions, and sends no SYN+ACK"),
    .command = "ss -tno state syn-recv sport = :{0}"};

constexpr Cause kReturnPathDropWords{
    .id = "return-path-drop",
    .row = "j2",
    .place = Place::Path,
    .claim = N_("The server's answers from port {0} are dropped on the way back."),
    .decided_by = N_("the server shows SYN-RECEIVED, and its SYN+ACKs leave it"),
    .command = "tcpdump -ni any 'host {2} and tcp port {0}'"};

constexpr Cause kConnectionTableFullWords{
    .id = "connection-table-full",
    .row = "k",
    .place = Place::Path,
    .claim = N_("The connection table of a router or firewall on the way is full."),
    .decided_by = N_("its kernel log says \"nf_conntrack: table full\""),
    .command = "conntrack -S"};

constexpr Cause kMd5RequiredWords{
    .id = "md5-required",
    .row = "s",
    .place = Place::Server,
    .claim = N_("The program on port {0} requires TCP-MD5 signatures from this client."),
    .decided_by = N_("TcpExtTCPMD5NotFound rises on the server"),
    .command = "nstat -az TcpExtTCPMD5NotFound"};

constexpr Cause kAcceptQueueFullWords{
    .id = "accept-queue-full",
    .row = "g1",
    .place = Place::Program,
    .claim = N_("The accept queue of port {0} is full: its program does not accept fast enough."),
    .decided_by = N_("Recv-Q of the listener is larger than its Send-Q, and ListenOverflows rises"),
    .command = "ss -ltn sport = :{0}"};

constexpr Cause kSynQueueFullWords{
    .id = "syn-queue-full",
    .row = "h1",
    .place = Place::Server,
    .claim = N_("The queue of half-open connections is full and SYN cookies are off."),
    .decided_by = N_("ListenDrops rises without ListenOverflows, and many SYN-RECEIVED stand"),
    .command = "nstat -az TcpExtListenDrops TcpExtListenOverflows"};

constexpr Cause kSynFilterWords{
    .id = "syn-filter",
    .row = "b'",
    .place = Place::Path,
    .claim = N_("A packet filter drops only the SYNs to port {0}; a program listens behind it."),
    .decided_by = N_("neither ListenDrops nor ListenOverflows rises on the server"),
    .command = "nft list ruleset"};

constexpr Cause kSynFilterClosedWords{
    .id = "syn-filter-closed",
    .row = "b'",
    .place = Place::Path,
    .claim = N_("A packet filter drops the SYNs to port {0}, and nothing listens behind it."),
    .decided_by = N_("the server has no listener on the port"),
    .command = "ss -ltn sport = :{0}"};

constexpr Cause kTimeWaitKeptWords{
    .id = "time-wait-kept",
    .row = "q2",
    .place = Place::Server,
    .claim = N_("The server still has the last connection from this source port in TIME-WAIT, and "
                "net.ipv4.tcp_rfc1337 keeps it there."),
    .decided_by = N_("TcpExtPAWSTimewait rises on the server"),
    .command = "sysctl net.ipv4.tcp_rfc1337"};

constexpr auto kCauses = std::to_array<Cause>({
    seen_as(kInputDropWords, kInputDrop),
    seen_as(kInputDropWords, kInputDropAll, kArrived),
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
    seen_as(kOutputDropWords, kOutputDrop),
    seen_as(kOutputDropWords, kOutputDropBehindFilter, kAnswersDropped),
    seen_as(kReturnPathDropWords, kReturnDrop),
    seen_as(kReturnPathDropWords, kReturnDropBehindFilter, kAnswersLost),
    {.id = "address-translation-full",
     .row = "l2",
     .place = Place::Path,
     .claim = N_("A router that translates addresses has no port left for connections to {1}:{0}."),
     .decided_by = N_("insert_failed and drop rise on that router"),
     .command = "conntrack -S",
     .conditions = kTranslationFull},
    seen_as(kConnectionTableFullWords, kTranslationFull),
    seen_as(kConnectionTableFullWords, kTableFull),
    seen_as(kMd5RequiredWords, kMd5),
    seen_as(kMd5RequiredWords, kMd5BehindFilter, kUnsigned),
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
    seen_as(kAcceptQueueFullWords, kAcceptQueueFull),
    seen_as(kAcceptQueueFullWords, kAcceptQueueFullProven, kAckAnswered),
    seen_as(kAcceptQueueFullWords, kAcceptQueueFullCounted, kOverflowCounted),
    seen_as(kSynQueueFullWords, kSynQueueFull, {}, kSynQueueAtServer),
    seen_as(kSynQueueFullWords, kSynQueueFullProven, kAckAnswered),
    seen_as(kSynQueueFullWords, kSynQueueFullCounted, kDropsCounted),
    seen_as(kSynFilterWords, kSynFilter),
    seen_as(kSynFilterWords, kSynFilterProven, kAckAnswered),
    seen_as(kSynFilterClosedWords, kSynFilterClosed),
    seen_as(kSynFilterClosedWords, kSynFilterClosedProven, kAckAnswered),
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
    seen_as(kTimeWaitKeptWords, kTimeWaitKills, kSawBareAck),
    seen_as(kTimeWaitKeptWords, kTimeWaitKillsUnseen, kRefusedWhatCame),
});

}  // namespace

std::span<const Cause> silence_causes() {
    return kCauses;
}

}  // namespace tcpdx::diagnosis::reach
