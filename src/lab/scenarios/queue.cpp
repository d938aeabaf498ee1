// What fills up in front of a server program.

#include "base/i18n.h"
#include "lab/scenario.h"

namespace tcpdx::lab {
namespace {

using Held = std::vector<KernelSocket>;
using std::chrono::milliseconds;

Result<> accept_queue_full(Stage& stage, Held& held) {
    held.push_back(TRY(KernelSocket::listen(kPort, 2)));
    for (std::uint16_t port = 50001; port < 50004; ++port) {
        (void)stage.peer().connect(port, kPort);
    }
    (void)stage.wait_until([&] {
        const auto listener = stage.audience().socket({IpAddress::any(IpFamily::V4), kPort},
                                                      {IpAddress::any(IpFamily::V4), 0});
        return listener && listener->accept_queue == 3U;
    });
    stage.watch(kPort, 50000);
    stage.peer_calls("connect()");
    (void)stage.peer().connect(50000, kPort);
    (void)stage.wait_for_repeats(LabEnd::Peer, 2);
    stage.tell(
        N_("The program listens with a backlog of 2 and never calls accept(). Three "
           "connections wait; the SYN of the fourth is dropped without an answer."));
    return stage.audience().diagnose({.port = kPort,
                                      .limits = {},
                                      .sample = milliseconds(2000),
                                      .expected = {"accept-queue-full"}});
}

Result<> flood(Stage& stage, Held& held, const std::string& cookies,
               const lab::Diagnosis& diagnosis) {
    TRY(set_option("net.ipv4.tcp_syncookies", cookies));
    TRY(set_option("net.ipv4.tcp_max_syn_backlog", "64"));
    // Without cookies the limit is that of the option above, and the backlog is larger: where half
    // of it is taken, the kernel gives up half-open connections early (reqsk_timer_handler()).
    held.push_back(TRY(KernelSocket::listen(kPort, cookies == "0" ? 1024 : 64)));
    // 198.18.0.0/15 is for benchmarks (RFC 2544): nobody answers there.
    constexpr std::uint32_t kNobody = 0xC6120000;
    const auto send_syns = [&stage](std::uint32_t first) {
        for (std::uint32_t i = 0; i < 300; ++i) {
            stage.peer().send_forged_syn(kNobody + first + i, 1024, kPort);
        }
    };
    send_syns(1);
    stage.tell(N_("300 SYNs from addresses where nobody answers have come."));
    stage.pause(milliseconds(3200));
    lab::Diagnosis wanted = diagnosis;
    wanted.meanwhile = [send_syns] { send_syns(1000); };
    wanted.sample = milliseconds(2000);
    TRY(stage.audience().diagnose(wanted));
    // What a client sees meanwhile.
    const auto good = stage.peer().connect(50000, kPort);
    const bool open = good && stage.wait_until(milliseconds(2000), [&] {
        return stage.peer().state(50000, kPort) == TcpState::Established;
    });
    stage.tell(open ? N_("An honest client connects during the flood.")
                    : N_("An honest client does not connect during the flood."));
    return {};
}

Result<> flood_with_cookies(Stage& stage, Held& held) {
    return flood(
        stage, held, "1",
        {.limits = {}, .expected = {"syn-cookies-in-use"}, .allowed = {"syn-received-pile-up"}});
}

Result<> flood_without_cookies(Stage& stage, Held& held) {
    return flood(stage, held, "0",
                 {.limits = {"syn-received=1s"}, .expected = {"syn-received-pile-up"}});
}

const Scenario kScenarios[] = {
    {.name = "accept-queue-full",
     .title = N_("The program does not accept, and the queue is full"),
     .text = N_("Complete connections wait in the accept queue until the program calls accept(). "
                "When it is full, Linux drops new SYNs without a word: to a client this looks "
                "like a firewall."),
     .play = accept_queue_full},
    {.name = "syn-flood",
     .title = N_("A SYN flood, with SYN cookies"),
     .text = N_("With net.ipv4.tcp_syncookies = 1 (the default) the queue of half-open "
                "connections is full and does not matter: further SYNs are answered without "
                "keeping anything. All of it stays inside the lab."),
     .play = flood_with_cookies},
    {.name = "syn-flood-without-cookies",
     .title = N_("A SYN flood, without SYN cookies"),
     .text = N_("With net.ipv4.tcp_syncookies = 0 the half-open connections of the flood fill the "
                "queue, and honest SYNs are dropped. All of it stays inside the lab."),
     .play = flood_without_cookies},
};

}  // namespace

std::span<const Scenario> queue_scenarios() {
    return kScenarios;
}

}  // namespace tcpdx::lab
