// Faults of programs.

#include "base/i18n.h"
#include "lab/scenario.h"
#include "lab/tls_server.h"

namespace tcpdx::lab {
namespace {

using Held = std::vector<KernelSocket>;
using std::chrono::milliseconds;

Result<> close_wait_leak(Stage& stage, Held& held) {
    auto pair = TRY(stage.open_from_peer());
    constexpr int kMore = 9;
    for (std::uint16_t port = 51000; port < 51000 + kMore; ++port) {
        const auto id = stage.peer().connect(port, kPort);
        auto accepted = pair.listener.accept(stage.audience().patience());
        if (id && accepted) {
            stage.peer().close(*id);
            (void)accepted->read(stage.audience().patience());
            held.push_back(*std::move(accepted));
        }
    }
    stage.peer_calls("close()");
    stage.peer().close(pair.peer);
    (void)stage.wait_for_kernel(TcpState::CloseWait);
    stage.kernel_calls("read()");
    (void)pair.kernel.read(stage.audience().patience());
    stage.tell(N_("{0} clients came, and closed. The program has read the end of each stream and "
                  "has not called close()."),
               {std::int64_t{kMore + 1}});
    stage.pause(milliseconds(1500));
    held.push_back(std::move(pair.kernel));
    held.push_back(std::move(pair.listener));
    return stage.audience().diagnose(
        {.limits = {"close-wait=1s"}, .expected = {"close-wait-leak"}});
}

Result<> never_accepted(Stage& stage, Held& held) {
    held.push_back(TRY(KernelSocket::listen(kPort)));
    stage.watch(kPort, 50000);
    stage.peer_calls("connect()");
    (void)stage.peer().connect(50000, kPort);
    (void)stage.wait_for_kernel(TcpState::Established);
    stage.pause(milliseconds(1500));
    stage.tell(N_("The client is connected; the program has not called accept()."));
    return stage.audience().diagnose(
        {.limits = {"never-accepted=1s"}, .expected = {"established-never-accepted"}});
}

Result<> data_unread(Stage& stage, Held& held) {
    auto pair = TRY(stage.open_from_peer());
    stage.peer_calls("send()");
    (void)stage.peer().send(pair.peer, "a question");
    stage.pause(milliseconds(1500));
    stage.tell(N_("The client has asked; the program does not read."));
    held.push_back(std::move(pair.listener));
    held.push_back(std::move(pair.kernel));
    return stage.audience().diagnose({.limits = {"unread-data=1s"}, .expected = {"data-unread"}});
}

Result<> expired_certificate(Stage& stage, Held& /*held*/) {
    const auto server = TRY(TlsServer::start(8443));
    stage.tell(
        N_("A TLS server on port 8443 shows a certificate that ended yesterday. TCP is in "
           "order."));
    return stage.audience().probe(
        {.host = kKernelText, .port = 8443, .tls = true, .expected = {"certificate-expired"}});
}

const Scenario kScenarios[] = {
    {.name = "close-wait-leak",
     .title = N_("A program forgets to close what its clients have closed"),
     .text = N_("Each client leaves a socket in CLOSE_WAIT behind, until the program has no file "
                "descriptors left."),
     .play = close_wait_leak},
    {.name = "never-accepted",
     .title = N_("A connection that the program does not know of"),
     .text = N_("The kernel completes the handshake by itself. Until the program calls accept(), "
                "the connection is ESTABLISHED and belongs to nobody."),
     .play = never_accepted},
    {.name = "data-unread",
     .title = N_("The program does not read what has come"),
     .text = N_("The network has delivered it and the kernel has acknowledged it: Recv-Q is not "
                "zero. The program is busy or hangs."),
     .play = data_unread},
    {.name = "expired-certificate",
     .title = N_("The port answers, and the certificate has expired"),
     .text = N_("TCP connects; the TLS handshake fails. Users say \"it does not connect\" all the "
                "same."),
     .play = expired_certificate},
};

}  // namespace

std::span<const Scenario> program_scenarios() {
    return kScenarios;
}

}  // namespace tcpdx::lab
