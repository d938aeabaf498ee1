// A port that cannot be connected to, or not always.

#include <cerrno>
#include <cstring>
#include <map>
#include <memory>

#include "base/i18n.h"
#include "lab/scenario.h"

namespace tcpdx::lab {
namespace {

using Held = std::vector<KernelSocket>;
using std::chrono::milliseconds;

// What the road does with segments to the port.
RoadRule for_port(Fate fate) {
    return [fate](LabEnd from, const wire::TcpSegment& segment) {
        return from == LabEnd::Kernel && segment.destination_port == kPort ? fate : Fate::Passes;
    };
}

enum class Answer : bool { None, Some };

// One connect() of the kernel, on the ladder; then the probe.
Result<> connect_and_probe(Stage& stage, Answer answer, std::vector<std::string> causes,
                           std::size_t count = 1) {
    // As on a real network. Without it an ICMP error comes while connect() is still at work, and
    // the kernel drops it (TcpExtLockDroppedIcmps).
    stage.peer().set_delay(milliseconds(5));
    (void)stage.peer().listen(22);  // a port of the same host that answers, to compare with
    stage.watch(40000, kPort);
    stage.kernel_calls("connect()");
    {
        const auto socket = TRY(KernelSocket::connect({kPeerAddress, kPort}, 40000));
        const int error = socket.connect_error(answer == Answer::Some ? stage.audience().patience()
                                                                      : milliseconds(1500));
        if (error != 0 && error != EINPROGRESS) {
            stage.tell(N_("connect() has failed: {0}."), {std::string(::strerrorname_np(error))});
        } else if (error == EINPROGRESS) {
            stage.tell(N_("connect() still waits after 1.5 s."));
        } else {
            (void)stage.wait_for_peer(TcpState::Established);
            stage.tell(N_("connect() has succeeded."));
        }
        stage.audience().show();
        if (answer == Answer::None) {
            TRY(stage.audience().diagnose(
                {.limits = {"syn-sent=1s"}, .expected = {"syn-sent-stuck"}}));
        }
    }
    return stage.audience().probe({.count = count, .expected = std::move(causes)});
}

Result<> refused(Stage& stage, Held& /*held*/) {
    // A client alone cannot tell these apart: the same RST, with the same TTL.
    return connect_and_probe(stage, Answer::Some,
                             {"port-closed", "other-address-only", "server-reset"});
}

Result<> path_drops(Stage& stage, Held& /*held*/) {
    (void)stage.peer().listen(kPort);
    stage.peer().set_rule(for_port(Fate::GetsLost));
    return connect_and_probe(stage, Answer::None, {"path-drop", "input-drop"});
}

Result<> path_resets(Stage& stage, Held& /*held*/) {
    (void)stage.peer().listen(kPort);
    stage.peer().set_rule(for_port(Fate::IsReset));
    return connect_and_probe(stage, Answer::Some, {"middle-reset"});
}

Result<> path_rejects(Stage& stage, Held& /*held*/) {
    (void)stage.peer().listen(kPort);
    stage.peer().set_rule(for_port(Fate::IsRejected));
    return connect_and_probe(stage, Answer::Some, {"middle-reject"});
}

Result<> path_prohibits(Stage& stage, Held& /*held*/) {
    (void)stage.peer().listen(kPort);
    stage.peer().set_rule(for_port(Fate::IsProhibited));
    return connect_and_probe(stage, Answer::Some, {"middle-prohibits"});
}

Result<> own_firewall_drops(Stage& stage, Held& held) {
    held.push_back(TRY(KernelSocket::listen(kPort)));
    TRY(stage.filter("input", "tcp dport 8080 drop"));
    stage.watch(kPort, 50000);
    stage.peer_calls("connect()");
    (void)stage.peer().connect(50000, kPort);
    (void)stage.wait_for_repeats(LabEnd::Peer, 1);
    stage.tell(N_("The rule is: tcp dport 8080 drop. The peer sends its SYN again and again."));
    std::uint16_t port = 51000;
    return stage.audience().diagnose({.port = kPort,
                                      .limits = {},
                                      .sample = milliseconds(2500),
                                      .meanwhile =
                                          [&] {
                                              for (int i = 0; i < 20; ++i) {
                                                  (void)stage.peer().connect(port++, kPort);
                                              }
                                          },
                                      .expected = {"packets-dropped-before-tcp"}});
}

Result<> bad_backend(Stage& stage, Held& /*held*/) {
    (void)stage.peer().listen(kPort);
    // A load balancer: by turns for each new source port, and always the same for one.
    auto backend = std::make_shared<std::map<std::uint16_t, bool>>();
    stage.peer().set_rule([backend](LabEnd from, const wire::TcpSegment& segment) {
        if (from != LabEnd::Kernel || segment.destination_port != kPort) {
            return Fate::Passes;
        }
        const bool next = backend->size() % 2 == 1;
        const bool bad = backend->try_emplace(segment.source_port, next).first->second;
        return bad ? Fate::IsReset : Fate::Passes;
    });
    return connect_and_probe(stage, Answer::Some, {"backend-refuses"}, 12);
}

const Scenario kScenarios[] = {
    {.name = "refused",
     .title = N_("Nobody listens on the port"),
     .text = N_("The peer is up, and no program listens there. Its kernel answers the SYN with a "
                "RST at once, so SYN_SENT does not last."),
     .play = refused},
    {.name = "firewall-drop",
     .title = N_("A firewall on the road drops the SYN"),
     .text = N_("The server listens, and a firewall in between drops what goes to the port. The "
                "client can only see that nothing comes back."),
     .play = path_drops},
    {.name = "firewall-reset",
     .title = N_("A firewall on the road answers with a RST"),
     .text = N_("To connect() this looks like a port where nobody listens. Only the TTL of the "
                "RST shows that it does not come from the server."),
     .play = path_resets},
    {.name = "firewall-reject",
     .title = N_("A firewall on the road rejects with ICMP"),
     .text = N_("The default of `reject` is ICMP port unreachable. connect() fails with "
                "ECONNREFUSED, though no RST came and the server knows nothing of it."),
     .play = path_rejects},
    {.name = "firewall-prohibit",
     .title = N_("A firewall on the road says that it is prohibited"),
     .text = N_("ICMP administratively prohibited. connect() fails with EHOSTUNREACH (\"No route "
                "to host\"), though the route is in order."),
     .play = path_prohibits},
    {.name = "own-firewall-drop",
     .title = N_("The server's own packet filter drops the SYN"),
     .text = N_("A program listens here, and a rule of nftables drops what arrives for it. The "
                "packets are counted as received, and never reach TCP. Needs the tool nft."),
     .play = own_firewall_drops},
    {.name = "bad-backend",
     .title = N_("Of two servers behind a load balancer one refuses"),
     .text = N_("Every second connection is sent to a server where nothing listens. It \"connects "
                "sometimes\", and each failure comes at once."),
     .play = bad_backend},
};

}  // namespace

std::span<const Scenario> unreachable_scenarios() {
    return kScenarios;
}

}  // namespace tcpdx::lab
