#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/amounts.h"
#include "app/command.h"
#include "app/filter_options.h"
#include "app/history_file.h"
#include "app/host_monitor.h"
#include "app/host_names.h"
#include "app/past.h"
#include "app/serve/history_api.h"
#include "app/trace_filter.h"
#include "app/usage_error.h"
#include "base/i18n.h"
#include "diagnosis/finding.h"
#include "presentation/i18n.h"
#include "presentation/list/counts.h"
#include "presentation/list/order.h"
#include "presentation/list/records.h"
#include "presentation/list/table.h"
#include "presentation/render.h"
#include "presentation/text/kept_finding_text.h"
#include "presentation/text/text_page.h"
#include "presentation/trace/life_lines.h"
#include "presentation/trace/trace_json.h"

namespace tcpdx::app {
namespace {

using history::Micros;

constexpr std::int64_t kMostFindings = 1000;

struct Options {
    FilterOptions filter;
    std::optional<std::string> file;
    std::optional<std::string> at;
    std::optional<std::pair<std::string, std::string>> between;
    std::optional<std::string> columns;
    std::optional<std::string> order;
    std::optional<std::size_t> limit;
    bool json = false;
    bool no_header = false;
};

enum class What { Overview, List, Diagnose, By };

// What the words and options mean, once checked.
struct Wish {
    What what = What::Overview;
    Micros from{0};
    Micros to{0};
    bool at_a_moment = false;
    filter::Expression filter;
    Columns columns;
    SortKeys order;
    Columns grouping;
};

std::string local_time(Micros at) {
    const std::time_t second = std::chrono::duration_cast<std::chrono::seconds>(at).count();
    std::tm parts{};
    ::localtime_r(&second, &parts);
    char text[32];
    const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    return {text, size};
}

std::optional<Micros> read_moment(const std::string& text) {
    const auto moment = parse_moment(text, since_epoch());
    if (!moment) {
        complain(
            render({N_("'{0}' is no time: 03:12, 2026-11-25T03:12:00Z, or 10m for ten minutes ago"),
                    {text}}));
    }
    return moment;
}

// The first words say what; the others are the filter.
bool take_words(FilterOptions& filter, Wish& wish) {
    if (filter.words.empty()) {
        return true;
    }
    const std::string first = filter.words.front();
    if (first == "list" || first == "diagnose" || first == "by") {
        wish.what = first == "list" ? What::List : first == "by" ? What::By : What::Diagnose;
        filter.words.erase(filter.words.begin());
    }
    if (wish.what == What::By) {
        if (filter.words.empty()) {
            complain(_("by what? state, process, remote, port, or any columns"));
            return false;
        }
        auto grouping = choose_grouping(filter.words.front());
        if (!grouping) {
            complain("by: " + render(grouping.error().what));
            return false;
        }
        wish.grouping = *std::move(grouping);
        filter.words.erase(filter.words.begin());
    }
    return true;
}

bool take_period(const Options& options, Wish& wish) {
    if (options.at && options.between) {
        complain(_("--at is one moment, --between a time: only one of them."));
        return false;
    }
    if (options.at) {
        const auto at = read_moment(*options.at);
        wish.at_a_moment = true;
        wish.from = wish.to = at.value_or(Micros(0));
        return at.has_value();
    }
    wish.to = since_epoch();
    wish.from = wish.to - std::chrono::hours(1);
    if (options.between) {
        const auto from = read_moment(options.between->first);
        const auto to = read_moment(options.between->second);
        if (!from || !to) {
            return false;
        }
        wish.from = *from;
        wish.to = *to;
        if (wish.from >= wish.to) {
            complain(_("The end is not after the beginning."));
            return false;
        }
    }
    if (wish.what == What::By) {
        complain(_("Counts are of one moment: give it with --at."));
        return false;
    }
    return true;
}

std::optional<Wish> understand(Options options) {
    Wish wish;
    if (!take_words(options.filter, wish) || !take_period(options, wish)) {
        return std::nullopt;
    }
    auto filter = read_filter(options.filter);
    if (!filter) {
        return std::nullopt;
    }
    wish.filter = *std::move(filter);
    auto columns =
        choose_columns(options.columns.value_or("state,age,opener,local,remote,process"));
    auto order = choose_order(options.order.value_or("-age"));
    if (!columns || !order) {
        complain(render(columns ? order.error().what : columns.error().what));
        return std::nullopt;
    }
    wish.columns = *std::move(columns);
    wish.order = *std::move(order);
    return wish;
}

// Nothing was recorded then, so nothing that is shown means that there was nothing.
Result<> tell_gaps(history::Reader& reader, const Wish& wish) {
    for (const history::Gap& gap : TRY(reader.gaps(wish.from, wish.to + Micros(1)))) {
        const bool lost = gap.reason == history::GapReason::EventsLost;
        complain(render({lost ? N_("Not complete: events were lost from {0} to {1}.")
                              : N_("Nothing was recorded from {0} to {1}."),
                         {local_time(gap.begin), local_time(gap.end)}}));
    }
    const auto oldest = TRY(reader.oldest());
    if (oldest && *oldest > wish.from) {
        complain(render({N_("The history begins at {0}."), {local_time(*oldest)}}));
    }
    const auto newest = TRY(reader.newest());
    // A second that has just begun is not written yet.
    if (newest && *newest + std::chrono::seconds(3) < wish.to) {
        complain(render({N_("The history ends at {0}."), {local_time(*newest)}}));
    }
    return {};
}

Result<> list_at(history::Reader& reader, const Wish& wish, const Options& options,
                 const Context& context) {
    Past past = TRY(connections_at(reader, wish.from));
    ListContext list;
    list.processes = past.processes;
    list.namespaces = past.namespaces;
    const filter::Context names{.processes = past.processes, .namespaces = past.namespaces};
    OutputStream out(STDOUT_FILENO);
    std::unique_ptr<ConnectionWriter> writer;
    const TableWriter::Look look{.screen = context.screen, .header = !options.no_header};
    const auto format = options.json ? std::optional(RecordFormat::Json) : std::nullopt;
    if (wish.what == What::By) {
        writer = std::make_unique<Counter>(
            out, wish.grouping, list,
            Counter::Form{.format = format, .look = look, .limit = options.limit});
    } else if (format) {
        std::vector<const Field*> fields;
        for (const Field& field : all_fields()) {
            fields.push_back(&field);
        }
        writer = std::make_unique<RecordWriter>(
            out, *format, options.columns ? fields_of(wish.columns) : fields, list);
    } else {
        writer = std::make_unique<TableWriter>(out, wish.columns, list, look);
    }
    Sorter sorter(*writer, wish.order, wish.what == What::By ? std::nullopt : options.limit, list);
    for (const Connection& connection : past.connections) {
        if (filter::matches(wish.filter, connection, names)) {
            sorter.add(connection);
        }
    }
    sorter.finish(false);
    return out.finish();
}

// Those that ended in this time: their whole lives, one per line.
Result<> list_between(history::Reader& reader, const Wish& wish, const Options& options,
                      const Context& context) {
    OutputStream out(STDOUT_FILENO);
    const trace::ReasonNames no_names;
    // The times of a history are since 1970 already.
    const trace::TraceContext trace_context{
        .clock = trace::TraceClock(std::chrono::system_clock::time_point(), trace::Time(0)),
        .reasons = &no_names,
        .screen = context.screen,
        .namespace_name = {}};
    std::unique_ptr<trace::LifeListener> writer;
    if (options.json) {
        writer = std::make_unique<trace::TraceJson>(
            out, trace_context, trace::TraceJson::Wanted{.steps = false, .lives = true});
    } else {
        writer = std::make_unique<trace::LifeLines>(out, trace_context, !options.no_header);
    }
    FilteringListener filtering(*writer, wish.filter,
                                [](std::uint32_t /*inode*/) { return std::string_view(); });
    history::EndedQuery query{.from = wish.from, .to = wish.to, .process = {}};
    if (options.limit) {
        query.limit = static_cast<std::int64_t>(*options.limit);
    }
    TRY(reader.lives_ended(query,
                           [&](const history::KeptLife& kept) { filtering.ended(kept.life); }));
    return out.finish();
}

std::string counts_text(const history::Sample& sample) {
    std::string text;
    for (const TcpState state : kAllTcpStates) {
        const auto index = static_cast<std::size_t>(state);
        const std::uint64_t seconds =
            static_cast<std::uint64_t>(std::max<std::int64_t>(sample.seconds, 1));
        text += (text.empty() ? "" : "  ") + std::string(rfc_name(state)) + " " +
                std::to_string(sample.sum.at(index) / seconds);
    }
    return text;
}

std::string when(const history::KeptFinding& finding) {
    return render(finding.active
                      ? Message{N_("Seen since {0}."), {local_time(finding.first_seen)}}
                      : Message{N_("Seen from {0} to {1}."),
                                {local_time(finding.first_seen), local_time(finding.last_seen)}});
}

// Whether this time was recorded at all: only then does silence mean something.
Result<bool> was_recorded(history::Reader& reader, const Wish& wish) {
    using history::Seconds;
    const auto from = std::chrono::floor<Seconds>(wish.from);
    const auto to = std::chrono::floor<Seconds>(wish.to) + Seconds(1);
    const auto step = TRY(reader.kept_step(Seconds(1), from));
    const Seconds begin(from.count() / step.count() * step.count());
    return !TRY(reader.samples(step, begin, to)).empty();
}

Result<int> diagnose(history::Reader& reader, const Wish& wish, const Options& options,
                     const Context& context) {
    // The rules are applied every ten seconds, and later where a look takes long.
    constexpr Micros kBetweenLooks = std::chrono::seconds(15);
    const Micros slack = wish.at_a_moment ? kBetweenLooks : Micros(0);
    const auto findings =
        TRY(reader.findings(wish.from - slack, wish.to + Micros(1), kMostFindings));
    int worst = 0;
    for (const history::KeptFinding& finding : findings) {
        worst = std::max(worst, finding.severity);
    }
    if (options.json) {
        return finish(findings_json(findings, wish.from, wish.to, language()) + "\n", worst);
    }
    TextPage page(context.screen);
    if (wish.at_a_moment) {
        const auto second = std::chrono::duration_cast<history::Seconds>(wish.from);
        const auto step = TRY(reader.kept_step(history::Seconds(1), second));
        const history::Seconds begin(second.count() / step.count() * step.count());
        const auto samples = TRY(reader.samples(step, begin, begin + history::Seconds(1)));
        page.paragraph(local_time(wish.from));
        if (!samples.empty()) {
            page.paragraph(counts_text(samples.front()));
        }
    }
    for (const history::KeptFinding& finding : findings) {
        const auto documents = nlohmann::ordered_json::parse(finding.document, nullptr, false);
        const char* code = language() == Language::Korean ? "ko" : "en";
        if (documents.is_object() && documents.contains(code)) {
            page.gap();
            page.block(kept_finding_text(documents.at(code), when(finding), context.screen));
        }
    }
    if (findings.empty()) {
        const bool recorded = TRY(was_recorded(reader, wish));
        page.gap();
        page.paragraph(recorded ? _("Nothing wrong was found then.")
                                : _("Nothing was recorded then."));
        worst = recorded ? worst : kCouldNotTell;
    }
    return finish(page.take(), worst);
}

Result<int> show(const Wish& wish, const Options& options, const Context& context) {
    const std::string path = options.file.value_or(default_history_path());
    if (!std::filesystem::exists(path)) {
        complain(render(Message{
            N_("{0}: nothing has been recorded there. tcpdx record and tcpdx serve do that."),
            {path}}));
        return kCouldNotTell;
    }
    history::Reader reader = TRY(history::Reader::open(path));
    TRY(tell_gaps(reader, wish));
    switch (wish.what) {
        case What::Overview:
        case What::Diagnose:
            return diagnose(reader, wish, options, context);
        case What::List:
        case What::By:
            break;
    }
    TRY(wish.at_a_moment ? list_at(reader, wish, options, context)
                         : list_between(reader, wish, options, context));
    return kSuccess;
}

int run(const Options& options, const Context& context) {
    const auto wish = understand(options);
    if (!wish) {
        return kUsageError;
    }
    const auto shown = show(*wish, options, context);
    if (shown) {
        return *shown;
    }
    if (shown.error().code == ErrorCode::ReaderGone) {
        return kSuccess;
    }
    complain(shown.error());
    return kNoInput;
}

}  // namespace

void add_history_command(CLI::App& tcpdx, Run& chosen) {
    CLI::App& command = *tcpdx.add_subcommand(
        "history", _("what it was like: list, diagnose or by, at a time that was recorded"));
    const auto options = std::make_shared<Options>();
    add_filter_options(command, options->filter);
    command.add_option("--at", options->at, _("a moment: 03:12, 2026-11-25T03:12:00Z, 10m (ago)"))
        ->type_name(_("TIME"));
    command
        .add_option("--between", options->between,
                    _("a time: connections that ended in it, findings that were seen in it"))
        ->type_name(_("TIME"));
    command
        .add_option("--history", options->file,
                    _("the file that the history is in; else /var/lib/tcpdx/history.db"))
        ->type_name(_("FILE"));
    command.add_option("-o,--columns", options->columns,
                       _("columns: state,age,local; +rtt adds one; all shows every one"));
    command.add_option("--sort", options->order,
                       _("columns to sort by: local or, descending, -age"));
    command.add_option("--limit", options->limit, _("at most so many rows"))->check(whole_number());
    command.add_flag("--json", options->json, _("JSON, described in docs/json.md"));
    command.add_flag("--no-header", options->no_header, _("no heading above the table"));
    command.callback([&chosen, options] {
        chosen = [options](const Context& context) { return run(*options, context); };
    });
}

}  // namespace tcpdx::app
