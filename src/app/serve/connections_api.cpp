#include "app/serve/connections_api.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "app/host_names.h"
#include "app/serve/past_moment.h"
#include "base/i18n.h"
#include "base/unique_fd.h"
#include "model/filter/parser.h"
#include "model/process_map.h"
#include "presentation/json/life_json.h"
#include "presentation/json/map_json.h"
#include "presentation/list/counts.h"
#include "presentation/list/order.h"
#include "presentation/list/records.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kKeepFor = std::chrono::seconds(30);
// A listing of 100,000 connections takes 40 MB.
constexpr std::size_t kMostKept = 3;

class Collector final : public ConnectionWriter {
public:
    explicit Collector(std::vector<Connection>& rows) : rows_(rows) {}
    void add(const Connection& connection) override { rows_.push_back(connection); }
    void finish(bool /*table_changed*/) override {}

private:
    std::vector<Connection>& rows_;
};

const std::vector<const Field*>& every_field() {
    static const std::vector<const Field*> fields = [] {
        std::vector<const Field*> all;
        for (const Field& field : all_fields()) {
            all.push_back(&field);
        }
        return all;
    }();
    return fields;
}

tl::unexpected<Answer> refused(std::string_view error, const Message& why, const char* parameter) {
    return tl::unexpected(error_answer(400, error, render(why), parameter));
}

Parameter<filter::Expression> filter_of(const Question& question) {
    auto filter =
        filter::parse_filter(question.parameter("filter").value_or(""), names_for_filters());
    if (!filter) {
        return refused("bad-filter", filter.error().what, "filter");
    }
    return *std::move(filter);
}

Parameter<SortKeys> order_of(const Question& question) {
    const auto text = question.parameter("sort");
    if (!text || text->empty()) {
        return SortKeys();
    }
    auto keys = choose_order(*text);
    if (!keys) {
        return refused("bad-order", keys.error().what, "sort");
    }
    return *std::move(keys);
}

Answer failed(const Error& error) {
    return error_answer(500, "failed", _(error.doing.c_str()));
}

std::string written_to_memory(const std::function<void(OutputStream&)>& write) {
    const UniqueFd file(::memfd_create("answer", MFD_CLOEXEC));
    OutputStream out(file.get());
    write(out);
    if (!out.finish()) {
        return {};
    }
    std::string text(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
    const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
}

}  // namespace

std::string ConnectionsApi::id_of(std::uint32_t network_namespace, std::uint64_t cookie) {
    char hex[20];
    const char* end = std::to_chars(hex, hex + sizeof hex, cookie, 16).ptr;
    return std::to_string(network_namespace) + "-" +
           std::string(hex, static_cast<std::size_t>(end - hex));
}

std::optional<ConnectionsApi::Id> ConnectionsApi::parse_id(const std::string& text) {
    const char* end = text.data() + text.size();
    Id id;
    const auto inode = std::from_chars(text.data(), end, id.network_namespace);
    if (inode.ec != std::errc() || inode.ptr == end || *inode.ptr != '-') {
        return std::nullopt;
    }
    const auto cookie = std::from_chars(inode.ptr + 1, end, id.cookie, 16);
    if (cookie.ec != std::errc() || cookie.ptr != end || id.cookie == 0) {
        return std::nullopt;
    }
    return id;
}

void ConnectionsApi::Snapshot::keep_only(const filter::Expression& filter) {
    const filter::Context names{.processes = context().processes,
                                .namespaces = context().namespaces};
    std::erase_if(rows,
                  [&](const Connection& row) { return !filter::matches(filter, row, names); });
}

Parameter<ConnectionsApi::Held> ConnectionsApi::make_snapshot(const Question& question) const {
    const auto at = TRY(past_moment(question));
    if (!at) {
        return list_now();
    }
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->past = TRY(read_past(monitor_, history_file_, *at));
    snapshot->rows = std::move(snapshot->past.connections);
    snapshot->past_context.processes = snapshot->past.processes;
    snapshot->past_context.namespaces = snapshot->past.namespaces;
    snapshot->listed = snapshot->rows.size();
    snapshot->at = *at;
    return snapshot;
}

Parameter<ConnectionsApi::Held> ConnectionsApi::list_now() const {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->everything = filter::Expression{filter::All{}};
    Needs needs;
    needs.add(every_field());
    snapshot->listing = std::make_unique<Listing>(snapshot->everything, needs, all_namespaces_);
    snapshot->at = since_epoch();
    Collector collector(snapshot->rows);
    const Result<> listed = snapshot->listing->run(collector, [] { return false; });
    if (!listed) {
        return tl::unexpected(failed(listed.error()));
    }
    snapshot->listed = snapshot->rows.size();
    // What was seen to happen is better than what one look can tell, and the filter should know it.
    if (!monitor_.without_events()) {
        monitor_.with_tracker([&](const trace::LifeTracker& tracker) {
            const trace::Time now = monotonic_now();
            for (Connection& row : snapshot->rows) {
                const std::uint64_t cookie = row.cookie.value_or(0);
                if (const auto age = tracker.age_of(cookie, row.state, now)) {
                    row.age = *age;
                }
                if (const Opener opener = tracker.opener_of(cookie); opener != Opener::Unknown) {
                    row.opener = opener;
                    row.opener_basis = OpenerBasis::Watched;
                }
            }
        });
    }
    return snapshot;
}

ConnectionsApi::Held ConnectionsApi::kept(const std::string& id) {
    const std::lock_guard lock(mutex_);
    for (const Held& each : kept_) {
        if (each->id == id) {
            each->used = Clock::now();
            return each;
        }
    }
    return nullptr;
}

void ConnectionsApi::keep(const Held& snapshot) {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    std::erase_if(kept_, [&](const Held& each) { return now - each->used > kKeepFor; });
    while (kept_.size() >= kMostKept) {
        kept_.erase(std::min_element(kept_.begin(), kept_.end(), [](const Held& a, const Held& b) {
            return a->used < b->used;
        }));
    }
    snapshot->id = std::to_string(next_id_++);
    snapshot->used = now;
    kept_.push_back(snapshot);
}

Parameter<ConnectionsApi::Held> ConnectionsApi::snapshot_for(const Question& question) {
    if (const auto id = question.parameter("snapshot")) {
        Held snapshot = kept(*id);
        if (snapshot == nullptr) {
            return tl::unexpected(
                error_answer(410, "snapshot-gone",
                             _("This listing is not kept any more: begin a new one."), "snapshot"));
        }
        return snapshot;
    }
    const filter::Expression filter = TRY(filter_of(question));
    SortKeys keys = TRY(order_of(question));
    Held snapshot = TRY(make_snapshot(question));
    snapshot->keep_only(filter);
    if (!keys.empty()) {
        std::vector<Connection> sorted;
        sorted.reserve(snapshot->rows.size());
        Collector collector(sorted);
        Sorter sorter(collector, std::move(keys), std::nullopt, snapshot->context());
        for (const Connection& row : snapshot->rows) {
            sorter.add(row);
        }
        sorter.finish(false);
        snapshot->rows = std::move(sorted);
    }
    return snapshot;
}

std::string ConnectionsApi::row_json(const Snapshot& snapshot, const Connection& connection,
                                     const std::vector<const Field*>& fields) {
    // As long as the longest row of an OutputStream.
    static thread_local std::vector<char> room(OutputStream::kRowBytes);
    const ListContext& context = snapshot.context();
    const char* end = append_json_object(room.data(), fields, connection, context);
    const NetworkNamespace* inside = context.namespace_of(connection);
    const auto inode = static_cast<std::uint32_t>(inside == nullptr ? 0 : inside->inode);
    std::string text = R"({"id":")" + id_of(inode, connection.cookie.value_or(0)) + '"';
    const std::string_view object(room.data(), static_cast<std::size_t>(end - room.data()));
    if (object.size() > 2) {
        text += ',';
    }
    return text.append(object.substr(1));
}

Answer ConnectionsApi::count(const Question& question, const Snapshot& snapshot) const {
    auto by = choose_grouping(*question.parameter("by"));
    if (!by) {
        return error_answer(400, "bad-column", render(by.error().what), "by");
    }
    const auto limit = whole_number(question, "limit", 100, 1, 1000);
    if (!limit) {
        return limit.error();
    }
    return {.body = written_to_memory([&](OutputStream& out) {
                Counter counter(out, *by, snapshot.context(),
                                {.format = RecordFormat::Json,
                                 .look = {},
                                 .limit = static_cast<std::size_t>(*limit)});
                for (const Connection& row : snapshot.rows) {
                    counter.add(row);
                }
                counter.finish(snapshot.table_changed());
            })};
}

Answer ConnectionsApi::list(const Question& question) {
    const auto offset = whole_number(question, "offset", 0, 0, INT32_MAX);
    const auto limit = whole_number(question, "limit", 100, 1, 1000);
    if (!offset || !limit) {
        return offset ? limit.error() : offset.error();
    }
    Columns columns = default_columns();
    std::vector<const Field*> fields = every_field();
    if (const auto text = question.parameter("columns")) {
        auto chosen = choose_columns(*text);
        if (!chosen) {
            return error_answer(400, "bad-column", render(chosen.error().what), "columns");
        }
        columns = *std::move(chosen);
        fields = fields_of(columns);
    }
    const auto found = snapshot_for(question);
    if (!found) {
        return found.error();
    }
    Snapshot& snapshot = **found;
    if (question.parameter("by")) {
        return count(question, snapshot);
    }
    if (snapshot.id.empty()) {
        keep(*found);
    }
    nlohmann::ordered_json head{{"schema", "tcpdx.connections/1"},
                                {"at_unix_s", unix_seconds(snapshot.at)},
                                {"snapshot", snapshot.id},
                                {"total", snapshot.rows.size()},
                                {"listed", snapshot.listed},
                                {"offset", *offset},
                                {"limit", *limit}};
    for (const Column* column : columns) {
        head["columns"].push_back(column->name);
    }
    head["table_changed"] = snapshot.table_changed();
    std::string body = head.dump();
    body.back() = ',';
    body += R"("connections":[)";
    const std::size_t first = std::min(static_cast<std::size_t>(*offset), snapshot.rows.size());
    const std::size_t last =
        std::min(first + static_cast<std::size_t>(*limit), snapshot.rows.size());
    {
        // Rows ask for names, which are looked up and remembered.
        const std::lock_guard lock(mutex_);
        for (std::size_t i = first; i < last; ++i) {
            body += (i == first ? "" : ",") + row_json(snapshot, snapshot.rows[i], fields);
        }
    }
    return {.body = body + "]}"};
}

Answer ConnectionsApi::map(const Question& question) const {
    constexpr std::size_t kMostNodes = 200;
    const auto filter = filter_of(question);
    const auto snapshot = filter ? make_snapshot(question) : tl::unexpected(filter.error());
    if (!snapshot) {
        return snapshot.error();
    }
    const ListContext& context = (*snapshot)->context();
    const filter::Context names{.processes = context.processes, .namespaces = context.namespaces};
    Observations seen;
    seen.processes.assign(context.processes.begin(), context.processes.end());
    for (const Connection& row : (*snapshot)->rows) {
        // Listeners are there for the names of ports.
        if (row.is_listener() || filter::matches(*filter, row, names)) {
            seen.connections.push_back(row);
        }
    }
    return {.body = map_json(map_processes(seen, kMostNodes), (*snapshot)->at)};
}

std::string ConnectionsApi::row(const std::string& id) {
    const auto wanted = parse_id(id);
    const auto snapshot =
        wanted ? list_now() : Parameter<Held>(tl::unexpected(Answer{.status = 404}));
    if (!snapshot) {
        return {};
    }
    const ListContext& context = (*snapshot)->context();
    for (const Connection& each : (*snapshot)->rows) {
        const NetworkNamespace* inside = context.namespace_of(each);
        if (each.cookie == wanted->cookie && inside != nullptr &&
            static_cast<std::uint32_t>(inside->inode) == wanted->network_namespace) {
            return row_json(**snapshot, each, every_field());
        }
    }
    return {};
}

}  // namespace tcpdx::app
