// Each state of RFC 9293, 3.3.2, brought about on the kernel's socket and held there.

#include "base/i18n.h"
#include "lab/scenario.h"

namespace tcpdx::lab {
namespace {

using Held = std::vector<KernelSocket>;

// From now on nothing from this end arrives, as when a cable was pulled.
void cut(Stage& stage, LabEnd from) {
    stage.peer().set_rule([from](LabEnd sender, const wire::TcpSegment&) {
        return sender == from ? Fate::GetsLost : Fate::Passes;
    });
}

Result<> listen(Stage& stage, Held& held) {
    stage.watch(kPort, 0);
    stage.kernel_calls("listen()");
    held.push_back(TRY(KernelSocket::listen(kPort)));
    return {};
}

Result<> syn_sent(Stage& stage, Held& held) {
    cut(stage, LabEnd::Kernel);
    stage.watch(40000, kPort);
    stage.kernel_calls("connect()");
    held.push_back(TRY(KernelSocket::connect({kPeerAddress, kPort}, 40000)));
    (void)stage.wait_for_kernel(TcpState::SynSent);
    (void)stage.wait_for_repeats(LabEnd::Kernel, 1);
    return {};
}

Result<> syn_received(Stage& stage, Held& held) {
    held.push_back(TRY(KernelSocket::listen(kPort)));
    stage.peer().set_rule([](LabEnd sender, const wire::TcpSegment& segment) {
        return sender == LabEnd::Peer && !segment.flags.syn ? Fate::GetsLost : Fate::Passes;
    });
    stage.watch(kPort, 50000);
    stage.peer_calls("connect()");
    (void)stage.peer().connect(50000, kPort);
    (void)stage.wait_for_kernel(TcpState::SynReceived);
    (void)stage.wait_for_peer(TcpState::Established);
    (void)stage.wait_for_repeats(LabEnd::Kernel, 1);
    return {};
}

Result<> established(Stage& stage, Held& held) {
    auto pair = TRY(stage.open_from_kernel());
    stage.kernel_calls("send()");
    (void)pair.kernel.send("hello");
    (void)stage.wait_until([&] { return stage.peer().read(pair.peer) > 0; });
    stage.peer_calls("send()");
    (void)stage.peer().send(pair.peer, "answer");
    (void)pair.kernel.read(stage.audience().patience());
    (void)stage.wait_until([&] {
        const auto rungs = stage.peer().rungs();
        return rungs.back().from == LabEnd::Kernel && rungs.back().segment == "ACK";
    });
    held.push_back(std::move(pair.kernel));
    return {};
}

Result<> fin_wait_1(Stage& stage, Held& held) {
    auto pair = TRY(stage.open_from_kernel());
    stage.pause(std::chrono::milliseconds(50));
    cut(stage, LabEnd::Kernel);
    stage.kernel_calls("close()");
    pair.kernel.close();
    (void)stage.wait_for_kernel(TcpState::FinWait1);
    (void)stage.wait_for_repeats(LabEnd::Kernel, 2);
    held.clear();
    return {};
}

Result<> fin_wait_2(Stage& stage, Held& /*held*/) {
    auto pair = TRY(stage.open_from_kernel());
    stage.kernel_calls("close()");
    pair.kernel.close();
    (void)stage.wait_for_kernel(TcpState::FinWait2);
    (void)stage.wait_for_peer(TcpState::CloseWait);
    return {};
}

Result<> closing(Stage& stage, Held& /*held*/) {
    auto pair = TRY(stage.open_from_kernel());
    stage.pause(std::chrono::milliseconds(50));
    cut(stage, LabEnd::Kernel);
    stage.kernel_calls("close()");
    pair.kernel.close();
    (void)stage.wait_for_kernel(TcpState::FinWait1);
    (void)stage.wait_for_segment(LabEnd::Kernel, "FIN+ACK");
    stage.peer_calls("close()");
    stage.peer().close(pair.peer);
    (void)stage.wait_for_kernel(TcpState::Closing);
    return {};
}

Result<> time_wait(Stage& stage, Held& /*held*/) {
    auto pair = TRY(stage.open_from_kernel());
    stage.kernel_calls("close()");
    pair.kernel.close();
    (void)stage.wait_for_peer(TcpState::CloseWait);
    stage.peer_calls("close()");
    stage.peer().close(pair.peer);
    (void)stage.wait_for_kernel(TcpState::TimeWait);
    (void)stage.wait_for_peer(TcpState::Closed);
    return {};
}

Result<> close_wait(Stage& stage, Held& held) {
    auto pair = TRY(stage.open_from_peer());
    stage.peer_calls("close()");
    stage.peer().close(pair.peer);
    (void)stage.wait_for_kernel(TcpState::CloseWait);
    (void)stage.wait_for_peer(TcpState::FinWait2);
    held.push_back(std::move(pair.listener));
    held.push_back(std::move(pair.kernel));
    return {};
}

Result<> last_ack(Stage& stage, Held& held) {
    auto pair = TRY(stage.open_from_peer());
    stage.peer_calls("close()");
    stage.peer().close(pair.peer);
    (void)stage.wait_for_kernel(TcpState::CloseWait);
    (void)stage.wait_for_peer(TcpState::FinWait2);
    cut(stage, LabEnd::Peer);
    stage.kernel_calls("close()");
    pair.kernel.close();
    (void)stage.wait_for_kernel(TcpState::LastAck);
    (void)stage.wait_for_repeats(LabEnd::Kernel, 1);
    held.push_back(std::move(pair.listener));
    return {};
}

const Scenario kScenarios[] = {
    {.name = "LISTEN",
     .title = N_("A server waits for connections"),
     .text = N_("A program has called listen(). The socket belongs to no connection: each SYN that "
                "arrives gets a socket of its own."),
     .ending = N_("It lasts until the program closes the socket. No timer ends it."),
     .holds = TcpState::Listen,
     .play = listen},
    {.name = "SYN_SENT",
     .title = N_("A client has asked, and nothing comes back"),
     .text =
         N_("The kernel has sent a SYN and got no answer at all: here the road loses it. On a real "
            "network that is a firewall that drops, a full accept queue, a missing route back or a "
            "host that is off. It is not a port where nobody listens: that answers with a RST at "
            "once."),
     .ending =
         N_("A SYN+ACK, a RST or an ICMP error ends it. Otherwise the SYN is sent again and again, "
            "and connect() fails with ETIMEDOUT after the last one (net.ipv4.tcp_syn_retries, "
            "net.ipv4.tcp_syn_linear_timeouts)."),
     .holds = TcpState::SynSent,
     .play = syn_sent},
    {.name = "SYN_RECV",
     .title = N_("A server has answered, and the client's last ACK does not come"),
     .text =
         N_("A SYN came and the kernel answered with SYN+ACK. The third segment of the handshake "
            "is lost on the road, so the peer is ESTABLISHED already and this end is not. Linux "
            "keeps no full socket for it yet: no program owns it."),
     .ending =
         N_("The ACK, or any data from the peer, completes it, and a RST ends it. Otherwise the "
            "SYN+ACK is sent again net.ipv4.tcp_synack_retries times, and then the half-open "
            "connection is dropped without a word to any program."),
     .holds = TcpState::SynReceived,
     .play = syn_received},
    {.name = "ESTABLISHED",
     .title = N_("Both ends can send"),
     .text = N_("The handshake is complete and a question and an answer have passed."),
     .ending = N_("Only a close, a reset or unacknowledged data ends it. When nothing is sent and "
                  "SO_KEEPALIVE is off, as here, it lasts for ever, even if the peer is gone."),
     .holds = TcpState::Established,
     .play = established},
    {.name = "FIN_WAIT1",
     .title = N_("This end has closed, and its FIN is not acknowledged"),
     .text =
         N_("The program has called close(), and the FIN is lost on the road. The socket has no "
            "process any more; the kernel sends the FIN again by itself."),
     .ending = N_("An ACK of the FIN leads to FIN_WAIT2. Without one the kernel gives up after "
                  "net.ipv4.tcp_orphan_retries retransmissions, each twice as far apart as the one "
                  "before (0 means 8: about 105 to 120 s)."),
     .holds = TcpState::FinWait1,
     .play = fin_wait_1},
    {.name = "FIN_WAIT2",
     .title = N_("This end has closed, and the peer has not"),
     .text = N_("The program has called close(), and the peer has acknowledged the FIN. The peer's "
                "program has not closed yet: the peer is in CLOSE_WAIT."),
     .ending =
         N_("The peer's FIN leads to TIME_WAIT. Without it the kernel forgets the connection after "
            "net.ipv4.tcp_fin_timeout, since no process has it any more. A program that only "
            "called shutdown() would wait without a limit."),
     .holds = TcpState::FinWait2,
     .play = fin_wait_2},
    {.name = "CLOSING",
     .title = N_("Both ends have closed at the same time"),
     .text =
         N_("Both FINs were on the way at once. The peer's has arrived here; this end's is lost on "
            "the road, so it is not acknowledged. Usually this state is over within a round trip."),
     .ending = N_("An ACK of the FIN leads to TIME_WAIT. Without one the kernel gives up after "
                  "net.ipv4.tcp_orphan_retries retransmissions, each twice as far apart as the one "
                  "before (0 means 8: about 105 to 120 s)."),
     .holds = TcpState::Closing,
     .play = closing},
    {.name = "TIME_WAIT",
     .title = N_("The end that closed first remembers the connection"),
     .text =
         N_("This end has closed first, the peer after it. The peer is done; this end stays, so "
            "that it can answer if its last ACK got lost, and so that late segments do not "
            "reach a new connection. It costs no process and almost no memory."),
     .ending =
         N_("60 s, fixed in the kernel: tcp_fin_timeout does not change it. A repeated "
            "FIN of the peer starts the 60 s again; a new SYN from the peer can end it early."),
     .holds = TcpState::TimeWait,
     .play = time_wait},
    {.name = "CLOSE_WAIT",
     .title = N_("The peer has closed, and the program here has not"),
     .text = N_("The peer's FIN has arrived and is acknowledged. Now it is the turn of the program "
                "here: read() gives 0, and it should call close()."),
     .ending =
         N_("Only the program ends it, by close() or by its own end. No kernel option and no timer "
            "does, unless SO_KEEPALIVE is on and the peer has forgotten the connection."),
     .holds = TcpState::CloseWait,
     .play = close_wait},
    {.name = "LAST_ACK",
     .title = N_("This end has closed second, and its FIN is not acknowledged"),
     .text = N_("The peer closed first, then the program here. The peer has got the FIN and is in "
                "TIME_WAIT; its ACK is lost on the road."),
     .ending = N_("The ACK ends it, without a TIME_WAIT. Without one the kernel gives up after "
                  "net.ipv4.tcp_orphan_retries retransmissions, each twice as far apart as the one "
                  "before (0 means 8: about 105 to 120 s)."),
     .holds = TcpState::LastAck,
     .play = last_ack},
};

}  // namespace

std::span<const Scenario> state_scenarios() {
    return kScenarios;
}

}  // namespace tcpdx::lab
