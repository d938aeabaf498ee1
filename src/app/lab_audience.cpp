#include "app/lab_audience.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>

#include "app/interruption.h"
#include "app/lab_children.h"
#include "app/look.h"
#include "app/netstat_command.h"
#include "app/probe_progress.h"
#include "base/i18n.h"
#include "base/unique_fd.h"
#include "diagnosis/limits.h"
#include "diagnosis/reach/client_facts.h"
#include "diagnosis/reach/verdict.h"
#include "diagnosis/report.h"
#include "model/age_estimate.h"
#include "presentation/i18n.h"
#include "presentation/json/probe_json.h"
#include "presentation/json/report_json.h"
#include "presentation/text/lab_text.h"
#include "presentation/text/probe_text.h"
#include "presentation/text/report_text.h"
#include "sources/probe/prober.h"
#include "sources/probe/resolve.h"
#include "sources/procfs/kernel_counters.h"
#include "sources/procfs/kernel_options.h"
#include "sources/sockdiag/tcp_dump.h"

namespace tcpdx::app {
namespace {

using std::chrono::milliseconds;

constexpr int kKeyboardPause = 100;  // ms

// The other networks of the host are none of the lab's.
void forget_other_networks(Observations& seen) {
    std::erase_if(seen.coverage.unseen, [](const Unseen& each) {
        return std::string_view(each.remedy.text).find("--all-netns") != std::string_view::npos;
    });
}

Result<Observations> look_inside() {
    auto looks = TRY(look_at_host({.all_namespaces = false}));
    forget_other_networks(looks.front());
    return std::move(looks.front());
}

bool has_all(const std::vector<std::string>& found, const std::vector<std::string>& expected) {
    return std::all_of(expected.begin(), expected.end(), [&](const std::string& id) {
        return std::find(found.begin(), found.end(), id) != found.end();
    });
}

void add_once(std::vector<std::string>& ids, std::string_view id) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) {
        ids.emplace_back(id);
    }
}

}  // namespace

std::optional<Connection> lab_socket(const SocketAddress& local, const SocketAddress& remote) {
    using End = sockdiag::EndCondition::End;
    sockdiag::DumpRequest request;
    request.conditions = {
        {.end = End::Local, .lowest_port = local.port, .highest_port = local.port, .prefix = {}},
        {.end = End::Remote,
         .lowest_port = remote.port,
         .highest_port = remote.port,
         .prefix = {}}};
    std::optional<Connection> found;
    (void)sockdiag::dump_tcp(request, [&](Connection& socket) {
        if (socket.remote.port == remote.port && (!socket.is_listener() || remote.port == 0)) {
            found = socket;
        }
    });
    return found;
}

std::string lab_netstat_output() {
    const UniqueFd memory(::memfd_create("netstat", MFD_CLOEXEC));
    const UniqueFd before(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!memory || !before || std::fflush(stdout) != 0 || ::dup2(memory.get(), STDOUT_FILENO) < 0) {
        return {};
    }
    std::array<std::string, 2> words{"netstat", "-ant"};
    std::array<char*, 3> argv{words[0].data(), words[1].data(), nullptr};
    (void)run_netstat(2, argv.data());
    std::fflush(stdout);
    std::signal(SIGPIPE, SIG_IGN);  // netstat has its own way
    ::dup2(before.get(), STDOUT_FILENO);
    std::string text;
    std::array<char, 4096> piece{};
    off_t at = 0;
    for (ssize_t got = 0; (got = ::pread(memory.get(), piece.data(), piece.size(), at)) > 0;
         at += got) {
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return text;
}

void LabAudience::write(const std::string& text) {
    if (!wanted_.json) {
        (void)write_output(text);
    }
}

// A scenario that Ctrl-C has cut short says nothing more: what it waited for has not come.
void LabAudience::told(const Message& text) {
    if (interrupted()) {
        return;
    }
    result_.told.push_back(text);
    write(lab_told(text, context_.screen));
}

void LabAudience::before_segment() {
    if (!wanted_.step || keyboard_gone_ || interrupted()) {
        return;
    }
    const auto rungs = rungs_();
    for (; stepped_ < rungs.size(); ++stepped_) {
        write(lab_rung(rungs[stepped_], can_show_unicode()));
    }
    std::fprintf(stderr, "%s", _("Enter: the next segment "));
    // Ctrl-C may have interrupted another thread than this one.
    pollfd keyboard{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    while (!interrupted() && ::poll(&keyboard, 1, kKeyboardPause) <= 0) {
    }
    std::array<char, 256> line{};
    if (interrupted() || ::read(STDIN_FILENO, line.data(), line.size()) <= 0) {
        keyboard_gone_ = true;
    }
}

void LabAudience::show() {
    shown_ = true;
    result_.rungs = rungs_();
    result_.netstat = lab_netstat_output();
    write(lab_ladder(result_, context_.screen, can_show_unicode()));
    write(lab_netstat(result_, context_.screen));
}

void LabAudience::show_what_is_left() {
    if (!shown_) {
        show();
    }
}

void LabAudience::keep(LabLook look) {
    look.right = has_all(look.found, look.expected) && look.unexpected.empty();
    write(lab_look(look, context_.screen));
    result_.looks.push_back(std::move(look));
}

Result<> LabAudience::diagnose(const lab::Diagnosis& wanted) {
    show_what_is_left();
    if (interrupted()) {
        return {};
    }
    diagnosis::Limits limits;
    LabLook look{.command = "tcpdx diagnose",
                 .expected = wanted.expected,
                 .found = {},
                 .unexpected = {},
                 .text = {},
                 .json = {}};
    if (wanted.port) {
        look.command += " :" + std::to_string(*wanted.port);
    }
    for (const std::string& each : wanted.limits) {
        TRY(set_limit(limits, each));
        look.command += " --limit " + each;
    }
    look.command += wanted.harmless ? " --harmless" : "";
    std::optional<Observations> earlier;
    if (wanted.sample.count() > 0 || wanted.meanwhile) {
        earlier = TRY(look_inside());
        if (wanted.meanwhile) {
            wanted.meanwhile();
        }
        sleep_unless_interrupted(wanted.sample);
        if (interrupted()) {
            return {};
        }
        look.command +=
            " --sample " + std::to_string(std::max<std::int64_t>(wanted.sample.count() / 1000, 1));
    }
    const Observations now = TRY(look_inside());
    const diagnosis::Situation situation{
        .now = now,
        .earlier = earlier ? &*earlier : nullptr,
        .asked = {.port = wanted.port, .explain_harmless = wanted.harmless},
        .limits = limits};
    std::vector<diagnosis::Report> reports;
    reports.push_back(make_report(situation));
    for (const diagnosis::Finding& finding : reports.front().findings) {
        add_once(look.found, finding.rule_id);
        if (finding.severity != diagnosis::Severity::Information &&
            !has_all(wanted.expected, {std::string(finding.rule_id)}) &&
            !has_all(wanted.allowed, {std::string(finding.rule_id)})) {
            add_once(look.unexpected, finding.rule_id);
        }
    }
    look.text = report_text(reports.front(), context_.screen);
    look.json = report_json(reports);
    keep(std::move(look));
    return {};
}

Result<> LabAudience::probe(const lab::Probe& wanted) {
    show_what_is_left();
    if (interrupted()) {
        return {};
    }
    LabLook look{.command = "tcpdx probe " + wanted.host + ":" + std::to_string(wanted.port),
                 .expected = wanted.expected,
                 .found = {},
                 .unexpected = {},
                 .text = {},
                 .json = {}};
    probe::ProbeOptions options{.count = wanted.count};
    if (wanted.count > 1) {
        look.command += " --count " + std::to_string(wanted.count);
    }
    if (wanted.tls) {
        look.command += " --tls";
        options.conversation = probe::Conversation{
            .tls = true, .server_name = wanted.host, .request = {}, .expected = {}};
    }
    const auto targets = probe::resolve(wanted.host, wanted.port, IpFamily::V4);
    if (!targets) {
        return failure(ErrorCode::System, N_("probing in the lab"));
    }
    ProbeProgress progress;
    const probe::Surroundings lent{
        .stop = tcpdx::app::interrupted,
        .progress = [&](const Message& step, milliseconds most) { progress.show(step, most); },
        .counters = []() -> std::optional<Counters> {
            auto counters = procfs::read_counters();
            return counters ? std::optional(*std::move(counters)) : std::nullopt;
        }};
    ProbeReport report{.host = wanted.host,
                       .port = wanted.port,
                       .started = std::chrono::system_clock::now(),
                       .quick = false,
                       .raw_allowed = probe::raw_probes_allowed()};
    std::vector<diagnosis::reach::Verdict> verdicts;
    for (const probe::Target& target : *targets) {
        report.targets.push_back(probe_target(target, options, lent));
        verdicts.push_back(
            diagnosis::reach::judge(diagnosis::reach::client_facts(report.targets.back()),
                                    {.port = wanted.port,
                                     .server = target.address.address,
                                     .client = lab::kKernelAddress}));
        for (const auto& candidate : verdicts.back().candidates) {
            add_once(look.found, candidate.cause->id);
        }
    }
    progress.clear();
    if (interrupted()) {
        return {};
    }
    // Where one cause is expected, the probe has to have told it apart from all others.
    for (const std::string& id : look.found) {
        if (wanted.expected.size() == 1 && id != wanted.expected.front()) {
            add_once(look.unexpected, id);
        }
    }
    look.text = probe_text(report, verdicts, context_.screen);
    look.json = probe_json(report, verdicts);
    keep(std::move(look));
    return {};
}

Result<> LabAudience::run_tool(const std::vector<std::string>& words) {
    return run_tool_in_lab(words);
}

std::optional<Connection> LabAudience::socket(const SocketAddress& local,
                                              const SocketAddress& remote) {
    return lab_socket(local, remote);
}

bool LabAudience::interrupted() {
    return tcpdx::app::interrupted();
}

milliseconds LabAudience::patience() {
    return wanted_.step ? std::chrono::hours(24) : std::chrono::seconds(5);
}

}  // namespace tcpdx::app
