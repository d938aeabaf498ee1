#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/command.h"
#include "app/filter_options.h"
#include "app/listing.h"
#include "app/output_file.h"
#include "app/pasted_input.h"
#include "app/usage_error.h"
#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/list/counts.h"
#include "presentation/list/order.h"
#include "presentation/list/records.h"
#include "presentation/list/table.h"
#include "presentation/render.h"
#include "presentation/text/paste_text.h"

namespace tcpdx::app {
namespace {

struct Options {
    FilterOptions filter;
    std::optional<std::string> columns;
    std::optional<std::string> order;
    std::optional<std::string> grouping;
    std::optional<std::string> file;
    std::optional<std::string> from;  // a file, or "-"
    std::optional<std::size_t> limit;
    bool json = false;
    bool json_lines = false;
    bool csv = false;
    bool no_header = false;
    bool all_namespaces = false;
};

// What the options mean, once checked.
struct Wish {
    filter::Expression filter;
    Columns columns;
    SortKeys order;
    Columns grouping;
    std::optional<RecordFormat> format;
};

template <class Chosen>
bool take(Chosen chosen, const char* option, std::remove_reference_t<decltype(*chosen)>& into) {
    if (!chosen) {
        complain(std::string(option) + ": " + render(chosen.error().what));
        std::string names;
        for (const Column& column : all_columns()) {
            names += (names.empty() ? "" : " ") + column.name;
        }
        std::fprintf(stderr, "%s\n", render({N_("There are: {0}"), {names}}).c_str());
        return false;
    }
    into = *std::move(chosen);
    return true;
}

std::optional<Wish> understand(const Options& options) {
    Wish wish;
    auto filter = read_filter(options.filter);
    if (!filter) {
        return std::nullopt;
    }
    wish.filter = *std::move(filter);
    if (options.json || options.json_lines) {
        wish.format = options.json ? RecordFormat::Json : RecordFormat::JsonLines;
    } else if (options.csv) {
        wish.format = RecordFormat::Csv;
    }
    wish.columns = default_columns();
    if (options.columns && !take(choose_columns(*options.columns), "-o", wish.columns)) {
        return std::nullopt;
    }
    if (options.order && !take(choose_order(*options.order), "--sort", wish.order)) {
        return std::nullopt;
    }
    if (options.grouping && !take(choose_grouping(*options.grouping), "--by", wish.grouping)) {
        return std::nullopt;
    }
    return wish;
}

// JSON has everything unless columns were chosen: a program picks what it wants, and what it does
// not find in one version it may find in the next.
std::vector<const Field*> fields_wanted(const Wish& wish, const Options& options) {
    const bool json = wish.format && *wish.format != RecordFormat::Csv;
    if (!json || options.columns) {
        return fields_of(wish.columns);
    }
    std::vector<const Field*> fields;
    for (const Field& field : all_fields()) {
        fields.push_back(&field);
    }
    return fields;
}

Needs needs_of(const Wish& wish, const std::vector<const Field*>& fields, bool all_namespaces) {
    Needs needs;
    needs.add(wish.filter);
    needs.add(wish.grouping.empty() ? fields : fields_of(wish.grouping));
    for (const SortKey& key : wish.order) {
        needs.add(fields_of({key.column}));
    }
    needs.namespaces = needs.namespaces || all_namespaces;
    return needs;
}

bool asks_for_namespace(const filter::Expression& filter) {
    bool asks = false;
    filter::for_each_condition(filter, [&](const filter::Expression& condition) {
        asks = asks || std::holds_alternative<filter::NamespaceIs>(condition.is);
    });
    return asks;
}

// The rows' way: sorted or cut, then counted or written.
class Chain {
public:
    Chain(const Wish& wish, const Options& options, const Context& context,
          const std::vector<const Field*>& fields, const ListContext& list, OutputStream& out) {
        const Screen screen = options.file ? Screen{} : context.screen;
        const TableWriter::Look look{.screen = screen, .header = !options.no_header};
        if (!wish.grouping.empty()) {
            last_ = std::make_unique<Counter>(
                out, wish.grouping, list,
                Counter::Form{.format = wish.format, .look = look, .limit = options.limit});
            return;
        }
        if (wish.format) {
            last_ = std::make_unique<RecordWriter>(out, *wish.format, fields, list);
        } else {
            last_ = std::make_unique<TableWriter>(out, wish.columns, list, look);
        }
        if (!wish.order.empty()) {
            first_ = std::make_unique<Sorter>(*last_, wish.order, options.limit, list);
        } else if (options.limit) {
            first_ = std::make_unique<Limit>(*last_, *options.limit);
        }
    }

    [[nodiscard]] ConnectionWriter& entry() { return first_ ? *first_ : *last_; }

private:
    std::unique_ptr<ConnectionWriter> last_;
    std::unique_ptr<ConnectionWriter> first_;
};

// A name that no namespace has lets nothing through; it is more likely a slip than a question.
void tell_unknown_namespaces(const Listing& listing, const filter::Expression& filter) {
    filter::for_each_condition(filter, [&](const filter::Expression& condition) {
        const auto* wanted = std::get_if<filter::NamespaceIs>(&condition.is);
        if (wanted == nullptr) {
            return;
        }
        const auto& all = listing.context().namespaces;
        const bool there = std::any_of(all.begin(), all.end(), [&](const NetworkNamespace& each) {
            return each.name == wanted->name || std::to_string(each.inode) == wanted->name;
        });
        if (!there) {
            complain(render({N_("No network namespace '{0}' can be seen."), {wanted->name}}));
        }
    });
}

void tell_unseen(const Listing& listing) {
    for (const Unseen& unseen : listing.unseen()) {
        complain(render({N_("Not seen: {0} {1}"), {render(unseen.what), render(unseen.remedy)}}));
    }
    if (listing.table_changed()) {
        complain(
            _("The kernel's table changed while it was read: some connections may be missing "
              "or listed twice."));
    }
}

Result<> list(const Wish& wish, const Options& options, const Context& context, int fd) {
    const std::vector<const Field*> fields = fields_wanted(wish, options);
    const bool all_namespaces = options.all_namespaces || asks_for_namespace(wish.filter);
    Listing listing(wish.filter, needs_of(wish, fields, options.all_namespaces), all_namespaces);
    OutputStream out(fd);
    Chain chain(wish, options, context, fields, listing.context(), out);
    TRY(listing.run(chain.entry(), [&out] { return out.failed(); }));
    chain.entry().finish(listing.table_changed());
    TRY(out.finish());
    tell_unseen(listing);
    tell_unknown_namespaces(listing, wish.filter);
    return {};
}

// Beside the rows, so on stderr: what of the text is not in the list.
void tell_unread(const Paste& paste) {
    for (const std::string& line : unread_lines(paste)) {
        std::fprintf(stderr, "%s\n", line.c_str());
    }
}

// What somebody pasted, instead of this host.
Result<> list_pasted(const Wish& wish, const Options& options, const Context& context,
                     const Observations& seen, int fd) {
    ListContext list;
    list.processes = seen.processes;
    list.paste = &*seen.paste;
    filter::Context filter_context;
    filter_context.processes = seen.processes;
    OutputStream out(fd);
    Chain chain(wish, options, context, fields_wanted(wish, options), list, out);
    for (const Connection& connection : seen.connections) {
        if (out.failed()) {
            break;
        }
        if (filter::matches(wish.filter, connection, filter_context)) {
            chain.entry().add(connection);
        }
    }
    chain.entry().finish(false);
    TRY(out.finish());
    tell_unread(*seen.paste);
    return {};
}

// To stdout, or to a file that is complete or not there.
Result<> write_list(const Options& options, const std::function<Result<>(int fd)>& write) {
    if (!options.file) {
        return write(STDOUT_FILENO);
    }
    OutputFile file = TRY(OutputFile::create(*options.file));
    TRY(write(file.fd()));
    return file.keep();
}

int run(const Options& options, const Context& context) {
    const auto wish = understand(options);
    if (!wish) {
        return kUsageError;
    }
    std::function<Result<>(int)> write = [&](int fd) { return list(*wish, options, context, fd); };
    std::optional<text::Reading> reading;
    if (options.from) {
        auto read = read_pasted(*options.from);
        if (!read) {
            complain(read.error().text);
            return read.error().status;
        }
        reading = *std::move(read);
        write = [&](int fd) { return list_pasted(*wish, options, context, reading->now, fd); };
    }
    const Result<> listed = write_list(options, write);
    if (listed || listed.error().code == ErrorCode::ReaderGone) {
        return kSuccess;
    }
    complain(listed.error());
    return kFailure;
}

}  // namespace

void add_list_command(CLI::App& tcpdx, Run& chosen) {
    CLI::App& command = *tcpdx.add_subcommand(
        "list", _("every connection: state, age, opener, queues, addresses, owner"));
    const auto options = std::make_shared<Options>();
    add_filter_options(command, options->filter);
    command.add_option("-o,--columns", options->columns,
                       _("columns: state,age,local; +rtt adds one; all shows every one"));
    command.add_option("--sort", options->order,
                       _("columns to sort by: local or, descending, -age"));
    command.add_option("--limit", options->limit, _("at most so many rows"))->check(whole_number());
    command.add_option("--by", options->grouping,
                       _("only counts: by state, process, remote, port, or any columns"));
    CLI::Option* json =
        command.add_flag("--json", options->json, _("JSON, described in docs/json.md"));
    CLI::Option* lines =
        command.add_flag("--jsonl", options->json_lines, _("one JSON object per line"));
    CLI::Option* csv = command.add_flag("--csv", options->csv, _("CSV as in RFC 4180"));
    json->excludes(lines);
    json->excludes(csv);
    lines->excludes(csv);
    CLI::Option* from =
        command
            .add_option("--from", options->from,
                        _("not this host, but the output of netstat, ss, lsof or /proc/net/tcp of "
                          "any system, in this file; - for standard input"))
            ->type_name(_("FILE"));
    command.add_option("--to", options->file,
                       _("write to this file instead, complete or not at all"));
    command.add_flag("--no-header", options->no_header, _("no heading above the table"));
    command
        .add_flag("--all-netns", options->all_namespaces,
                  _("all network namespaces (containers), not only this one"))
        ->excludes(from);
    command.callback([&chosen, options] {
        chosen = [options](const Context& context) { return run(*options, context); };
    });
}

}  // namespace tcpdx::app
