#include "lab/stage.h"

#include <poll.h>

#include <algorithm>

#include "base/i18n.h"

namespace tcpdx::lab {
namespace {

constexpr std::uint16_t kKernelPort = 40000;
constexpr std::uint16_t kPeerPort = 50000;
// The kernel's timers are doubled each time.
constexpr std::chrono::seconds kTimersPatience(30);

tl::unexpected<Error> not_connected() {
    return failure(ErrorCode::TryAgain, N_("connecting both ends of the lab"));
}

}  // namespace

void Stage::watch(std::uint16_t kernel_port, std::uint16_t peer_port) {
    kernel_port_ = kernel_port;
    peer_port_ = peer_port;
    peer_.watch(kernel_port, peer_port);
    on_watch_();
}

Result<Stage::Pair> Stage::open_from_kernel() {
    const auto listener = peer_.listen(kPort);
    watch(kKernelPort, kPort);
    kernel_calls("connect()");
    Pair pair{.listener = {}, .kernel = {}, .peer = {}};
    pair.kernel = TRY(KernelSocket::connect({kPeerAddress, kPort}, kKernelPort));
    if (pair.kernel.connect_error(audience_.patience()) != 0 ||
        !wait_for_peer(TcpState::Established)) {
        return not_connected();
    }
    peer_calls("accept()");
    const auto accepted = peer_.accept(listener);
    if (!accepted) {
        return not_connected();
    }
    pair.peer = *accepted;
    pair.kernel_port = kKernelPort;
    pair.peer_port = kPort;
    return pair;
}

Result<Stage::Pair> Stage::open_from_peer() {
    Pair pair{.listener = TRY(KernelSocket::listen(kPort)), .kernel = {}, .peer = {}};
    watch(kPort, kPeerPort);
    peer_calls("connect()");
    const auto id = peer_.connect(kPeerPort, kPort);
    if (!id) {
        return not_connected();
    }
    pair.peer = *id;
    auto accepted = pair.listener.accept(audience_.patience());
    if (!accepted) {
        return not_connected();
    }
    kernel_calls("accept()");
    pair.kernel = *std::move(accepted);
    pair.kernel_port = kPort;
    pair.peer_port = kPeerPort;
    return pair;
}

std::optional<Connection> Stage::kernel_socket() {
    return audience_.socket({kKernelAddress, kernel_port_}, {kPeerAddress, peer_port_});
}

bool Stage::wait_until(const std::function<bool()>& condition) {
    return wait_until(audience_.patience(), condition);
}

bool Stage::wait_until(std::chrono::milliseconds patience, const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (audience_.interrupted() || std::chrono::steady_clock::now() > end) {
            return false;
        }
        ::poll(nullptr, 0, 5);
    }
    return true;
}

bool Stage::wait_for_kernel(TcpState state) {
    return wait_until([&] {
        const auto socket = kernel_socket();
        return socket && socket->state == state;
    });
}

bool Stage::wait_for_peer(TcpState state) {
    return wait_until([&] { return peer_.watched_state() == state; });
}

bool Stage::wait_for_timer(TimerKind kind, std::uint8_t times) {
    return wait_until(std::max<std::chrono::milliseconds>(kTimersPatience, audience_.patience()),
                      [&] {
                          const auto socket = kernel_socket();
                          return socket && socket->timer && socket->timer->kind == kind &&
                                 socket->timer->retransmits >= times;
                      });
}

bool Stage::wait_for_repeats(LabEnd from, std::ptrdiff_t times) {
    return wait_until(
        std::max<std::chrono::milliseconds>(kTimersPatience, audience_.patience()), [&] {
            const auto rungs = peer_.rungs();
            return std::count_if(rungs.begin(), rungs.end(), [&](const LabRung& rung) {
                       return rung.from == from && rung.again;
                   }) >= times;
        });
}

bool Stage::wait_for_segment(LabEnd from, std::string_view segment) {
    return wait_until([&] {
        const auto rungs = peer_.rungs();
        return std::any_of(rungs.begin(), rungs.end(), [&](const LabRung& rung) {
            return rung.from == from && rung.segment == segment;
        });
    });
}

void Stage::hold_the_road() {
    peer_.set_delay(std::chrono::hours(24));
}

void Stage::release_the_road(std::string_view segment) {
    (void)wait_for_segment(LabEnd::Kernel, segment);
    (void)wait_for_segment(LabEnd::Peer, segment);
    peer_.set_delay(std::chrono::milliseconds(50));
}

bool Stage::wait_until_acknowledged() {
    return wait_until([&] {
        const auto socket = kernel_socket();
        return socket && socket->send_queue == 0U;
    });
}

void Stage::pause(std::chrono::milliseconds duration) {
    (void)wait_until(duration, [] { return false; });
}

Result<> Stage::filter(const std::string& hook, const std::string& rule) {
    TRY(audience_.run_tool({"nft", "add", "table", "inet", "lab"}));
    TRY(audience_.run_tool(
        {"nft", "add chain inet lab " + hook + " { type filter hook " + hook + " priority 0; }"}));
    return audience_.run_tool({"nft", "add rule inet lab " + hook + " " + rule});
}

}  // namespace tcpdx::lab
