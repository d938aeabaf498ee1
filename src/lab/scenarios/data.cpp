// Established, and yet nothing moves.

#include "base/i18n.h"
#include "lab/scenario.h"

namespace tcpdx::lab {
namespace {

using Held = std::vector<KernelSocket>;
using std::chrono::milliseconds;

Result<> zero_window(Stage& stage, Held& held) {
    auto pair = TRY(stage.open_from_kernel());
    const std::string block(65536, 'x');
    stage.kernel_calls("send()");
    std::size_t taken = 0;
    (void)stage.wait_until([&] {
        taken += pair.kernel.send(block);
        const auto socket = stage.kernel_socket();
        return socket && socket->timer && socket->timer->kind == TimerKind::ZeroWindow;
    });
    taken += pair.kernel.send(block);
    stage.tell(N_("The program here has handed over {0} before send() would block. The peer's "
                  "program reads nothing, so its window is closed."),
               {Bytes{taken}});
    (void)stage.wait_for_timer(TimerKind::ZeroWindow, 4);  // some of its questions
    held.push_back(std::move(pair.kernel));
    return stage.audience().diagnose(
        {.limits = {"unacknowledged=1s"}, .expected = {"data-unacknowledged"}});
}

Result<> retransmission(Stage& stage, Held& held) {
    auto pair = TRY(stage.open_from_kernel());
    stage.kernel_calls("send()");
    (void)pair.kernel.send("arrives");
    (void)stage.wait_until_acknowledged();
    stage.peer().set_rule([](LabEnd from, const wire::TcpSegment&) {
        return from == LabEnd::Kernel ? Fate::GetsLost : Fate::Passes;
    });
    stage.kernel_calls("send()");
    (void)pair.kernel.send("gets lost");
    (void)stage.wait_for_timer(TimerKind::Retransmit, 5);
    stage.tell(
        N_("Each retransmission comes about twice as long after the one before. The kernel gives "
           "up with ETIMEDOUT after about 15 minutes (net.ipv4.tcp_retries2 = 15)."));
    held.push_back(std::move(pair.kernel));
    return stage.audience().diagnose(
        {.limits = {"unacknowledged=1s"}, .expected = {"data-unacknowledged"}});
}

Result<> forgotten_by_translator(Stage& stage, Held& held) {
    auto pair = TRY(stage.open_from_kernel());
    stage.kernel_calls("send()");
    (void)pair.kernel.send("hello");
    (void)stage.wait_until([&] { return stage.peer().read(pair.peer) > 0; });
    stage.pause(milliseconds(1500));
    stage.tell(N_("Nothing was sent for a while, and neither end checks that the other is there."));
    TRY(stage.audience().diagnose(
        {.limits = {"idle=1s"}, .harmless = true, .expected = {"idle-without-keepalive"}}));
    stage.peer().set_rule([](LabEnd from, const wire::TcpSegment& segment) {
        const auto port = from == LabEnd::Kernel ? segment.source_port : segment.destination_port;
        return port == 40000 ? Fate::GetsLost : Fate::Passes;
    });
    stage.kernel_calls("send()");
    (void)pair.kernel.send("is anybody there?");
    (void)stage.wait_for_timer(TimerKind::Retransmit, 3);
    stage.tell(
        N_("The address translator has forgotten the connection. What is sent now vanishes; "
           "a new connection to the same port works."));
    const auto other = TRY(KernelSocket::connect({kPeerAddress, kPort}, 40001));
    if (other.connect_error(stage.audience().patience()) == 0) {
        stage.tell(N_("A new connect() has succeeded."));
    }
    held.push_back(std::move(pair.kernel));
    return stage.audience().diagnose(
        {.limits = {"unacknowledged=1s"}, .expected = {"data-unacknowledged"}});
}

const Scenario kScenarios[] = {
    {.name = "zero-window",
     .title = N_("The peer's program does not read"),
     .text = N_("The peer's buffer is full, so it offers a window of zero. The kernel here keeps "
                "the data and asks again and again whether there is room. The network is in "
                "order."),
     .play = zero_window},
    {.name = "retransmission",
     .title = N_("What is sent gets lost, again and again"),
     .text = N_("The road loses everything that this kernel sends from some moment on. The ladder "
                "shows when it tries again."),
     .play = retransmission},
    {.name = "nat-forgets",
     .title = N_("An address translator forgets an idle connection"),
     .text = N_("NAT and stateful firewalls forget a connection on which nothing passes, often "
                "after some minutes. Both ends still show ESTABLISHED."),
     .play = forgotten_by_translator},
};

}  // namespace

std::span<const Scenario> data_scenarios() {
    return kScenarios;
}

}  // namespace tcpdx::lab
