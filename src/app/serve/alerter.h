#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "app/host_monitor.h"

namespace tcpdx::app {

struct AlertSettings {
    std::string command;  // a program, with the alert as JSON on its standard input
    std::string webhook;  // http:// or https://; the same JSON is posted
    diagnosis::Severity least = diagnosis::Severity::Warning;
};

// Tells findings that start, end or get worse: on stderr (which is the journal of a service), to a
// command and to a webhook. From a thread of its own, since those can take long; when they take too
// long, the oldest alerts are dropped, and that is said.
class Alerter {
public:
    Alerter(AlertSettings settings, std::string host);
    Alerter(const Alerter&) = delete;
    Alerter& operator=(const Alerter&) = delete;
    Alerter(Alerter&&) = delete;
    Alerter& operator=(Alerter&&) = delete;
    // Waits for the one that is on its way.
    ~Alerter();

    void tell(const diagnosis::FindingLog::Alert& alert, const ShownFinding& finding);
    void change(AlertSettings settings);

private:
    struct Waiting {
        std::string what;
        std::string rule;
        std::string severity;
        std::string claim;
        std::string json;
    };
    void send_one_after_another();
    static void run_command(const std::string& command, const Waiting& alert);
    void post(const std::string& url, const Waiting& alert) const;

    std::string host_;
    std::mutex mutex_;  // what follows
    AlertSettings settings_;
    std::deque<Waiting> waiting_;
    bool stopping_ = false;
    std::condition_variable something_;
    std::thread thread_;
};

}  // namespace tcpdx::app
