#pragma once

#include <map>
#include <mutex>
#include <string>

#include "app/host_monitor.h"
#include "app/serve/answer.h"
#include "app/serve/connections_api.h"
#include "app/serve/history_api.h"

namespace tcpdx::app {

// Everything under /api/v1/ that is asked and answered once: docs/api/openapi.json. For any thread.
class Api {
public:
    Api(const HostMonitor& monitor, bool all_namespaces, const std::string& history_file)
        : monitor_(monitor),
          connections_(monitor, all_namespaces, history_file),
          history_(monitor, history_file) {}

    [[nodiscard]] Answer answer(const Question& question);
    // The document of /api/v1/now; made once a second for all who read it.
    [[nodiscard]] std::string now(Language language);
    // To be called now and then.
    void forget_unused() { connections_.forget_unused(); }

private:
    [[nodiscard]] Answer explain(const std::string& topic, Language language) const;

    struct Made {
        std::chrono::microseconds of{0};
        std::string document;
        std::chrono::microseconds findings_of{-1};
        std::string findings = "[]";
    };

    const HostMonitor& monitor_;
    ConnectionsApi connections_;
    HistoryApi history_;
    std::mutex mutex_;  // what follows
    std::map<Language, Made> made_;
};

}  // namespace tcpdx::app
