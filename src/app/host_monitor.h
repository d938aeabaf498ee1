#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "app/look.h"
#include "app/watch.h"
#include "base/result.h"
#include "diagnosis/finding_log.h"
#include "diagnosis/rule.h"
#include "export/prometheus/metrics.h"
#include "history/recorder.h"
#include "model/host_now.h"

namespace tcpdx::app {

[[nodiscard]] std::chrono::microseconds since_epoch();

struct MonitorSettings {
    bool all_namespaces = false;
    bool only_sample = false;
    // Between two applications of the rules; longer where a look takes long.
    std::chrono::milliseconds look_interval{10'000};
    std::chrono::microseconds alert_hold{std::chrono::seconds(30)};
    diagnosis::Limits limits;
};

// A finding as it is shown and kept: its documents are written once, in every language.
struct ShownFinding {
    diagnosis::FindingLog::Entry entry;
    std::string english;  // JSON
    std::string korean;
    std::string claim;  // in English, for the log
    std::size_t connections = 0;
};

// One application of the rules.
struct Looked {
    std::chrono::microseconds at{0};
    std::vector<Observations> looks;     // one per network namespace
    std::vector<ShownFinding> findings;  // worst first
    prometheus::LookGauges gauges;       // of our own namespace
};

// Watches this host for ever, for whoever records it, shows it or raises alerts. One thread takes
// events in and closes each second; another looks at the sockets and applies the rules now and
// then, which takes long on a large host. Everything it gives may be asked for from any thread.
class HostMonitor {
public:
    using OnAlert = std::function<void(const diagnosis::FindingLog::Alert&, const ShownFinding&)>;
    // In the watching thread, after each second.
    using OnSecond = std::function<void(const HostNow&)>;

    // `recorder` may be null, and outlives the monitor.
    [[nodiscard]] static Result<std::unique_ptr<HostMonitor>> begin(const MonitorSettings& settings,
                                                                    history::Recorder* recorder);
    HostMonitor(const HostMonitor&) = delete;
    HostMonitor& operator=(const HostMonitor&) = delete;
    HostMonitor(HostMonitor&&) = delete;
    HostMonitor& operator=(HostMonitor&&) = delete;
    ~HostMonitor();

    void on_alert(OnAlert on_alert) { on_alert_ = std::move(on_alert); }
    void on_second(OnSecond on_second) { on_second_ = std::move(on_second); }
    // Watches in the calling thread until `stop` says so or watching fails.
    [[nodiscard]] Result<> run(const std::function<bool()>& stop);
    void change(const MonitorSettings& settings);

    // Why there are no events, where there are none.
    [[nodiscard]] const std::optional<Error>& without_events() const {
        return watch_.without_events();
    }
    [[nodiscard]] std::vector<Unseen> unseen() const;
    [[nodiscard]] std::shared_ptr<const HostNow> now() const;
    // Null until the first look is done.
    [[nodiscard]] std::shared_ptr<const Looked> looked() const;
    // The last hour, second by second; empty with a recorder, whose history has it.
    [[nodiscard]] std::vector<history::Sample> last_hour() const;
    // Nothing of it may be kept.
    void with_tracker(const std::function<void(const trace::LifeTracker&)>& use) const;
    [[nodiscard]] std::string reset_reason(std::uint32_t reason) const {
        return std::string(watch_.reasons().reset(reason));
    }
    // From the clock of events to that of the wall, now.
    [[nodiscard]] static trace::Time wall_offset();
    [[nodiscard]] static history::KeptLife kept(const trace::Life& life, trace::Time wall_offset,
                                                const trace::ReasonNames& names);

private:
    // Ended connections, and those that are in the file and have changed.
    class Keeper final : public trace::LifeListener {
    public:
        explicit Keeper(HostMonitor& monitor) : monitor_(monitor) {}
        void stepped(const trace::Life& life, std::size_t index) override;
        void happened(const trace::Event& event, const trace::Life* life) override;
        void ended(const trace::Life& life) override;

    private:
        HostMonitor& monitor_;
    };
    struct Young {
        std::uint64_t cookie = 0;
        trace::Time due{0};
    };

    HostMonitor(MonitorSettings settings, history::Recorder* recorder, Watch watch);

    void close_second(std::chrono::seconds second);
    void keep_lasting_lives(trace::Time now);
    void note_losses(const trace::Losses& losses);
    void commit(std::chrono::microseconds now);
    void look_again_and_again(const std::stop_token& stopped);
    void publish(std::shared_ptr<Looked> looked);
    [[nodiscard]] TimeWaitsKnown time_waits_known() const;  // empty: it only samples
    void put_watched_facts(std::vector<Observations>& looks) const;

    MonitorSettings settings_;
    history::Recorder* recorder_;
    Watch watch_;
    HostIdentity host_;
    Keeper keeper_;
    trace::TallyListener tally_;

    mutable std::mutex tracker_mutex_;  // tracker_, tally_, and what keeper_ collects
    trace::LifeTracker tracker_;
    std::size_t ended_this_second_ = 0;
    std::deque<Young> young_;
    std::unordered_set<std::uint64_t> kept_open_;  // by life.id
    std::unordered_set<std::uint64_t> changed_;    // by cookie
    std::uint64_t not_kept_ = 0;
    trace::Time offset_{0};
    bool sampled_ = false;

    mutable std::mutex published_mutex_;  // what follows
    std::shared_ptr<const HostNow> now_;
    std::shared_ptr<const Looked> looked_;
    std::deque<history::Sample> last_hour_;
    std::vector<history::KeptFinding> findings_to_keep_;
    MonitorSettings changed_settings_;

    diagnosis::FindingLog log_;  // of the looking thread
    std::map<std::int64_t, ShownFinding> shown_;
    std::shared_ptr<const Looked> earlier_;

    std::deque<std::pair<trace::Time, trace::Tally>> tallies_;  // the last seconds
    trace::Tally last_second_;
    std::uint64_t lost_before_ = 0;
    bool recording_failed_ = false;
    OnAlert on_alert_;
    OnSecond on_second_;
    std::jthread looking_;
};

}  // namespace tcpdx::app
