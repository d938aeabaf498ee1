#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "app/host_monitor.h"
#include "app/listing.h"
#include "app/past.h"
#include "app/serve/answer.h"
#include "app/serve/parameters.h"

namespace tcpdx::app {

// /api/v1/connections: the socket table, a page at a time. A listing is kept for a while, so that
// the pages of it fit together while the table changes. With `at` it is that of a moment in the
// history.
class ConnectionsApi {
public:
    // `history_file` is empty where no history is kept.
    ConnectionsApi(const HostMonitor& monitor, bool all_namespaces, std::string history_file)
        : monitor_(monitor),
          all_namespaces_(all_namespaces),
          history_file_(std::move(history_file)) {}

    [[nodiscard]] Answer list(const Question& question);
    // Which process talks to which, now or at that moment.
    [[nodiscard]] Answer map(const Question& question) const;
    // The row with this id, as in a list; empty when there is none.
    [[nodiscard]] std::string row(const std::string& id);
    // Gives up the listings that nobody pages through any more.
    void forget_unused();

    // "4026531840-2f1a": inode of the network namespace, and the kernel's cookie.
    [[nodiscard]] static std::string id_of(std::uint32_t network_namespace, std::uint64_t cookie);
    struct Id {
        std::uint32_t network_namespace = 0;
        std::uint64_t cookie = 0;
    };
    [[nodiscard]] static std::optional<Id> parse_id(const std::string& text);

private:
    // Everything that a listing's rows refer to stays with it.
    struct Snapshot {
        std::string id;
        filter::Expression everything;
        std::unique_ptr<Listing> listing;  // null for the past
        Past past;
        ListContext past_context;
        std::vector<Connection> rows;  // that the filter lets through, in order
        std::size_t listed = 0;
        std::chrono::microseconds at{0};
        std::chrono::steady_clock::time_point used;

        [[nodiscard]] const ListContext& context() const {
            return listing == nullptr ? past_context : listing->context();
        }
        [[nodiscard]] bool table_changed() const {
            return listing != nullptr && listing->table_changed();
        }
    };
    using Held = std::shared_ptr<Snapshot>;

    // Of now, or of the moment that is asked for. Nothing is listed yet.
    [[nodiscard]] Held new_snapshot() const;
    [[nodiscard]] Parameter<Held> new_snapshot(const Question& question) const;
    // Lists, and hands on what the filter lets through. Once.
    [[nodiscard]] Parameter<Held> list_into(ConnectionWriter& writer, const Held& snapshot,
                                            const filter::Expression& filter) const;
    [[nodiscard]] Parameter<Held> snapshot_for(const Question& question);
    [[nodiscard]] Held kept(const std::string& id);
    void keep(const Held& snapshot);
    [[nodiscard]] Answer count(const Question& question);
    [[nodiscard]] static std::string row_json(const Snapshot& snapshot,
                                              const Connection& connection,
                                              const std::vector<const Field*>& fields);

    const HostMonitor& monitor_;
    bool all_namespaces_;
    std::string history_file_;
    std::mutex mutex_;  // what follows
    std::list<Held> kept_;
    std::uint64_t next_id_ = 1;
};

}  // namespace tcpdx::app
