// How connections go down.

#include "base/i18n.h"
#include "lab/scenario.h"

namespace tcpdx::lab {
namespace {

using Held = std::vector<KernelSocket>;
using std::chrono::milliseconds;

Result<> four_way_close(Stage& stage, Held& /*held*/) {
    auto pair = TRY(stage.open_from_kernel());
    stage.kernel_calls("close()");
    pair.kernel.close();
    (void)stage.wait_for_peer(TcpState::CloseWait);
    stage.peer_calls("close()");
    stage.peer().close(pair.peer);
    (void)stage.wait_for_kernel(TcpState::TimeWait);
    stage.tell(N_("This end closed first, so TIME_WAIT is here."));
    return stage.audience().diagnose({});
}

Result<> close_by_peer(Stage& stage, Held& held) {
    auto pair = TRY(stage.open_from_kernel());
    stage.peer_calls("close()");
    stage.peer().close(pair.peer);
    (void)stage.wait_for_kernel(TcpState::CloseWait);
    stage.kernel_calls("close()");
    pair.kernel.close();
    (void)stage.wait_until([&] { return !stage.kernel_socket(); });
    (void)stage.wait_for_peer(TcpState::TimeWait);
    stage.tell(N_("The peer closed first, so TIME_WAIT is there and nothing is left here."));
    held.clear();
    return stage.audience().diagnose({});
}

Result<> simultaneous_close(Stage& stage, Held& /*held*/) {
    auto pair = TRY(stage.open_from_kernel());
    stage.hold_the_road();
    stage.kernel_calls("close()");
    pair.kernel.close();
    stage.peer_calls("close()");
    stage.peer().close(pair.peer);
    stage.release_the_road("FIN+ACK");
    (void)stage.wait_for_kernel(TcpState::TimeWait);
    (void)stage.wait_for_peer(TcpState::TimeWait);
    stage.tell(N_("Both ends closed first, so both have TIME_WAIT."));
    return stage.audience().diagnose({});
}

Result<> half_close(Stage& stage, Held& held) {
    auto pair = TRY(stage.open_from_kernel());
    stage.kernel_calls("shutdown()");
    pair.kernel.shutdown_send();
    (void)stage.wait_for_peer(TcpState::CloseWait);
    stage.peer_calls("send()");
    (void)stage.peer().send(pair.peer, "the answer still arrives");
    const auto got = pair.kernel.read(stage.audience().patience());
    stage.tell(N_("After its FIN this end still got {0} bytes."),
               {static_cast<std::int64_t>(got.value_or(0))});
    stage.pause(milliseconds(1500));
    held.push_back(std::move(pair.kernel));
    return stage.audience().diagnose(
        {.limits = {"fin-wait2-held=1s"}, .expected = {"fin-wait2-held"}});
}

Result<> lost_final_ack(Stage& stage, Held& held) {
    auto pair = TRY(stage.open_from_peer());
    stage.peer_calls("close()");
    stage.peer().close(pair.peer);
    (void)stage.wait_for_kernel(TcpState::CloseWait);
    (void)stage.wait_for_peer(TcpState::FinWait2);
    stage.peer().set_rule([](LabEnd from, const wire::TcpSegment&) {
        return from == LabEnd::Peer ? Fate::GetsLost : Fate::Passes;
    });
    stage.kernel_calls("close()");
    pair.kernel.close();
    (void)stage.wait_for_kernel(TcpState::LastAck);
    (void)stage.wait_for_timer(TimerKind::Retransmit, 3);
    stage.tell(N_("The FIN goes out again and again, and the peer in TIME_WAIT answers each."));
    held.push_back(std::move(pair.listener));
    TRY(stage.audience().diagnose({.limits = {"closing=1s"}, .expected = {"closing-stuck"}}));
    stage.peer().set_rule({});
    if (stage.wait_until([&] { return !stage.kernel_socket(); })) {
        stage.tell(N_("Now that the road is whole again, the next ACK has ended LAST_ACK."));
    }
    return {};
}

Result<> peer_power_off(Stage& stage, Held& held) {
    auto pair = TRY(stage.open_from_kernel());
    stage.kernel_calls("send()");
    (void)pair.kernel.send("before");
    (void)stage.wait_until_acknowledged();
    stage.peer().set_rule([](LabEnd, const wire::TcpSegment&) { return Fate::GetsLost; });
    stage.tell(N_("The peer's plug is pulled: nothing passes any more, and nobody says so."));
    stage.kernel_calls("send()");
    (void)pair.kernel.send("after");
    (void)stage.wait_for_timer(TimerKind::Retransmit, 3);
    held.push_back(std::move(pair.kernel));
    return stage.audience().diagnose(
        {.limits = {"unacknowledged=1s"}, .expected = {"data-unacknowledged"}});
}

const Scenario kScenarios[] = {
    {.name = "four-way-close",
     .title = N_("A connection goes down in four segments"),
     .text = N_("The ordinary way: FIN, ACK, FIN, ACK. The end that closes first is the one that "
                "has TIME_WAIT afterwards, be it client or server."),
     .play = four_way_close},
    {.name = "close-by-peer",
     .title = N_("The peer closes first"),
     .text = N_("The same close from the other side: here the states are CLOSE_WAIT and LAST_ACK, "
                "and no TIME_WAIT stays behind."),
     .play = close_by_peer},
    {.name = "simultaneous-close",
     .title = N_("Both ends close at once"),
     .text = N_("Both FINs are on the way at the same time. Both ends pass through CLOSING, and "
                "both get TIME_WAIT."),
     .play = simultaneous_close},
    {.name = "half-close",
     .title = N_("One end is done with sending, and still reads"),
     .text = N_("shutdown() sends a FIN and leaves the other direction open. As long as the peer "
                "does not close, this end stays in FIN_WAIT2, without any time limit since a "
                "program still has the socket."),
     .play = half_close},
    {.name = "lost-final-ack",
     .title = N_("The last ACK of a close gets lost"),
     .text = N_("The peer closed first and answers the FIN from TIME_WAIT; the road loses its "
                "ACKs. That is what TIME_WAIT is for: the peer can answer again."),
     .play = lost_final_ack},
    {.name = "peer-power-off",
     .title = N_("The peer's power is cut"),
     .text = N_("A host without power sends no FIN and no RST. The kernel here notices only when "
                "it sends something, and then for a quarter of an hour it only tries again "
                "(net.ipv4.tcp_retries2)."),
     .play = peer_power_off},
};

}  // namespace

std::span<const Scenario> closing_scenarios() {
    return kScenarios;
}

}  // namespace tcpdx::lab
