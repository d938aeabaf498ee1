// How connections come up.

#include "base/i18n.h"
#include "lab/scenario.h"

namespace tcpdx::lab {
namespace {

using Held = std::vector<KernelSocket>;

Result<> three_way_open(Stage& stage, Held& held) {
    auto pair = TRY(stage.open_from_kernel());
    stage.tell(N_("Both ends are in ESTABLISHED after three segments."));
    held.push_back(std::move(pair.kernel));
    return stage.audience().diagnose({});
}

// Two SYNs meet on the road, so no end ever listens.
Result<> simultaneous_open(Stage& stage, Held& held) {
    stage.hold_the_road();
    stage.watch(40000, 50000);
    stage.kernel_calls("connect()");
    held.push_back(TRY(KernelSocket::connect({kPeerAddress, 50000}, 40000)));
    stage.peer_calls("connect()");
    (void)stage.peer().connect(50000, 40000);
    stage.release_the_road("SYN");
    if (held.back().connect_error(stage.audience().patience()) == 0) {
        stage.tell(N_("connect() has succeeded at both ends, and neither ever listened."));
    }
    (void)stage.wait_for_peer(TcpState::Established);
    return stage.audience().diagnose({});
}

const Scenario kScenarios[] = {
    {.name = "three-way-open",
     .title = N_("A connection comes up in three segments"),
     .text = N_("The ordinary way: SYN, SYN+ACK, ACK. The end that asked is in ESTABLISHED one "
                "segment before the one that was asked."),
     .play = three_way_open},
    {.name = "simultaneous-open",
     .title = N_("Both ends call connect() to each other"),
     .text = N_("Both SYNs are on the way at once. Each end answers the other's, and one "
                "connection results. It is rare outside of tests and of programs that punch holes "
                "into firewalls."),
     .play = simultaneous_open},
};

}  // namespace

std::span<const Scenario> opening_scenarios() {
    return kScenarios;
}

}  // namespace tcpdx::lab
