#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>

#include "app/command.h"
#include "app/filter_options.h"
#include "app/interruption.h"
#include "app/output_file.h"
#include "app/trace_filter.h"
#include "app/usage_error.h"
#include "app/watch.h"
#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "presentation/trace/life_lines.h"
#include "presentation/trace/step_lines.h"
#include "presentation/trace/trace_json.h"
#include "presentation/trace/trace_ladders.h"
#include "presentation/trace/trace_summary.h"

namespace tcpdx::app {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    FilterOptions filter;
    bool lives = false;
    bool ladders = false;
    bool details = false;
    bool json = false;
    bool no_header = false;
    bool all_namespaces = false;
    bool sample = false;
    double seconds = 0;
    double interval_seconds = 1;
    std::size_t count = 0;
};

// Writes what passes, and stops the trace when enough has.
class Limited final : public trace::LifeListener {
public:
    Limited(trace::LifeListener& next, std::size_t most, bool lives)
        : next_(next), most_(most), lives_(lives) {}

    void stepped(const trace::Life& life, std::size_t index) override {
        if (!reached() && (lives_ || ++passed_ > 0)) {
            next_.stepped(life, index);
        }
    }
    void happened(const trace::Event& event, const trace::Life* life) override {
        if (!reached()) {
            next_.happened(event, life);
        }
    }
    void ended(const trace::Life& life) override {
        // The end of a connection whose last step is the last that was wanted belongs to it.
        if (!lives_) {
            next_.ended(life);
        } else if (!reached()) {
            passed_ += life.is_listener() ? 0U : 1U;
            next_.ended(life);
        }
    }
    [[nodiscard]] bool reached() const { return most_ > 0 && passed_ >= most_; }

private:
    trace::LifeListener& next_;
    std::size_t most_;
    bool lives_;
    std::size_t passed_ = 0;
};

std::unique_ptr<trace::LifeListener> writer_for(const Options& options, OutputStream& out,
                                                const trace::TraceContext& context) {
    if (options.json) {
        return std::make_unique<trace::TraceJson>(
            out, context,
            trace::TraceJson::Wanted{
                .steps = !options.lives, .lives = options.lives, .details = options.details});
    }
    if (options.ladders) {
        return std::make_unique<trace::TraceLadders>(out, context);
    }
    if (options.lives) {
        return std::make_unique<trace::LifeLines>(out, context, !options.no_header);
    }
    return std::make_unique<trace::StepLines>(
        out, context,
        trace::StepLines::Look{.header = !options.no_header, .details = options.details});
}

bool asks_for_namespace(const filter::Expression& filter) {
    bool asks = false;
    filter::for_each_condition(filter, [&](const filter::Expression& condition) {
        asks = asks || std::holds_alternative<filter::NamespaceIs>(condition.is);
    });
    return asks;
}

// Ports, addresses and families that the kernel can look at; states change, so they are no help.
std::vector<filter::SearchArea> areas_of(const filter::Expression& filter) {
    const filter::SearchSpace space = filter::search_space_of(filter);
    const auto is_everything = [](const filter::SearchArea& area) {
        return !area.family && !area.local && !area.remote &&
               area.local_port == filter::PortRange{} && area.remote_port == filter::PortRange{};
    };
    if (space.any_of.size() > trace::kMostAreas ||
        std::any_of(space.any_of.begin(), space.any_of.end(), is_everything)) {
        return {};
    }
    return space.any_of;
}

void tell_how(const Watch& watch, const Options& options) {
    if (options.sample) {
        return;
    }
    if (watch.without_events()) {
        complain(*watch.without_events());
        complain(render(
            {N_("Without events, the sockets are listed every {0}: what is shorter than "
                "that is not seen, nor who closed or reset, and times are known only "
                "to the interval."),
             {std::chrono::milliseconds(static_cast<long>(options.interval_seconds * 1000))}}));
    }
    for (const Unseen& unseen : watch.unseen()) {
        complain(render({N_("Not seen: {0} {1}"), {render(unseen.what), render(unseen.remedy)}}));
    }
}

trace::Summary summary_of(const Watch& watch, const trace::Totals& totals,
                          Clock::time_point begun) {
    const trace::Losses losses = watch.losses();
    trace::Summary summary{.totals = totals};
    summary.lost_changes = losses.changes;
    summary.lost_details = losses.details;
    summary.lost_per_cpu = losses.per_cpu;
    summary.unreadable = losses.unreadable;
    summary.lasted = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
    summary.sampled = watch.without_events().has_value();
    summary.unseen = watch.unseen();
    return summary;
}

Result<> trace_for_a_while(const Options& options, const filter::Expression& filter,
                           const Context& context) {
    const bool all_namespaces = options.all_namespaces || asks_for_namespace(filter);
    const auto interval =
        std::chrono::milliseconds(static_cast<long>(options.interval_seconds * 1000));
    Watch watch = TRY(Watch::begin({.all_namespaces = all_namespaces,
                                    .areas = areas_of(filter),
                                    .interval = interval,
                                    .only_sample = options.sample}));
    const auto name_of = [&watch](std::uint32_t inode) { return watch.namespace_name(inode); };
    trace::TraceContext trace_context{
        .clock = trace::TraceClock(std::chrono::system_clock::now(), monotonic_now()),
        .reasons = &watch.reasons(),
        .screen = context.screen};
    if (all_namespaces) {
        trace_context.namespace_name = name_of;
    }
    OutputStream out(STDOUT_FILENO);
    const auto writer = writer_for(options, out, trace_context);
    trace::Counting counting(*writer, watch.reasons());
    Limited limited(counting, options.count, options.lives || options.ladders);
    FilteringListener filtering(limited, filter, name_of);
    trace::LifeTracker tracker(watch.tracker_settings(), filtering);

    const auto begun = Clock::now();
    const auto end = options.seconds > 0
                         ? begun + std::chrono::duration_cast<Clock::duration>(
                                       std::chrono::duration<double>(options.seconds))
                         : Clock::time_point::max();
    TRY(watch.join(tracker));
    tell_how(watch, options);
    out.flush();
    Result<> went = {};
    while (went && !interrupted() && !limited.reached() && !out.failed() && Clock::now() < end) {
        went = watch.turn(tracker, end);
        out.flush();
    }
    // What was counted is told, whatever ended the trace.
    if (went) {
        went = watch.last_turn(tracker);
    }
    tracker.finish();
    trace::Summary summary = summary_of(watch, counting.totals(), begun);
    tracker.for_each_open([&](const trace::Life& life) {
        summary.still_open += !life.is_listener() && filtering.wants(life) ? 1U : 0U;
    });
    if (options.json) {
        out.write(trace::summary_json(summary));
    }
    const Result<> written = out.finish();
    if (!options.json && went) {
        std::fputs(trace::summary_text(summary).c_str(), stderr);
    }
    TRY(written);
    return went;
}

int run(const Options& options, const Context& context) {
    const auto filter = read_filter(options.filter);
    if (!filter) {
        return kUsageError;
    }
    let_signals_end_waiting();
    const Result<> traced = trace_for_a_while(options, *filter, context);
    if (traced || traced.error().code == ErrorCode::ReaderGone) {
        return kSuccess;
    }
    complain(traced.error());
    return kFailure;
}

}  // namespace

void add_trace_command(CLI::App& tcpdx, Run& chosen) {
    CLI::App& command = *tcpdx.add_subcommand(
        "trace", _("what happens to connections, as it happens: states, owners, resets, reasons"));
    const auto options = std::make_shared<Options>();
    add_filter_options(command, options->filter);
    CLI::Option* lives =
        command.add_flag("--life", options->lives, _("one line per connection, once it has ended"));
    CLI::Option* ladders = command.add_flag("--ladder", options->ladders,
                                            _("each ended connection as a ladder of both ends"));
    lives->excludes(ladders);
    command.add_flag("--details", options->details,
                     _("also retransmissions, resets, errors and dropped packets"));
    CLI::Option* json = command.add_flag("--json", options->json,
                                         _("one JSON object per line, described in docs/json.md"));
    json->excludes(ladders);
    command
        .add_option("--for", options->seconds, _("end after so many seconds; else Ctrl-C ends it"))
        ->check(seconds_between(0.001, 1e9))
        ->type_name(_("SECONDS"));
    command
        .add_option("--count", options->count,
                    _("end after so many lines (with --life, connections)"))
        ->check(whole_number());
    command.add_flag("--sample", options->sample,
                     _("list the sockets again and again instead of taking events; needs no "
                       "privilege"));
    command
        .add_option("--interval", options->interval_seconds,
                    _("seconds between two listings, where there are no events"))
        ->check(seconds_between(0.01, 86400))
        ->type_name(_("SECONDS"));
    command.add_flag("--no-header", options->no_header, _("no heading above the lines"));
    command.add_flag("--all-netns", options->all_namespaces,
                     _("all network namespaces (containers), not only this one"));
    command.callback([&chosen, options] {
        chosen = [options](const Context& context) { return run(*options, context); };
    });
}

}  // namespace tcpdx::app
