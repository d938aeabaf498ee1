#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <random>

#include "app/command.h"
#include "app/interruption.h"
#include "app/lab_audience.h"
#include "app/lab_children.h"
#include "app/output_file.h"
#include "base/i18n.h"
#include "lab/private_network.h"
#include "lab/scenario.h"
#include "model/age_estimate.h"
#include "presentation/i18n.h"
#include "presentation/json/lab_json.h"
#include "presentation/render.h"
#include "presentation/text/lab_text.h"
#include "presentation/text/nearest.h"
#include "sources/capture/packet_writer.h"
#include "sources/procfs/kernel_options.h"

namespace tcpdx::app {
namespace {

using lab::Scenario;

constexpr int kNoPermission = 77;      // EX_NOPERM
constexpr std::uint32_t kRawIp = 101;  // LINKTYPE_RAW

struct Options {
    std::string name;
    bool list = false;
    bool hold = false;
    bool step = false;
    bool shell = false;
    bool json = false;
    std::string pcap;
};

int list_scenarios(const Options& options, const Context& context) {
    std::vector<LabEntry> entries;
    for (const Scenario* each : lab::all_scenarios()) {
        entries.push_back({std::string(each->name), each->title, each->holds});
    }
    if (options.json) {
        return finish(lab_list_json(entries), kSuccess);
    }
    return finish(lab_list(entries, context.screen), kSuccess);
}

endpoint::Settings peer_settings() {
    endpoint::Settings settings = endpoint::linux_settings();
    std::random_device random;
    settings.secret = {(std::uint64_t{random()} << 32U) | random(),
                       (std::uint64_t{random()} << 32U) | random()};
    return settings;
}

Result<> write_bytes(int fd, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0) {
            return os_failure(N_("writing the packets"));
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

Result<> save_packets(const std::vector<lab::LabPacket>& packets, const std::string& path) {
    OutputFile file = TRY(OutputFile::create(path));
    capture::PacketWriter writer([&](auto bytes) { return write_bytes(file.fd(), bytes); });
    TRY(writer.start());
    for (const lab::LabPacket& packet : packets) {
        TRY(writer.add({.bytes = packet.bytes,
                        .wire_bytes = packet.bytes.size(),
                        .time_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                       packet.time.time_since_epoch())
                                       .count(),
                        .link_type = kRawIp}));
    }
    TRY(writer.flush());
    return file.keep();
}

KernelTimes kernel_times(const KernelOptions& options) {
    KernelTimes times;
    if (const auto seconds = options.number("net.ipv4.tcp_fin_timeout")) {
        times.fin_timeout = std::chrono::seconds(*seconds);
    }
    times.syn_linear_timeouts =
        static_cast<int>(options.number("net.ipv4.tcp_syn_linear_timeouts").value_or(0));
    return times;
}

// "net.ipv4.tcp_fin_timeout = 60", for each option that the text names.
std::vector<std::string> options_named_in(std::string_view text, const KernelOptions& options) {
    std::vector<std::string> lines;
    for (const auto& [name, value] : options.all()) {
        if (text.find(name) != std::string_view::npos) {
            lines.push_back(name + " = " + value);
        }
    }
    return lines;
}

// When the kernel tries again, as seconds since the first time: once a second for `linear` times,
// then twice as far apart each time. It gives up by time (retransmits_timed_out() in tcp_timer.c):
// at the first of these points that is not before 2^(retries + 1) - 1 s.
Message schedule(std::int64_t retries, std::int64_t linear) {
    const std::int64_t limit =
        (std::int64_t{1} << (std::clamp<std::int64_t>(retries, 0, 16) + 1)) - 1;
    std::string times;
    std::int64_t at = 1;
    std::int64_t step = 1;
    while (at < limit) {
        times += (times.empty() ? "" : ", ") + std::to_string(at);
        step = linear > 0 ? step : step * 2;
        linear -= linear > 0 ? 1 : 0;
        at += step;
    }
    return {N_("On this kernel it is sent again after {0} s, and given up after about {1} s."),
            {times.empty() ? std::string("-") : times, at}};
}

void read_held(LabResult& result, lab::Stage& stage, TcpState wanted) {
    const KernelOptions options = procfs::read_kernel_options();
    result.held = LabHeld{.wanted = wanted,
                          .socket = stage.kernel_socket(),
                          .peer = {},
                          .schedule = {},
                          .options = options_named_in(result.ending, options)};
    if (auto& socket = result.held->socket) {
        socket->age = estimate_age(*socket, kernel_times(options));
    }
    if (wanted == TcpState::SynSent) {
        result.held->schedule =
            schedule(options.number("net.ipv4.tcp_syn_retries").value_or(6),
                     options.number("net.ipv4.tcp_syn_linear_timeouts").value_or(0));
    } else if (wanted == TcpState::SynReceived) {
        result.held->schedule =
            schedule(options.number("net.ipv4.tcp_synack_retries").value_or(5), 0);
    }
    if (stage.peer_port() != 0) {
        result.held->peer = stage.peer().watched_state();
    }
}

// Until Ctrl-C; shows further segments, and says when the kernel's socket changes.
void hold(lab::Stage& stage, const Options& options, const Context& context) {
    complain(_("held until Ctrl-C; segments and changes of the kernel's socket are shown."));
    std::size_t shown = stage.peer().rungs().size();
    std::optional<TcpState> before;
    bool first = true;
    while (!interrupted()) {
        const auto socket = stage.kernel_socket();
        const auto state = socket ? std::optional(socket->state) : std::nullopt;
        std::string text;
        const auto rungs = stage.peer().rungs();
        for (; shown < rungs.size(); ++shown) {
            text += lab_rung(rungs[shown], can_show_unicode());
        }
        if (first || state != before) {
            text += lab_change(
                std::chrono::duration_cast<std::chrono::milliseconds>(stage.peer().time()), socket,
                context.screen);
        }
        if (!text.empty() && !options.json) {
            (void)write_output(text);
        }
        first = false;
        before = state;
        sleep_unless_interrupted(std::chrono::milliseconds(100));
    }
}

Result<int> play(const Scenario& scenario, const Options& options, const Context& context) {
    TRY(lab::enter_private_network());
    LabResult result{.name = std::string(scenario.name),
                     .title = scenario.title,
                     .text = scenario.text,
                     .ending = scenario.ending,
                     .told = {},
                     .kernel = {lab::kKernelAddress, 0},
                     .peer = {lab::kPeerAddress, 0},
                     .rungs = {},
                     .netstat = {},
                     .held = {},
                     .looks = {}};
    LabAudience audience(context, {.json = options.json, .step = options.step}, result);
    lab::FarHost peer(TRY(lab::lay_road()), peer_settings(), lab_socket,
                      [&] { audience.before_segment(); });
    audience.watch([&] { return peer.rungs(); });
    lab::Stage stage(peer, audience);
    stage.on_watch([&] {
        result.kernel.port = stage.kernel_port();
        result.peer.port = stage.peer_port();
    });
    std::vector<lab::KernelSocket> held;
    if (options.step) {
        complain(_("Enter sends each segment; what waits for over a second is sent again."));
    }
    if (!options.json) {
        TRY(write_output(lab_heading(result, context.screen)));
    }
    const auto played = scenario.play(stage, held);
    if (!played && !interrupted()) {
        return tl::unexpected(played.error());
    }
    audience.show_what_is_left();
    if (scenario.holds) {
        read_held(result, stage, *scenario.holds);
        // What ends a state says nothing where Ctrl-C kept the lab from reaching it.
        if (!options.json && (result.held->reached() || !interrupted())) {
            TRY(write_output(lab_held(result, context.screen)));
        }
    }
    if (options.json) {
        TRY(write_output(lab_json(result)));
    }
    if (options.shell && !interrupted()) {
        complain(_("a shell inside the lab; exit ends the lab."));
        TRY(run_shell_in_lab());
    } else if (options.hold) {
        hold(stage, options, context);
    }
    if (!options.pcap.empty()) {
        TRY(save_packets(peer.take_packets(), options.pcap));
    }
    const bool missed = result.held && !result.held->reached();
    const bool wrong = std::any_of(result.looks.begin(), result.looks.end(),
                                   [](const LabLook& look) { return !look.right; });
    // Interrupted before it was done, it has nothing to say about either.
    if (missed && !interrupted()) {
        complain(render(Message{N_("the kernel's socket is not in {0}."), {result.held->wanted}}));
    }
    return (missed || wrong) && !interrupted() ? kFailure : kSuccess;
}

std::string why_no_scenario(const std::string& name) {
    if (name.empty()) {
        return _("a state or a scenario is wanted; tcpdx lab --list lists them.");
    }
    std::vector<std::string_view> names;
    for (const Scenario* each : lab::all_scenarios()) {
        names.push_back(each->name);
    }
    std::string text =
        render(Message{N_("there is no scenario {0}; tcpdx lab --list lists them."), {name}});
    if (const auto word = nearest(name, names)) {
        text += ' ' + render(Message{N_("Did you mean {0}?"), {std::string(*word)}});
    }
    return text;
}

int run(const Options& options, const Context& context) {
    if (options.list) {
        return list_scenarios(options, context);
    }
    const Scenario* scenario = lab::find_scenario(options.name);
    if (scenario == nullptr) {
        complain(why_no_scenario(options.name));
        return kUsageError;
    }
    let_signals_end_waiting();
    const auto status = play(*scenario, options, context);
    if (status) {
        return *status;
    }
    if (status.error().code == ErrorCode::ReaderGone) {
        return kSuccess;
    }
    complain(status.error());
    return status.error().code == ErrorCode::PermissionDenied ? kNoPermission : kFailure;
}

}  // namespace

void add_lab_command(CLI::App& tcpdx, Run& chosen) {
    CLI::App& command = *tcpdx.add_subcommand(
        "lab", _("bring a real socket of this kernel into any state, in a private network"));
    const auto options = std::make_shared<Options>();
    command
        .add_option("STATE|SCENARIO", options->name,
                    _("a state (TIME_WAIT, close-wait, ...) or a scenario that --list names"))
        ->type_name("");
    command.add_flag("--list", options->list, _("list the states and scenarios"));
    CLI::Option* hold_option =
        command.add_flag("--hold", options->hold, _("keep it until Ctrl-C, and show what changes"));
    command.add_flag("--step", options->step, _("wait for Enter before each segment"));
    command
        .add_flag("--shell", options->shell, _("then a shell inside, to look with one's own tools"))
        ->excludes(hold_option);
    command
        .add_option("--pcap", options->pcap,
                    _("write the packets that the kernel saw to this file (pcapng)"))
        ->type_name(_("FILE"));
    command.add_flag("--json", options->json, _("JSON, described in docs/json.md"));
    command.callback([&chosen, options] {
        chosen = [options](const Context& context) { return run(*options, context); };
    });
}

}  // namespace tcpdx::app
