#include "diagnosis/paste_report.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/commands_by_system.h"

namespace tcpdx::diagnosis {
namespace {

bool has_counts(const Paste& paste) {
    return std::any_of(paste.state_counts.begin(), paste.state_counts.end(),
                       [](const auto& count) { return count.has_value(); });
}

class OpenQuestions {
public:
    explicit OpenQuestions(const Situation& situation)
        : situation_(situation), seen_(situation.now), paste_(*situation.now.paste) {}

    std::vector<Message> list() {
        if (seen_.connections.empty()) {
            without_rows();
        } else {
            missing_rows();
            missing_kinds();
            missing_columns();
        }
        missing_time();
        return std::move(list_);
    }

private:
    void add(const char* text, std::vector<Value> values = {}) {
        list_.push_back({text, std::move(values)});
    }

    [[nodiscard]] bool any(bool (*holds)(const Connection&)) const {
        return std::any_of(seen_.connections.begin(), seen_.connections.end(), holds);
    }

    void without_rows() {
        if (has_counts(paste_)) {
            add(N_("the rows: a count tells neither ports nor peers nor programs"));
        } else if (!seen_.counters.empty()) {
            add(N_("sockets: it has counters only, which add up since the system started"));
        } else {
            missing_states();
            add(N_("TCP connections and listeners: it has no row that shows one with its state"));
        }
    }

    void missing_states() {
        if (paste_.rows_without_state > 0) {
            add(N_("the states of {0} rows: their column is missing"),
                {static_cast<std::int64_t>(paste_.rows_without_state)});
        }
    }

    void missing_rows() {
        missing_states();
        if (paste_.cut_off) {
            add(N_("the rest of it: the listing was cut off"));
        }
        if (paste_.selected) {
            add(N_("rows that were not selected: that something is missing proves nothing"));
        }
    }

    void missing_kinds() {
        const auto& port = situation_.asked.port;
        const bool complete = seen_.coverage.listeners && situation_.has_every_row();
        if (port && !complete && situation_.lookups().listeners_on(*port).empty()) {
            add(N_("whether anything listens on port {0}: this listing would not have to show it"),
                {Port{*port}});
        } else if (!seen_.coverage.listeners) {
            add(N_("listeners: what is listened to, and how full accept queues are"));
        }
        if (!seen_.coverage.connections) {
            add(N_("connections: only listeners are listed"));
        }
    }

    void missing_columns() {
        if (!paste_.owner_shown.value_or(false)) {
            add(N_("which programs hold the sockets: there is no column for them"));
        } else if (!seen_.coverage.privileged_view && paste_.as_root != true) {
            add(
                N_("programs of other users: unless it was made as root, a row without a program "
                   "says nothing"));
        }
        if (!any([](const Connection& each) {
                return each.receive_queue.has_value() || each.accept_queue.has_value();
            })) {
            add(N_("queues: what programs have not read, and what peers have not acknowledged"));
        } else if (any([](const Connection& each) {
                       return each.is_listener() && !each.backlog_limit;
                   })) {
            add(N_("limits of accept queues"));
        }
    }

    void missing_time() {
        const bool ages = any([](const Connection& each) { return each.age.known(); });
        if (situation_.earlier != nullptr) {
            return;
        }
        if (ages) {
            add(N_("what grows: it is one look"));
        } else {
            add(N_("how long anything has lasted, and what grows: it is one look, without ages"));
        }
    }

    const Situation& situation_;
    const Observations& seen_;
    const Paste& paste_;
    std::vector<Message> list_;
};

}  // namespace

PasteReport report_on_paste(const Situation& situation) {
    return {.not_visible = OpenQuestions(situation).list(),
            .deciding_command = deciding_command(situation.now.paste->system)};
}

bool has_content(const Observations& seen) {
    return !seen.connections.empty() || !seen.counters.empty() ||
           (seen.paste && has_counts(*seen.paste));
}

}  // namespace tcpdx::diagnosis
