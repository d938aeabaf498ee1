// Local ports that run out, and what helps.

#include <cerrno>

#include "base/i18n.h"
#include "lab/scenario.h"

namespace tcpdx::lab {
namespace {

using Held = std::vector<KernelSocket>;
using std::chrono::milliseconds;

// Opens and closes connections, this end first, until connect() fails or `most` were made.
struct Tries {
    std::int64_t opened = 0;
    int error = 0;
};

Tries open_and_close(Stage& stage, FarHost::Handle listener, std::uint16_t port, int most) {
    Tries tries;
    while (tries.opened < most) {
        auto socket = KernelSocket::connect({kPeerAddress, port});
        if (!socket) {
            tries.error = socket.error().os_error;
            return tries;
        }
        if (socket->connect_error(milliseconds(1000)) != 0) {
            return tries;
        }
        std::optional<FarHost::Handle> accepted;
        (void)stage.wait_until([&] {
            accepted = stage.peer().accept(listener);
            return accepted.has_value();
        });
        socket->close();
        if (accepted) {
            stage.peer().close(*accepted);
        }
        ++tries.opened;
    }
    return tries;
}

void tell_result(Stage& stage, const Tries& tries) {
    if (tries.error == EADDRNOTAVAIL) {
        stage.tell(N_("Then {0} connections could be made, and after them connect() failed with "
                      "EADDRNOTAVAIL."),
                   {tries.opened});
    } else {
        stage.tell(N_("Then {0} of {0} connections could be made."), {tries.opened});
    }
}

Result<> ports_used_up(Stage& stage, Held& /*held*/) {
    TRY(set_option("net.ipv4.ip_local_port_range", "40000 40019"));
    const auto listener = stage.peer().listen(kPort);
    const auto other_listener = stage.peer().listen(kPort + 1);
    const Tries first = open_and_close(stage, listener, kPort, 100);
    stage.tell(N_("With only 20 local ports (net.ipv4.ip_local_port_range), {0} connections were "
                  "made and closed here first. Each port is in TIME_WAIT now."),
               {first.opened});
    if (first.error == EADDRNOTAVAIL) {
        stage.tell(
            N_("The next connect() has failed at once with EADDRNOTAVAIL. No packet was "
               "sent, and no counter of the kernel shows it."));
    }
    TRY(stage.audience().diagnose({.limits = {}, .expected = {"local-ports-running-out"}}));

    stage.tell(
        N_("Not a remedy: net.ipv4.tcp_fin_timeout = 5. TIME_WAIT lasts 60 s whatever it "
           "says."));
    TRY(set_option("net.ipv4.tcp_fin_timeout", "5"));
    tell_result(stage, open_and_close(stage, listener, kPort, 10));

    stage.tell(N_("Another port of the same server: the limit is per destination."));
    tell_result(stage, open_and_close(stage, other_listener, kPort + 1, 10));

    stage.tell(N_("Remedy: a wider net.ipv4.ip_local_port_range."));
    TRY(set_option("net.ipv4.ip_local_port_range", "40000 40029"));
    tell_result(stage, open_and_close(stage, listener, kPort, 10));

    stage.tell(
        N_("Remedy: net.ipv4.tcp_tw_reuse = 1, for connections that this end opens. The "
           "TIME_WAIT has to be older than 1 s, and both ends need timestamps."));
    TRY(set_option("net.ipv4.tcp_tw_reuse", "1"));
    stage.pause(milliseconds(1500));
    tell_result(stage, open_and_close(stage, listener, kPort, 10));

    stage.tell(N_("The best remedy is in the program: keep connections open and use them again."));
    return {};
}

const Scenario kScenarios[] = {
    {.name = "ports-used-up",
     .title = N_("TIME_WAIT fills the local ports, until EADDRNOTAVAIL"),
     .text = N_("A client that opens and closes many connections to one server leaves a TIME_WAIT "
                "for each, and each takes one local port for that server for 60 s. Then each "
                "remedy is tried."),
     .play = ports_used_up},
};

}  // namespace

std::span<const Scenario> port_scenarios() {
    return kScenarios;
}

}  // namespace tcpdx::lab
