#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lab/far_host.h"
#include "lab/kernel_socket.h"
#include "lab/private_network.h"
#include "model/lab.h"
#include "model/message.h"

namespace tcpdx::lab {

inline constexpr std::uint16_t kPort = 8080;  // where servers of the lab listen

// `tcpdx diagnose` inside the lab. With an action, that happens between the two looks it takes.
struct Diagnosis {
    std::optional<std::uint16_t> port;
    std::vector<std::string> limits;  // "close-wait=1s", so that nobody has to wait for a minute
    std::chrono::milliseconds sample{0};
    bool harmless = false;
    std::function<void()> meanwhile;
    std::vector<std::string> expected;  // ids of rules
    std::vector<std::string> allowed;   // what is true there as well
};

// `tcpdx probe` inside the lab.
struct Probe {
    std::string host = kPeerText;
    std::uint16_t port = kPort;
    std::size_t count = 1;
    bool tls = false;
    std::vector<std::string> expected;  // ids of causes
};

// What the rest of tcpdx lends to a scenario, and shows of it.
class Audience {
public:
    Audience() = default;
    Audience(const Audience&) = delete;
    Audience& operator=(const Audience&) = delete;
    Audience(Audience&&) = delete;
    Audience& operator=(Audience&&) = delete;
    virtual ~Audience() = default;
    virtual void told(const Message& text) = 0;
    // The ladder, and what netstat shows.
    virtual void show() = 0;
    [[nodiscard]] virtual Result<> diagnose(const Diagnosis& wanted) = 0;
    [[nodiscard]] virtual Result<> probe(const Probe& wanted) = 0;
    // Runs `tool ARGUMENTS` (nft, ...) in the lab.
    [[nodiscard]] virtual Result<> run_tool(const std::vector<std::string>& words) = 0;
    [[nodiscard]] virtual std::optional<Connection> socket(const SocketAddress& local,
                                                           const SocketAddress& remote) = 0;
    [[nodiscard]] virtual bool interrupted() = 0;
    // How long something that happens at once may take; long when the user steps through it.
    [[nodiscard]] virtual std::chrono::milliseconds patience() = 0;
};

// Where a scenario plays: the kernel at one end, the peer at the other, and the road between them.
class Stage {
public:
    Stage(FarHost& peer, Audience& audience) : peer_(peer), audience_(audience) {}

    [[nodiscard]] FarHost& peer() { return peer_; }
    [[nodiscard]] Audience& audience() { return audience_; }

    void tell(const char* text, std::vector<Value> values = {}) {
        audience_.told({text, std::move(values)});
    }
    // Calls of programs, as they shall stand beside the ladder.
    void kernel_calls(const std::string& call) { peer_.note_call(LabEnd::Kernel, call); }
    void peer_calls(const std::string& call) { peer_.note_call(LabEnd::Peer, call); }

    // A connection that the kernel has opened to the peer, and the other way round. Both are on the
    // ladder when they are the first.
    struct Pair {
        KernelSocket listener;  // only where the peer has opened
        KernelSocket kernel;
        FarHost::Handle peer;
        std::uint16_t kernel_port = 0;
        std::uint16_t peer_port = 0;
    };
    [[nodiscard]] Result<Pair> open_from_kernel();
    [[nodiscard]] Result<Pair> open_from_peer();

    // Until the kernel's table has the watched socket in this state; whether that came to be.
    bool wait_for_kernel(TcpState state);
    bool wait_for_peer(TcpState state);
    // Until the timer of the watched socket is of this kind and has gone off so often.
    bool wait_for_timer(TimerKind kind, std::uint8_t times);
    // Until so many segments of the watched connection were sent again by this end.
    bool wait_for_repeats(LabEnd from, std::ptrdiff_t times);
    // Until the ladder has this segment of that end.
    bool wait_for_segment(LabEnd from, std::string_view segment);
    // From now on all that is sent stays on the road, until both ends have sent this segment. So it
    // is certain that they meet there, however slow this machine is.
    void hold_the_road();
    void release_the_road(std::string_view segment);
    // Until the peer has acknowledged all that the kernel's socket has sent.
    bool wait_until_acknowledged();
    [[nodiscard]] std::optional<Connection> kernel_socket();
    bool wait_until(const std::function<bool()>& condition);
    bool wait_until(std::chrono::milliseconds patience, const std::function<bool()>& condition);
    void watch(std::uint16_t kernel_port, std::uint16_t peer_port);
    void on_watch(std::function<void()> then) { on_watch_ = std::move(then); }
    void pause(std::chrono::milliseconds duration);

    // A rule of the kernel's own packet filter: filter("input", "tcp dport 8080 drop").
    [[nodiscard]] Result<> filter(const std::string& hook, const std::string& rule);

    [[nodiscard]] std::uint16_t kernel_port() const { return kernel_port_; }
    [[nodiscard]] std::uint16_t peer_port() const { return peer_port_; }

private:
    FarHost& peer_;
    Audience& audience_;
    std::function<void()> on_watch_ = [] {};
    std::uint16_t kernel_port_ = 0;
    std::uint16_t peer_port_ = 0;
};

}  // namespace tcpdx::lab
