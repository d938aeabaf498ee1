#include "app/diagnose_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <map>
#include <memory>

#include "app/diagnose_for.h"
#include "app/interruption.h"
#include "app/look.h"
#include "app/pasted_input.h"
#include "app/peer_watch.h"
#include "app/usage_error.h"
#include "base/i18n.h"
#include "diagnosis/command_port.h"
#include "diagnosis/engine.h"
#include "diagnosis/limits.h"
#include "diagnosis/paste_report.h"
#include "diagnosis/report.h"
#include "presentation/i18n.h"
#include "presentation/json/report_json.h"
#include "presentation/render.h"
#include "presentation/text/report_text.h"

namespace tcpdx::app {
namespace {

using diagnosis::Inquiry;
using diagnosis::Report;
using diagnosis::Situation;

struct Options {
    std::string target;
    std::optional<std::string> from;  // a file, or "-"
    std::optional<std::uint16_t> port;
    std::optional<std::string> wanted;
    std::optional<std::string> local_address;
    std::optional<double> sample_seconds;
    double watch_seconds = 0;
    double for_seconds = 0;
    bool all_namespaces = false;
    bool harmless = false;
    bool json = false;
    std::string peer;
    std::vector<std::string> limits;
    std::vector<std::string> silenced;
};

// What the options mean, once checked.
struct Question {
    Inquiry asked;
    diagnosis::Limits limits;
};

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

// ":8080" a port, "4711" a process, "10.0.0.0/8" or "::1" addresses.
Result<Inquiry, std::string> parse_target(const std::string& target) {
    Inquiry inquiry;
    if (target.empty()) {
        return inquiry;
    }
    if (target.front() == ':' && !target.starts_with("::")) {
        inquiry.port = whole_number<std::uint16_t>(std::string_view(target).substr(1));
        if (!inquiry.port || *inquiry.port == 0) {
            return unexpected(render(Message{
                N_("{0} is not a port: ports are numbers from 1 to 65535."), {target.substr(1)}}));
        }
        return inquiry;
    }
    inquiry.pid = whole_number<int>(target);
    if (inquiry.pid && *inquiry.pid > 0) {
        return inquiry;
    }
    inquiry.pid.reset();
    inquiry.address = parse_ip_prefix(target);
    if (!inquiry.address) {
        return unexpected(render(Message{
            N_("{0} is neither a port (:8080), a process id (4711) nor an address (10.0.0.0/8)."),
            {target}}));
    }
    return inquiry;
}

bool set_port(Inquiry& inquiry, std::uint16_t port) {
    const bool fits = port != 0 && inquiry.port.value_or(port) == port;
    inquiry.port = port;
    return fits;
}

// "8080", ":8080", "192.0.2.1:8080" or "[2001:db8::1]:8080".
Result<void, std::string> add_wanted(Inquiry& inquiry, std::string_view wanted) {
    const std::size_t colon = wanted.rfind(':');
    const std::string_view address =
        colon == std::string_view::npos ? std::string_view() : wanted.substr(0, colon);
    const auto port = whole_number<std::uint16_t>(
        colon == std::string_view::npos ? wanted : wanted.substr(colon + 1));
    if (!address.empty()) {
        inquiry.local_address = parse_ip_address(address);
    }
    if (!port || (!address.empty() && !inquiry.local_address) || !set_port(inquiry, *port)) {
        return unexpected(render(Message{
            N_("--wanted {0}: a port (8080) or an address and a port (192.0.2.1:8080) is wanted, "
               "and one port at a time."),
            {std::string(wanted)}}));
    }
    return {};
}

// TARGET and the options that say what should work.
Result<Inquiry, std::string> understand(const Options& options) {
    Inquiry inquiry = TRY(parse_target(options.target));
    if (options.port && !set_port(inquiry, *options.port)) {
        return unexpected(
            std::string(_("one port at a time: TARGET and --port name different ones.")));
    }
    if (options.wanted) {
        TRY(add_wanted(inquiry, *options.wanted));
    }
    if (options.local_address) {
        inquiry.local_address = parse_ip_address(*options.local_address);
        if (!inquiry.local_address || !inquiry.port) {
            return unexpected(render(
                Message{N_("--local-address {0}: an address of the host, together with a port "
                           "(--port 8080) that clients use there."),
                        {*options.local_address}}));
        }
    }
    return inquiry;
}

void show_time_left(const char* text, std::chrono::milliseconds left) {
    const std::chrono::milliseconds whole = std::chrono::ceil<std::chrono::seconds>(left);
    fmt::print(stderr, "\r{} \033[K", render(Message{text, {whole}}));
}

// False when interrupted.
bool wait_visibly(double seconds, const Context& context) {
    using std::chrono::milliseconds;
    const bool show = context.screen.terminal && ::isatty(STDERR_FILENO) == 1 && seconds >= 1;
    const auto end =
        std::chrono::steady_clock::now() + milliseconds(static_cast<std::int64_t>(seconds * 1000));
    while (!interrupted()) {
        const auto left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            break;
        }
        if (show) {
            show_time_left(N_("looking again in {0}"), left);
        }
        sleep_unless_interrupted(std::min(left, milliseconds(500)));
    }
    if (show) {
        fmt::print(stderr, "\r\033[K");
    }
    return !interrupted();
}

const Observations* same_namespace(const std::vector<Observations>& looks,
                                   const Observations& wanted) {
    const auto found = std::find_if(looks.begin(), looks.end(), [&](const Observations& look) {
        return look.network_namespace.inode == wanted.network_namespace.inode;
    });
    return found == looks.end() ? nullptr : &*found;
}

bool holds_sockets(const std::vector<Observations>& looks, int pid) {
    return std::any_of(looks.begin(), looks.end(), [&](const Observations& seen) {
        return std::any_of(seen.processes.begin(), seen.processes.end(),
                           [&](const Process& process) { return process.pid == pid; });
    });
}

// Complains itself.
bool holds_what_was_asked(const Inquiry& asked, const std::vector<Observations>& looks) {
    if (!asked.pid || holds_sockets(looks, *asked.pid)) {
        return true;
    }
    const bool gone = ::kill(*asked.pid, 0) != 0 && errno == ESRCH;
    complain(render(Message{gone ? N_("there is no process {0} that can be seen.")
                                 : N_("process {0} holds no TCP socket that can be seen."),
                            {std::int64_t{*asked.pid}}}));
    return false;
}

using Activities = std::map<std::uint32_t, trace::Activity>;  // by inode of the namespace

// Prints the diagnosis of `now`, and gives its exit status.
Result<int> tell(const std::vector<Observations>& now, const std::vector<Observations>* earlier,
                 const Question& question, const Options& options, const Context& context,
                 const Activities* activities = nullptr) {
    std::vector<Report> reports;
    int status = 0;
    for (const Observations& seen : now) {
        const Situation situation{
            .now = seen,
            .earlier = earlier == nullptr ? nullptr : same_namespace(*earlier, seen),
            .asked = question.asked,
            .limits = question.limits};
        reports.push_back(make_report(situation));
        if (activities != nullptr) {
            const auto inode = static_cast<std::uint32_t>(seen.network_namespace.inode);
            reports.back().activity = report_on_activity(situation, activities->at(inode));
        }
        std::erase_if(reports.back().findings, [&](const diagnosis::Finding& finding) {
            return std::find(options.silenced.begin(), options.silenced.end(), finding.rule_id) !=
                   options.silenced.end();
        });
        status = std::max(status, exit_status(reports.back().findings));
    }
    std::string text;
    if (options.json) {
        text = report_json(reports);
    } else {
        for (const Report& report : reports) {
            text += (text.empty() ? "" : "\n") + report_text(report, context.screen);
        }
    }
    TRY(write_output(text));
    return status;
}

// Until the output cannot be written any more, or Ctrl-C: then the status is that of the last look.
Result<int> watch(const Question& question, const Options& options, const Context& context,
                  std::vector<Observations> earlier) {
    int status = TRY(tell(earlier, nullptr, question, options, context));
    while (wait_visibly(options.watch_seconds, context)) {
        auto now = TRY(look_at_host({.all_namespaces = options.all_namespaces}));
        if (context.screen.terminal && !options.json) {
            TRY(write_output("\033[H\033[2J\033[3J"));
        }
        status = TRY(tell(now, &earlier, question, options, context));
        earlier = std::move(now);
    }
    return status;
}

Result<int> watch_and_tell(const Question& question, const Options& options,
                           const Context& context) {
    const bool show = context.screen.terminal && ::isatty(STDERR_FILENO) == 1;
    const auto duration =
        std::chrono::milliseconds(static_cast<std::int64_t>(options.for_seconds * 1000));
    const auto looks = TRY(watch_host({.all_namespaces = options.all_namespaces}, duration,
                                      [show](std::chrono::milliseconds left) {
                                          if (show) {
                                              show_time_left(N_("watching for {0} more"), left);
                                          }
                                      }));
    if (show) {
        fmt::print(stderr, "\r\033[K");
    }
    if (!holds_what_was_asked(question.asked, looks.second)) {
        return kCouldNotTell;
    }
    return tell(looks.second, &looks.first, question, options, context,
                looks.activity ? &*looks.activity : nullptr);
}

Result<int> look_and_tell(const Question& question, const Options& options,
                          const Context& context) {
    if (options.for_seconds > 0) {
        let_interrupts_end_waiting();
        return watch_and_tell(question, options, context);
    }
    if (options.watch_seconds > 0 || options.sample_seconds || question.asked.port) {
        let_interrupts_end_waiting();
    }
    const LookRequest request{.all_namespaces = options.all_namespaces};
    auto first = TRY(look_at_host(request));
    const Inquiry& asked = question.asked;
    if (!holds_what_was_asked(asked, first)) {
        return kCouldNotTell;
    }
    if (options.watch_seconds > 0) {
        return watch(question, options, context, std::move(first));
    }
    // Whether SYNs arrive at a port shows only over a while.
    constexpr double kPortSampleSeconds = 2;
    const double apart = options.sample_seconds.value_or(asked.port ? kPortSampleSeconds : 0);
    if (apart <= 0) {
        return tell(first, nullptr, question, options, context);
    }
    if (!wait_visibly(apart, context)) {
        return tell(first, nullptr, question, options, context);
    }
    const auto second = TRY(look_at_host(request));
    return tell(second, &first, question, options, context);
}

// The same for what somebody pasted.
Result<int> read_and_tell(const Question& question, const Options& options,
                          const Context& context) {
    auto reading = read_pasted(*options.from);
    if (!reading) {
        complain(reading.error().text);
        return reading.error().status;
    }
    std::vector<Observations> now;
    std::vector<Observations> earlier;
    now.push_back(std::move(reading->now));
    if (reading->earlier) {
        earlier.push_back(*std::move(reading->earlier));
    }
    if (question.asked.pid && !holds_sockets(now, *question.asked.pid)) {
        complain(render(Message{N_("process {0} holds no TCP socket in this text."),
                                {std::int64_t{*question.asked.pid}}}));
        return kCouldNotTell;
    }
    Question with_hint = question;
    with_hint.asked.mentioned_port = diagnosis::port_selected_by(now.front().paste->command);
    const int status =
        TRY(tell(now, earlier.empty() ? nullptr : &earlier, with_hint, options, context));
    return diagnosis::has_content(now.front()) ? status : kCouldNotTell;
}

Result<diagnosis::Limits, std::string> parse_limits(const std::vector<std::string>& assignments) {
    diagnosis::Limits limits;
    for (const std::string& assignment : assignments) {
        const auto set = set_limit(limits, assignment);
        if (set) {
            continue;
        }
        std::string text = render(
            set.error().code == ErrorCode::Usage
                ? Message{N_("there is no limit named {0}; there are:"), {set.error().doing}}
                : Message{N_("{0}: this value does not fit. The limits now:"), {assignment}});
        for (const std::string& line : list_limits(limits)) {
            text += "\n  " + line;
        }
        return unexpected(text);
    }
    return limits;
}

// The first of the silenced ids that is not a rule's: a typing error would silence nothing.
std::optional<std::string> unknown_rule(const std::vector<std::string>& ids) {
    for (const std::string& id : ids) {
        const auto rules = diagnosis::all_rules();
        if (std::none_of(rules.begin(), rules.end(),
                         [&](const diagnosis::Rule* rule) { return rule->id == id; })) {
            return id;
        }
    }
    return std::nullopt;
}

int run_peer_watch(const Inquiry& asked, const Options& options, const Context& context) {
    constexpr double kUsualSeconds = 30;
    const auto peer = parse_ip_address(options.peer);
    if (!asked.port) {
        complain(_("--from-peer needs the port that the peer tries, as in :8080."));
        return kUsageError;
    }
    if (!peer) {
        complain(render(Message{N_("{0} is not an address."), {options.peer}}));
        return kUsageError;
    }
    const double seconds = options.for_seconds > 0 ? options.for_seconds : kUsualSeconds;
    return watch_peer(
        {.port = *asked.port,
         .peer = *peer,
         .duration = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)),
         .json = options.json},
        context);
}

int run(const Options& options, const Context& context) {
    auto asked = understand(options);
    if (!asked) {
        complain(asked.error());
        return kUsageError;
    }
    if (!options.peer.empty()) {
        return run_peer_watch(*asked, options, context);
    }
    const auto limits = parse_limits(options.limits);
    if (!limits) {
        complain(limits.error());
        return kUsageError;
    }
    if (const auto id = unknown_rule(options.silenced)) {
        complain(
            render(Message{N_("there is no rule {0}; tcpdx explain rules lists them."), {*id}}));
        return kUsageError;
    }
    asked->explain_harmless = options.harmless;
    const Question question{*asked, *limits};
    const auto status = options.from ? read_and_tell(question, options, context)
                                     : look_and_tell(question, options, context);
    if (status) {
        return *status;
    }
    if (status.error().code == ErrorCode::ReaderGone) {
        return kSuccess;
    }
    complain(status.error());
    return kCouldNotTell;
}

}  // namespace

Run add_diagnose_options(CLI::App& command, bool with_target) {
    const auto options = std::make_shared<Options>();
    if (with_target) {
        command
            .add_option("TARGET", options->target,
                        _("a port (:8080), a process id (4711) or an address (10.0.0.0/8)"))
            ->type_name("");
    }
    CLI::Option* from =
        command
            .add_option("--from", options->from,
                        _("not this host, but the output of netstat, ss, lsof or /proc/net/tcp of "
                          "any system, in this file; - for standard input"))
            ->type_name(_("FILE"));
    command
        .add_option("--port", options->port, _("a port that should be reachable, as TARGET :8080"))
        ->type_name(_("PORT"))
        ->check(port_number());
    command
        .add_option("--wanted", options->wanted,
                    _("what should be reachable from outside: a port, or 192.0.2.1:8080"))
        ->type_name(_("[ADDRESS:]PORT"));
    command
        .add_option("--local-address", options->local_address,
                    _("the address of the host that clients of the port use"))
        ->type_name(_("ADDRESS"));
    CLI::Option* watched =
        command
            .add_option("--for", options->for_seconds,
                        _("watch what happens for so many seconds: exact ages, connection rates, "
                          "opens that fail, resets, drops"))
            ->check(seconds_between(0.1, 86400))
            ->excludes(from)
            ->type_name(_("SECONDS"));
    command
        .add_option(
            "--sample", options->sample_seconds,
            _("look twice, this many seconds apart: shows what grows; 0 for one look (for a "
              "port it is 2 otherwise)"))
        ->check(seconds_between(0, 86400))
        ->excludes(from)
        ->excludes(watched)
        ->type_name(_("SECONDS"));
    command
        .add_option("--watch", options->watch_seconds,
                    _("look again and again, this many seconds apart"))
        ->check(seconds_between(0.1, 86400))
        ->excludes(from)
        ->excludes(watched)
        ->type_name(_("SECONDS"));
    command
        .add_flag("--all-netns", options->all_namespaces,
                  _("all network namespaces (containers), not only this one"))
        ->excludes(from);
    command.add_flag("--harmless", options->harmless,
                     _("also say what is often feared and is normal here"));
    command
        .add_option("--limit", options->limits,
                    _("another threshold, like close-wait=30s; may be repeated"))
        ->allow_extra_args(false)
        ->type_name(_("NAME=VALUE"));
    command.add_option("--silence", options->silenced, _("rules to leave out, by id"))
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name(_("RULE,..."));
    if (with_target) {
        command
            .add_option("--from-peer", options->peer,
                        _("with :PORT: watch what becomes of this client's attempts to connect "
                          "(for 30 seconds, or --for)"))
            ->excludes(from)
            ->type_name(_("ADDRESS"));
    }
    command.add_flag("--json", options->json, _("JSON, described in docs/json.md"));
    return [options](const Context& context) { return run(*options, context); };
}

}  // namespace tcpdx::app
