#include "diagnosis/reach/cause_table.h"

namespace tcpdx::diagnosis::reach {
namespace {

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
constexpr auto kPathMtu = together(
    kNoAnswer, list(is(F::SmallSegments, SmallSegments::Work),
                    is(F::Request, Request::NotReceived, Request::Unread, Request::AnswerStuck)));
constexpr auto kCookieGhost = together(
    kConnected,
    list(is(F::Talk, Talk::NotAcknowledged), is(F::SmallSegments, SmallSegments::Fail),
         is(F::FreshConnection, FreshConnection::Fails), is(F::SynAckRepeated, SynAckRepeated::No),
         is(F::Request, Request::NoConnection)));
constexpr auto kForgotten =
    together(kConnected,
             list(is(F::Talk, Talk::NotAcknowledged), is(F::Idle, Idle::No),
                  is(F::SmallSegments, SmallSegments::Fail), is(F::Request, Request::NotReceived)));
// It is not the port, nor its program: a fresh connection talks.
constexpr auto kForgottenIdle =
    together(kConnected, list(is(F::Talk, Talk::NotAcknowledged), is(F::Idle, Idle::Yes),
                              is(F::FreshConnection, FreshConnection::Works)));
constexpr auto kWasIdle = list(is(F::Talk, Talk::NotAcknowledged), is(F::Idle, Idle::Yes));
constexpr auto kGoneSince =
    together(kConnected, list(is(F::Talk, Talk::NotAcknowledged), is(F::Idle, Idle::Yes),
                              is(F::FreshConnection, FreshConnection::Fails),
                              is(F::Request, Request::NotReceived)));
constexpr auto kUnansweredRequest = together(
    kConnected, list(is(F::Talk, Talk::Silence), is(F::SmallSegments, SmallSegments::Fail)));
constexpr auto kProgramSilent =
    together(kUnansweredRequest,
             list(is(F::Request, Request::Unread, Request::Read), is(F::ZeroWindow, Growth::Flat)));
constexpr auto kNeverAccepted =
    together(kUnansweredRequest,
             list(is(F::Request, Request::NotAccepted), is(F::Siblings, Siblings::Even)));
// The same when the client has said nothing: to it the connection looks fine.
constexpr auto kNobodyAccepts =
    together(kConnected, list(is(F::Talk, Talk::Silence), is(F::SynAckRepeated, SynAckRepeated::No),
                              is(F::TalksSilent, Among::None), is(F::Siblings, Siblings::Even),
                              is(F::SmallSegments, SmallSegments::Fail)));
constexpr auto kStaysUnaccepted = list(is(F::Request, Request::NotAccepted),
                                       is(F::Stands, Stands::Yes), is(F::Siblings, Siblings::Even));
constexpr auto kReaderStopped = together(
    kConnected,
    list(is(F::Talk, Talk::WindowClosed), is(F::Request, Request::Unread, Request::NotAccepted)));
constexpr auto kWindowClosed = list(is(F::Talk, Talk::WindowClosed));
constexpr auto kResetByRequest = together(kConnected, list(is(F::Talk, Talk::Reset, Talk::Closed)));
constexpr auto kFlood = together(kConnected, list(is(F::Talk, Talk::Answered)));
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

// A connection that was not watched gives no reason to think ill of it.
constexpr auto kRepeats = list(is(F::SynAckRepeated, SynAckRepeated::Yes));
constexpr auto kWasReset = list(is(F::Afterwards, Afterwards::Reset));
constexpr auto kEnded = list(is(F::Afterwards, Afterwards::Reset, Afterwards::Closed));

// --- what the server sees of them, without the client -------------------------------------------

constexpr auto kOverflowAtServer =
    list(is(F::ListenOverflows, Growth::Rises), is(F::EmbryonicResets, Growth::Rises));
constexpr auto kGhostAtServer =
    list(is(F::ListenOverflows, Growth::Rises), is(F::CookiesReceived, Growth::Rises),
         is(F::EmbryonicResets, Growth::Flat), is(F::Request, Request::NoConnection));
constexpr auto kDeferAtServer =
    list(is(F::DeferAcceptDrops, Growth::Rises), is(F::ListenOverflows, Growth::Flat));
constexpr auto kEndedAtServer = list(is(F::Aborts, Growth::Rises), is(F::PeerData, PeerData::No));
constexpr auto kEndedByRequestAtServer =
    list(is(F::Aborts, Growth::Rises), is(F::PeerData, PeerData::Yes));
constexpr auto kUnreadAtServer = list(is(F::Request, Request::Unread), is(F::Stands, Stands::Yes),
                                      is(F::ZeroWindow, Growth::Flat));
constexpr auto kStoppedAtServer = list(is(F::Request, Request::Unread), is(F::Stands, Stands::Yes),
                                       is(F::ZeroWindow, Growth::Rises));
constexpr auto kStuckAtServer =
    list(is(F::Request, Request::AnswerStuck), is(F::Stands, Stands::Yes));
constexpr auto kFloodAtServer =
    list(is(F::CookiesSent, Growth::Rises), is(F::ListenOverflows, Growth::Flat));

// Causes that can be seen in more than one way.
constexpr Cause kNeverAcceptedWords{
    .id = "never-accepted",
    .row = "r3",
    .place = Place::Program,
    .claim = N_("The program on port {0} never accepts the connection: the kernel took it."),
    .decided_by =
        N_("the server shows the connection without a process, and Recv-Q of the listener "
           "above 0"),
    .command = "ss -tnp sport = :{0}"};

constexpr auto kCauses = std::to_array<Cause>({
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
     .needs = kRepeats,
     .at_server = kDeferAtServer},
    {.id = "overflow-reset",
     .row = "g4",
     .place = Place::Program,
     .claim = N_("The accept queue of port {0} is full, and net.ipv4.tcp_abort_on_overflow resets "
                 "what does not fit."),
     .decided_by = N_("ListenOverflows and TcpExtEmbryonicRsts rise on the server"),
     .command = "nstat -az TcpExtListenOverflows TcpExtEmbryonicRsts",
     .conditions = kOverflowReset,
     .needs = kWasReset,
     .at_server = kOverflowAtServer},
    {.id = "program-ends-it",
     .row = "r4",
     .place = Place::Program,
     .claim =
         N_("The program on port {0}, or something in front of it, ends the connection as soon "
            "as it is there."),
     .decided_by = N_("ListenOverflows does not rise on the server"),
     .command = "nstat -az TcpExtListenOverflows TcpExtTCPAbortOnClose TcpExtTCPAbortOnData",
     .conditions = kProgramEnds,
     .needs = kEnded,
     .at_server = kEndedAtServer},

    {.id = "path-mtu-hole",
     .row = "n",
     .place = Place::Path,
     .claim = N_("Large packets to or from {1} are lost on the way, and nobody says so: a path MTU "
                 "black hole."),
     .decided_by = N_("the same works with small segments (TCP_MAXSEG)"),
     .command = "tracepath -n {1}",
     .conditions = kPathMtu,
     .needs = kWasSilent,
     .at_server = kStuckAtServer},
    {.id = "cookie-ghost",
     .row = "g5",
     .place = Place::Program,
     .claim =
         N_("The server answered with a SYN cookie and then had no room in the accept queue of "
            "port {0}: the connection exists only here."),
     .decided_by = N_("the server has no connection with the client's port"),
     .command = "nstat -az TcpExtSyncookiesRecv TcpExtListenOverflows",
     .conditions = kCookieGhost,
     .needs = kWasNotAcknowledged,
     .at_server = kGhostAtServer},
    {.id = "connection-forgotten",
     .row = "t",
     .place = Place::Path,
     .claim = N_("A firewall or address translator on the way lets the handshake pass, and not the "
                 "data to port {0}."),
     .decided_by = N_("the server has the connection, and received no data on it"),
     .command = "ss -tino sport = :{0}",
     .conditions = kForgotten,
     .needs = kWasNotAcknowledged},
    {.id = "connection-forgotten",
     .row = "t",
     .place = Place::Path,
     .claim = N_("A firewall or address translator on the way has forgotten the connection to port "
                 "{0} while it was idle; a fresh one works."),
     .decided_by = N_("the server has the connection, and received no data on it"),
     .command = "ss -tino sport = :{0}",
     .conditions = kForgottenIdle,
     .needs = kWasIdle},
    {.id = "gone-since",
     .row = "w",
     .place = Place::Path,
     .claim = N_("One end, or the way between them, has gone since the connection to port {0} was "
                 "made: what is sent is acknowledged no more, and a fresh connection gets no "
                 "answer either."),
     .decided_by = N_("the server is off, or the way to it is cut"),
     .command = "ping {1}",
     .conditions = kGoneSince,
     .needs = kWasIdle,
     .at_server = kStuckAtServer},
    {.id = "reader-stopped",
     .row = "r5",
     .place = Place::Program,
     .claim = N_("The program on port {0} has stopped reading: its receive buffer is full, and the "
                 "window is closed."),
     .decided_by = N_("the server shows the connection with a large Recv-Q"),
     .command = "ss -tnp sport = :{0}",
     .conditions = kReaderStopped,
     .needs = kWindowClosed,
     .at_server = kStoppedAtServer},
    {.id = "program-silent",
     .row = "r2",
     .place = Place::Program,
     .claim = N_("The program on port {0} accepts, and does not answer."),
     .decided_by =
         N_("the server shows the connection with a process; Recv-Q tells whether it read"),
     .command = "ss -tnp sport = :{0}",
     .conditions = kProgramSilent,
     .needs = kWasAcknowledged,
     .at_server = kUnreadAtServer},
    seen_as(kNeverAcceptedWords, kNeverAccepted, kWasAcknowledged, kStaysUnaccepted),
    seen_as(kNeverAcceptedWords, kNobodyAccepts, kStaysUnaccepted),
    {.id = "ended-by-request",
     .row = "r4",
     .place = Place::Program,
     .claim =
         N_("The program on port {0}, or something in front of it, ends the connection instead "
            "of answering."),
     .conditions = kResetByRequest,
     .needs = kWasEnded,
     .at_server = kEndedByRequestAtServer},
    {.id = "syn-flood",
     .row = "h2",
     .place = Place::Server,
     .claim = N_("More half-open connections come to the server than its queue holds: it answers "
                 "with SYN cookies, and port {0} still works."),
     .decided_by = N_("TcpExtSyncookiesSent rises on the server"),
     .command = "nstat -az TcpExtSyncookiesSent TcpExtTCPReqQFullDoCookies",
     .conditions = kFlood,
     .needs = kFloodAtServer,
     .at_server = kFloodAtServer},
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
});

}  // namespace

std::span<const Cause> connected_causes() {
    return kCauses;
}

}  // namespace tcpdx::diagnosis::reach
