#include "app/serve/alerter.h"

#include <fcntl.h>
#include <httplib.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/command.h"
#include "base/i18n.h"
#include "base/unique_fd.h"
#include "presentation/i18n.h"
#include "presentation/json/life_json.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

using namespace std::chrono_literals;
using What = diagnosis::FindingLog::What;

constexpr std::size_t kMostWaiting = 100;
constexpr auto kCommandTime = 30s;

const char* name_of(What what) {
    switch (what) {
        case What::Started:
            return "started";
        case What::Ended:
            return "ended";
        case What::Worse:
            return "worse";
    }
    return "";
}

const char* name_of(diagnosis::Severity severity) {
    switch (severity) {
        case diagnosis::Severity::Information:
            return "information";
        case diagnosis::Severity::Warning:
            return "warning";
        case diagnosis::Severity::Problem:
            return "problem";
    }
    return "";
}

// Priorities as the journal takes them from stderr: sd-daemon(3).
bool stderr_is_the_journal() {
    return std::getenv("JOURNAL_STREAM") != nullptr;  // NOLINT(concurrency-mt-unsafe)
}

void say(const std::string& text, const char* priority) {
    static const bool journal = stderr_is_the_journal();
    std::fprintf(stderr, "%stcpdx: %s\n", journal ? priority : "", text.c_str());
}

}  // namespace

Alerter::Alerter(AlertSettings settings, std::string host)
    : host_(std::move(host)),
      settings_(std::move(settings)),
      thread_([this] { send_one_after_another(); }) {}

Alerter::~Alerter() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    something_.notify_all();
    thread_.join();
}

void Alerter::change(AlertSettings settings) {
    const std::lock_guard lock(mutex_);
    settings_ = std::move(settings);
}

void Alerter::tell(const diagnosis::FindingLog::Alert& alert, const ShownFinding& finding) {
    const auto& entry = alert.entry;
    const std::lock_guard lock(mutex_);
    if (entry.severity < settings_.least) {
        return;
    }
    nlohmann::ordered_json json{{"schema", "tcpdx.alert/1"},
                                {"alert", name_of(alert.what)},
                                {"host", host_},
                                {"id", "f-" + std::to_string(entry.id)},
                                {"first_seen_unix_s", unix_seconds(entry.first_seen)},
                                {"last_seen_unix_s", unix_seconds(entry.last_seen)}};
    json["finding"] = nlohmann::ordered_json::parse(finding.english, nullptr, false);
    Waiting waiting{.what = name_of(alert.what),
                    .rule = entry.rule,
                    .severity = name_of(entry.severity),
                    .claim = finding.claim,
                    .json = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
    const char* priority = alert.what == What::Ended                        ? "<5>"
                           : entry.severity == diagnosis::Severity::Problem ? "<3>"
                                                                            : "<4>";
    say(waiting.severity + " " + waiting.what + ": " + waiting.claim + " [" + waiting.rule + "]",
        priority);
    if (settings_.command.empty() && settings_.webhook.empty()) {
        return;
    }
    if (waiting_.size() >= kMostWaiting) {
        waiting_.pop_front();
        say("an alert was dropped: the command or the webhook takes too long", "<4>");
    }
    waiting_.push_back(std::move(waiting));
    something_.notify_one();
}

void Alerter::send_one_after_another() {
    // Signals are for the main thread.
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    for (;;) {
        Waiting alert;
        AlertSettings settings;
        {
            std::unique_lock lock(mutex_);
            something_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (waiting_.empty()) {
                return;
            }
            alert = std::move(waiting_.front());
            waiting_.pop_front();
            settings = settings_;
        }
        if (!settings.command.empty()) {
            run_command(settings.command, alert);
        }
        if (!settings.webhook.empty()) {
            post(settings.webhook, alert);
        }
    }
}

void Alerter::run_command(const std::string& command, const Waiting& alert) {
    // In memory and not a pipe: a command that does not read must not hold us up.
    const UniqueFd input(::memfd_create("alert", MFD_CLOEXEC));
    if (!input ||
        ::write(input.get(), alert.json.data(), alert.json.size()) !=
            static_cast<ssize_t>(alert.json.size()) ||
        ::lseek(input.get(), 0, SEEK_SET) != 0) {
        return;
    }
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    ::sigemptyset(&none);
    sigset_t usual;
    ::sigemptyset(&usual);
    ::sigaddset(&usual, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &usual);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(
        &attributes,
        static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
    std::vector<std::string> environment{
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "TCPDX_ALERT=" + alert.what, "TCPDX_RULE=" + alert.rule, "TCPDX_SEVERITY=" + alert.severity,
        "TCPDX_CLAIM=" + alert.claim};
    std::vector<char*> variables;
    for (std::string& each : environment) {
        variables.push_back(each.data());
    }
    variables.push_back(nullptr);
    std::string program = command;
    char* arguments[] = {program.data(), nullptr};
    pid_t child = 0;
    const int failed =
        ::posix_spawn(&child, program.c_str(), &actions, &attributes, arguments, variables.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (failed != 0) {
        say("the command of the alerts cannot be run: " + command + ": " +
                ::strerrordesc_np(failed),
            "<4>");
        return;
    }
    const auto until = std::chrono::steady_clock::now() + kCommandTime;
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() >= until) {
            ::kill(-child, SIGKILL);
            ::waitpid(child, &status, 0);
            say("the command of the alerts took more than 30 s and was ended: " + command, "<4>");
            return;
        }
        std::this_thread::sleep_for(20ms);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        say("the command of the alerts failed: " + command, "<4>");
    }
}

void Alerter::post(const std::string& url, const Waiting& alert) const {
    const std::size_t host = url.find("://");
    const std::size_t path = host == std::string::npos ? host : url.find('/', host + 3);
    httplib::Client client(url.substr(0, path));
    client.set_connection_timeout(5);
    client.set_read_timeout(5);
    client.set_write_timeout(5);
    std::string outcome;
    for (int attempt = 0; attempt < 3; ++attempt) {
        if (attempt > 0) {
            std::this_thread::sleep_for(attempt * 2s);
        }
        const auto answer = client.Post(path == std::string::npos ? "/" : url.substr(path),
                                        alert.json, "application/json");
        if (answer && answer->status < 300) {
            return;
        }
        outcome = answer ? "status " + std::to_string(answer->status)
                         : httplib::to_string(answer.error());
    }
    // The address may have a secret in it.
    say("the webhook of the alerts does not take them: " + outcome, "<4>");
}

}  // namespace tcpdx::app
