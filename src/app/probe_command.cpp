#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>

#include "app/command.h"
#include "app/interruption.h"
#include "app/own_host_watch.h"
#include "app/probe_progress.h"
#include "app/usage_error.h"
#include "base/i18n.h"
#include "diagnosis/reach/client_facts.h"
#include "diagnosis/reach/own_host.h"
#include "diagnosis/reach/verdict.h"
#include "presentation/i18n.h"
#include "presentation/json/probe_json.h"
#include "presentation/render.h"
#include "presentation/text/probe_text.h"
#include "sources/probe/prober.h"
#include "sources/probe/resolve.h"
#include "sources/procfs/kernel_counters.h"

namespace tcpdx::app {
namespace {

using diagnosis::reach::Verdict;

// A diagnosis of one port, no load on it.
constexpr std::size_t kMostAttempts = 1000;

struct Options {
    std::vector<std::string> where;
    bool v4 = false;
    bool v6 = false;
    bool quick = false;
    bool json = false;
    double patience_seconds = 3.5;
    std::size_t count = 1;
    double interval_seconds = 0.2;
    bool tls = false;
    std::optional<std::string> http_path;
    std::optional<std::string> send;
    std::optional<std::string> expect;
    double idle_seconds = 0;
    std::string reference;
    std::string compare;
};

struct Place {
    std::string host;
    std::uint16_t port = 0;
};

using Complaint = Message;

Result<std::uint16_t, Complaint> parse_port(const std::string& text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0) {
        return unexpected(
            Complaint{N_("{0} is not a port: ports are numbers from 1 to 65535."), {text}});
    }
    return port;
}

// "host:8080", "[2001:db8::1]:8080", or the two words "host 8080".
Result<Place, Complaint> parse_place(const std::vector<std::string>& words) {
    Place place;
    std::string port;
    if (words.size() == 2) {
        place.host = words[0];
        port = words[1];
    } else {
        const std::string& word = words.front();
        const std::size_t colon = word.rfind(':');
        if (colon == std::string::npos) {
            return unexpected(Complaint{N_("{0}: the port is missing, as in {0}:8080."), {word}});
        }
        place.host = word.substr(0, colon);
        port = word.substr(colon + 1);
        if (place.host.find(':') != std::string::npos && !place.host.starts_with('[')) {
            return unexpected(Complaint{
                N_("{0}: an IPv6 address with a port is written [2001:db8::1]:8080."), {word}});
        }
    }
    if (place.host.starts_with('[') && place.host.ends_with(']')) {
        place.host = place.host.substr(1, place.host.size() - 2);
    }
    if (place.host.empty()) {
        return unexpected(Complaint{N_("the host is missing, as in db.example:8080.")});
    }
    const auto number = parse_port(port);
    if (!number) {
        return unexpected(number.error());
    }
    place.port = *number;
    return place;
}

Message why_not_resolved(probe::ResolveFailure why, const std::string& host) {
    switch (why) {
        case probe::ResolveFailure::UnknownHost:
            return {N_("there is no host {0}: no name service knows it."), {host}};
        case probe::ResolveFailure::NoAddressOfFamily:
            return {N_("{0} has no address of the family asked for."), {host}};
        case probe::ResolveFailure::NoAnswer:
            return {N_("the name servers do not answer about {0}. Try again, or give the address."),
                    {host}};
        case probe::ResolveFailure::Other:
            break;
    }
    return {N_("the addresses of {0} cannot be found."), {host}};
}

std::optional<IpFamily> family_wanted(const Options& options) {
    if (options.v4) {
        return IpFamily::V4;
    }
    return options.v6 ? std::optional(IpFamily::V6) : std::nullopt;
}

// 0 connects, 1 connects sometimes or badly, 2 does not connect, 3 could not tell.
int status_of(std::span<const Verdict> verdicts) {
    const auto all = [&](Verdict::Outcome outcome) {
        return !verdicts.empty() &&
               std::all_of(verdicts.begin(), verdicts.end(),
                           [&](const Verdict& each) { return each.outcome == outcome; });
    };
    const bool some_connect =
        std::any_of(verdicts.begin(), verdicts.end(), [](const Verdict& each) {
            return each.outcome == Verdict::Outcome::Connects ||
                   each.outcome == Verdict::Outcome::ConnectsButBadly;
        });
    if (all(Verdict::Outcome::Connects)) {
        return 0;
    }
    if (some_connect) {
        return 1;
    }
    return all(Verdict::Outcome::DoesNotConnect) ? 2 : kCouldNotTell;
}

Verdict judge_target(const TargetProbe& target) {
    std::optional<IpAddress> client;
    if (target.attempt.source && !target.attempt.source->address.is_any()) {
        client = target.attempt.source->address;
    }
    return diagnosis::reach::judge(
        diagnosis::reach::client_facts(target),
        {.port = target.target.port, .server = target.target.address, .client = client});
}

int probe_and_tell(const Place& place, const std::vector<probe::Target>& targets,
                   const probe::ProbeOptions& wanted, const Options& options,
                   const Context& context) {
    let_interrupts_end_waiting();
    ProbeProgress progress;
    const probe::Surroundings lent{
        .stop = interrupted,
        .progress = [&](const Message& step,
                        std::chrono::milliseconds at_most) { progress.show(step, at_most); },
        .counters = []() -> std::optional<Counters> {
            auto counters = procfs::read_counters();
            return counters ? std::optional(*std::move(counters)) : std::nullopt;
        }};
    ProbeReport report{.host = place.host,
                       .port = place.port,
                       .started = std::chrono::system_clock::now(),
                       .quick = options.quick,
                       .raw_allowed = probe::raw_probes_allowed()};
    if (!report.raw_allowed) {
        report.unseen.push_back({{N_("what answers to ACK and FIN, and the TTL of answers.")},
                                 {N_("Run as root, or with CAP_NET_RAW.")}});
    }
    std::vector<Verdict> verdicts;
    for (const probe::Target& target : targets) {
        if (interrupted()) {
            break;
        }
        const auto server_side = OwnHostWatch::begin(target);
        report.targets.push_back(probe_target(target, wanted, lent));
        const TargetProbe& probed = report.targets.back();
        const auto seen_here = server_side ? server_side->end() : std::nullopt;
        verdicts.push_back(seen_here ? diagnosis::reach::judge_own_host(probed, *seen_here)
                                     : judge_target(probed));
        if (options.quick && verdicts.back().candidates.size() > 1) {
            verdicts.back().narrowing = {
                {N_("Without --quick, comparing with other ports and asking routers leaves fewer "
                    "causes.")}};
        }
    }
    progress.clear();
    const int status = status_of(verdicts);
    return finish(
        options.json ? probe_json(report, verdicts) : probe_text(report, verdicts, context.screen),
        status);
}

// "GET / HTTP/1.0\\r\\n\\r\\n" as one types it in a shell: \\r, \\n, \\t, \\0 and \\\\.
std::string without_escapes(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        constexpr std::string_view kLetters = "rnt0\\";
        constexpr std::string_view kMeant("\r\n\t\0\\", 5);
        const std::size_t which = text[i] == '\\' && i + 1 < text.size()
                                      ? kLetters.find(text[i + 1])
                                      : std::string_view::npos;
        if (which == std::string_view::npos) {
            plain += text[i];
        } else {
            plain += kMeant[which];
            ++i;
        }
    }
    return plain;
}

std::optional<probe::Conversation> conversation_wanted(const Options& options, const Place& place) {
    if (!options.tls && !options.http_path && !options.send && !options.expect) {
        return std::nullopt;
    }
    probe::Conversation wanted{.tls = options.tls, .server_name = place.host};
    if (options.http_path) {
        const bool v6 = place.host.find(':') != std::string::npos;
        wanted.request =
            probe::http_request(v6 ? "[" + place.host + "]" : place.host, *options.http_path);
        wanted.expected = "HTTP/1";
    }
    if (options.send) {
        wanted.request = without_escapes(*options.send);
    }
    if (options.expect) {
        wanted.expected = without_escapes(*options.expect);
    }
    return wanted;
}

int run(const Options& options, const Context& context) {
    const auto place = parse_place(options.where);
    if (!place) {
        complain(render(place.error()));
        return kUsageError;
    }
    probe::ProbeOptions wanted{
        .patience =
            std::chrono::milliseconds(static_cast<std::int64_t>(options.patience_seconds * 1000)),
        .quick = options.quick,
        .count = options.count,
        .interval =
            std::chrono::milliseconds(static_cast<std::int64_t>(options.interval_seconds * 1000)),
        .conversation = conversation_wanted(options, *place),
        .idle = std::chrono::milliseconds(static_cast<std::int64_t>(options.idle_seconds * 1000))};
    if (options.count == 0 || options.count > kMostAttempts) {
        complain(render(Message{N_("--count goes from 1 to {0}."),
                                {static_cast<std::int64_t>(kMostAttempts)}}));
        return kUsageError;
    }
    if (options.http_path && !options.http_path->starts_with('/')) {
        complain(render(Message{N_("{0} is not a path: it begins with /."), {*options.http_path}}));
        return kUsageError;
    }
    if (options.idle_seconds > 0 && !wanted.conversation) {
        complain(_("--idle needs something to say afterwards: --send, --http or --tls."));
        return kUsageError;
    }
    if (!options.reference.empty()) {
        const auto reference = parse_port(options.reference);
        if (!reference) {
            complain(render(reference.error()));
            return kUsageError;
        }
        wanted.open_reference = *reference;
    }
    const auto targets = probe::resolve(place->host, place->port, family_wanted(options));
    if (!targets) {
        complain(render(why_not_resolved(targets.error(), place->host)));
        return kCouldNotTell;
    }
    if (!options.compare.empty()) {
        const auto other =
            probe::resolve(options.compare, place->port, targets->front().address.address.family);
        if (!other) {
            complain(render(why_not_resolved(other.error(), options.compare)));
            return kCouldNotTell;
        }
        wanted.other_destination = other->front();
    }
    return probe_and_tell(*place, *targets, wanted, options, context);
}

}  // namespace

void add_probe_command(CLI::App& tcpdx, Run& chosen) {
    CLI::App& command = *tcpdx.add_subcommand(
        "probe", _("from the client's side: what really answers at a port, and why not"));
    const auto options = std::make_shared<Options>();
    command
        .add_option("HOST:PORT", options->where,
                    _("the host's name or address, and the port: db.example:8080"))
        ->required()
        ->expected(1, 2)
        ->type_name("");
    CLI::Option* v4 = command.add_flag("-4", options->v4, _("only its IPv4 addresses"));
    CLI::Option* v6 = command.add_flag("-6", options->v6, _("only its IPv6 addresses"));
    v4->excludes(v6);
    command.add_flag("--quick", options->quick, _("one connect() to each address, nothing else"));
    command
        .add_option("--timeout", options->patience_seconds,
                    _("how long to wait for an answer; a dead host shows after 3.1 s"))
        ->check(seconds_between(0.1, 300))
        ->type_name(_("SECONDS"));
    command
        .add_option("--reference", options->reference,
                    _("a port of the same host that is known to be open (tried otherwise: 22, "
                      "443, 80)"))
        ->type_name(_("PORT"));
    command
        .add_option("--compare", options->compare,
                    _("another host behind the same router, to compare the path"))
        ->type_name(_("HOST"));
    command
        .add_option("--count", options->count, _("connect so often: what happens only sometimes"))
        ->check(whole_number())
        ->type_name("N");
    command.add_option("--interval", options->interval_seconds, _("between them (0.2 otherwise)"))
        ->check(seconds_between(0.05, 3600))
        ->type_name(_("SECONDS"));
    command.add_flag("--tls", options->tls,
                     _("make a TLS handshake once connected, and check the certificate"));
    CLI::Option* http = command
                            .add_option("--http", options->http_path,
                                        _("ask for this path over HTTP, or HTTPS "
                                          "with --tls"))
                            ->type_name(_("PATH"));
    command
        .add_option("--send", options->send,
                    _("send this text once connected (\\r \\n \\t \\0 are understood)"))
        ->type_name(_("TEXT"))
        ->excludes(http);
    command.add_option("--expect", options->expect, _("what the answer has to have in it"))
        ->type_name(_("TEXT"));
    command
        .add_option("--idle", options->idle_seconds,
                    _("leave the connection alone for so long before talking: some firewalls "
                      "forget it"))
        ->check(seconds_between(0.1, 86400))
        ->type_name(_("SECONDS"));
    command.add_flag("--json", options->json, _("JSON, described in docs/json.md"));
    command.callback([&chosen, options] {
        chosen = [options](const Context& context) { return run(*options, context); };
    });
}

}  // namespace tcpdx::app
