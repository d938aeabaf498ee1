#include "app/serve/connections_api.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

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
constexpr std::size_t kMostKept = 3;
// Of all listings that are kept, but for the newest: a row takes 432 bytes.
constexpr std::size_t kMostRowsKept = 50'000;

class Collector final : public ConnectionWriter {
public:
    explicit Collector(std::vector<Connection>& rows) : rows_(rows) {}
    void add(const Connection& connection) override { rows_.push_back(connection); }
    void finish(bool /*table_changed*/) override {}

private:
    std::vector<Connection>& rows_;
};

class OneCollector final : public ConnectionWriter {
public:
    OneCollector(ConnectionsApi::Id wanted, const ListContext& context,
                 std::vector<Connection>& rows)
        : wanted_(wanted), context_(context), rows_(rows) {}
    void add(const Connection& connection) override {
        const NetworkNamespace* inside = context_.namespace_of(connection);
        if (connection.cookie == wanted_.cookie && inside != nullptr &&
            static_cast<std::uint32_t>(inside->inode) == wanted_.network_namespace) {
            rows_.push_back(connection);
        }
    }
    void finish(bool /*table_changed*/) override {}

private:
    ConnectionsApi::Id wanted_;
    const ListContext& context_;
    std::vector<Connection>& rows_;
};

// What the map is made of: listeners are there for the names of ports, whatever the filter says.
class MapCollector final : public ConnectionWriter {
public:
    MapCollector(const filter::Expression& filter, const ListContext& context,
                 std::vector<Connection>& rows)
        : filter_(filter), context_(context), rows_(rows) {}
    void add(const Connection& connection) override {
        if (connection.is_listener() ||
            filter::matches(filter_, connection,
                            {.processes = context_.processes, .namespaces = context_.namespaces})) {
            rows_.push_back(connection);
        }
    }
    void finish(bool /*table_changed*/) override {}

private:
    const filter::Expression& filter_;
    const ListContext& context_;
    std::vector<Connection>& rows_;
};

// Hands on what a filter lets through. All sockets are listed: what was seen to happen is better
// than what one look can tell, and the filter should know it.
class Chooser final : public ConnectionWriter {
public:
    Chooser(ConnectionWriter& next, const filter::Expression& filter, const ListContext& context,
            const HostMonitor& monitor)
        : next_(next),
          filter_(filter),
          context_(context),
          monitor_(monitor),
          watched_(!monitor.without_events()) {}

    void add(const Connection& connection) override {
        ++listed_;
        Connection row = connection;
        if (watched_) {
            monitor_.with_tracker(
                [&row](const trace::LifeTracker& tracker) { put_watched_facts(row, tracker); });
        }
        if (filter::matches(filter_, row,
                            {.processes = context_.processes, .namespaces = context_.namespaces})) {
            next_.add(row);
        }
    }
    void finish(bool table_changed) override { next_.finish(table_changed); }
    [[nodiscard]] std::size_t listed() const { return listed_; }

private:
    static void put_watched_facts(Connection& row, const trace::LifeTracker& tracker) {
        const std::uint64_t cookie = row.cookie.value_or(0);
        if (const auto age = tracker.age_of(cookie, row.state, monotonic_now())) {
            row.age = *age;
        }
        if (const Opener opener = tracker.opener_of(cookie); opener != Opener::Unknown) {
            row.opener = opener;
            row.opener_basis = OpenerBasis::Watched;
        }
    }

    ConnectionWriter& next_;
    const filter::Expression& filter_;
    const ListContext& context_;
    const HostMonitor& monitor_;
    bool watched_;
    std::size_t listed_ = 0;
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

ConnectionsApi::Held ConnectionsApi::new_snapshot() const {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->everything = filter::Expression{filter::All{}};
    Needs needs;
    needs.add(every_field());
    snapshot->listing = std::make_unique<Listing>(snapshot->everything, needs, all_namespaces_);
    return snapshot;
}

Parameter<ConnectionsApi::Held> ConnectionsApi::new_snapshot(const Question& question) const {
    const auto at = TRY(past_moment(question));
    if (!at) {
        return new_snapshot();
    }
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->past = TRY(read_past(monitor_, history_file_, *at));
    snapshot->past_context.processes = snapshot->past.processes;
    snapshot->past_context.namespaces = snapshot->past.namespaces;
    snapshot->at = *at;
    return snapshot;
}

Parameter<ConnectionsApi::Held> ConnectionsApi::list_into(ConnectionWriter& writer,
                                                          const Held& snapshot,
                                                          const filter::Expression& filter) const {
    if (snapshot->listing == nullptr) {
        const filter::Context names{.processes = snapshot->past.processes,
                                    .namespaces = snapshot->past.namespaces};
        const auto rows = std::exchange(snapshot->past.connections, {});
        snapshot->listed = rows.size();
        for (const Connection& row : rows) {
            if (filter::matches(filter, row, names)) {
                writer.add(row);
            }
        }
        writer.finish(false);
        return snapshot;
    }
    snapshot->at = since_epoch();
    Chooser chooser(writer, filter, snapshot->context(), monitor_);
    const Result<> listed = snapshot->listing->run(chooser, [] { return false; });
    if (!listed) {
        return tl::unexpected(failed(listed.error()));
    }
    snapshot->listed = chooser.listed();
    writer.finish(snapshot->table_changed());
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
    snapshot->rows.shrink_to_fit();
    const std::lock_guard lock(mutex_);
    const auto rows_kept = [this, &snapshot] {
        std::size_t rows = snapshot->rows.size();
        for (const Held& each : kept_) {
            rows += each->rows.size();
        }
        return rows;
    };
    while (!kept_.empty() && (kept_.size() >= kMostKept || rows_kept() > kMostRowsKept)) {
        kept_.erase(std::min_element(kept_.begin(), kept_.end(), [](const Held& a, const Held& b) {
            return a->used < b->used;
        }));
    }
    snapshot->id = std::to_string(next_id_++);
    snapshot->used = Clock::now();
    kept_.push_back(snapshot);
}

void ConnectionsApi::forget_unused() {
    const std::lock_guard lock(mutex_);
    std::erase_if(kept_, [](const Held& each) { return Clock::now() - each->used > kKeepFor; });
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
    Held snapshot = TRY(new_snapshot(question));
    Collector collector(snapshot->rows);
    if (keys.empty()) {
        return list_into(collector, snapshot, filter);
    }
    Sorter sorter(collector, std::move(keys), std::nullopt, snapshot->context());
    return list_into(sorter, snapshot, filter);
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

Answer ConnectionsApi::count(const Question& question) {
    auto by = choose_grouping(*question.parameter("by"));
    if (!by) {
        return error_answer(400, "bad-column", render(by.error().what), "by");
    }
    const auto limit = whole_number(question, "limit", 100, 1, 1000);
    if (!limit) {
        return limit.error();
    }
    const bool is_kept = question.parameter("snapshot").has_value();
    const auto filter = filter_of(question);
    const auto snapshot = is_kept  ? snapshot_for(question)
                          : filter ? new_snapshot(question)
                                   : tl::unexpected(filter.error());
    if (!snapshot) {
        return snapshot.error();
    }
    std::optional<Answer> failure;
    std::string body = written_to_memory([&](OutputStream& out) {
        Counter counter(
            out, *by, (*snapshot)->context(),
            {.format = RecordFormat::Json, .look = {}, .limit = static_cast<std::size_t>(*limit)});
        if (is_kept) {
            for (const Connection& row : (*snapshot)->rows) {
                counter.add(row);
            }
            counter.finish((*snapshot)->table_changed());
        } else if (const auto listed = list_into(counter, *snapshot, *filter); !listed) {
            failure = listed.error();
        }
    });
    return failure ? *failure : Answer{.body = std::move(body)};
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
    if (question.parameter("by")) {
        return count(question);
    }
    const auto found = snapshot_for(question);
    if (!found) {
        return found.error();
    }
    Snapshot& snapshot = **found;
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
    const auto snapshot = filter ? new_snapshot(question) : tl::unexpected(filter.error());
    if (!snapshot) {
        return snapshot.error();
    }
    const ListContext& context = (*snapshot)->context();
    Observations seen;
    MapCollector collector(*filter, context, seen.connections);
    const filter::Expression everything{filter::All{}};
    if (const auto listed = list_into(collector, *snapshot, everything); !listed) {
        return listed.error();
    }
    seen.processes.assign(context.processes.begin(), context.processes.end());
    return {.body = map_json(map_processes(seen, kMostNodes), (*snapshot)->at)};
}

std::string ConnectionsApi::row(const std::string& id) {
    const auto wanted = parse_id(id);
    if (!wanted) {
        return {};
    }
    const filter::Expression everything{filter::All{}};
    const Held snapshot = new_snapshot();
    OneCollector collector(*wanted, snapshot->context(), snapshot->rows);
    const auto listed = list_into(collector, snapshot, everything);
    return listed && !snapshot->rows.empty()
               ? row_json(*snapshot, snapshot->rows.front(), every_field())
               : std::string();
}

}  // namespace tcpdx::app
