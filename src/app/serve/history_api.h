#pragma once

#include <string>

#include "app/host_monitor.h"
#include "app/serve/answer.h"
#include "history/reader.h"

namespace tcpdx::app {

// What was: series, findings and ended connections, from the history on disk where there is one,
// and else from what is in memory.
class HistoryApi {
public:
    // `file` is empty where no history is kept.
    HistoryApi(const HostMonitor& monitor, std::string file)
        : monitor_(monitor), file_(std::move(file)) {}

    [[nodiscard]] Answer series(const Question& question) const;
    [[nodiscard]] Answer findings(const Question& question) const;
    [[nodiscard]] Answer closed(const Question& question) const;
    // One connection: its life, and what is known of the other end. `row` as ConnectionsApi gives
    // it.
    [[nodiscard]] Answer connection(const std::string& id, const std::string& row) const;

private:
    struct Found;
    [[nodiscard]] std::optional<Found> find_open(std::uint32_t network_namespace,
                                                 std::uint64_t cookie) const;
    [[nodiscard]] std::optional<Found> find_kept(std::uint32_t network_namespace,
                                                 std::uint64_t cookie) const;

    const HostMonitor& monitor_;
    std::string file_;
};

// "tcpdx.findings/1" of what the history has, in this language.
[[nodiscard]] std::string findings_json(const std::vector<history::KeptFinding>& findings,
                                        history::Micros from, history::Micros to,
                                        Language language);
// A list of findings as they are now.
[[nodiscard]] std::string findings_json(const std::vector<ShownFinding>& findings,
                                        Language language);

}  // namespace tcpdx::app
