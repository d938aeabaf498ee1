#include "app/host_monitor.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>

#include "app/diagnose_for.h"
#include "app/interruption.h"
#include "app/look.h"
#include "app/memory_given_back.h"
#include "diagnosis/engine.h"
#include "diagnosis/finding_identity.h"
#include "presentation/i18n.h"
#include "presentation/json/finding_json.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A connection that lives longer is written before its end. Most do not.
constexpr trace::Time kYoung = 10s;
// What rates are averaged over.
constexpr std::size_t kRateSeconds = 5;
constexpr std::size_t kHour = 3600;
// Ended connections kept in one second; what is more than that is counted as a gap.
constexpr std::size_t kMostLivesPerSecond = 20'000;
// Looking may take this share of one core, one part in so many. Not of the time that passes: where
// everything has to wait, looking would become rare just when it is needed.
constexpr int kLookingShare = 200;
constexpr std::size_t kMostSocketsOfAFinding = 10;

HostIdentity this_host() {
    HostIdentity host{.watching_since = since_epoch()};
    utsname names{};
    if (::uname(&names) == 0) {
        host.name = names.nodename;
        host.kernel = names.release;
    }
    std::ifstream("/proc/sys/kernel/random/boot_id") >> host.boot_id;
    return host;
}

// By this thread: clock_gettime(2).
std::chrono::nanoseconds worked() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

const Observations* same_namespace(const std::vector<Observations>& looks,
                                   const Observations& wanted) {
    const auto found = std::find_if(looks.begin(), looks.end(), [&](const Observations& look) {
        return look.network_namespace.inode == wanted.network_namespace.inode;
    });
    return found == looks.end() ? nullptr : &*found;
}

ShownFinding show(const Observations& seen, const diagnosis::Finding& finding) {
    ShownFinding shown;
    const auto document = [&](Language language) {
        const LanguageOfThread speaking(language);
        nlohmann::ordered_json json = finding_json(seen, finding, kMostSocketsOfAFinding);
        if (!seen.network_namespace.name.empty()) {
            json["network_namespace"] = seen.network_namespace.name;
        }
        return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    };
    shown.english = document(Language::English);
    shown.korean = document(Language::Korean);
    const LanguageOfThread speaking(Language::English);
    shown.claim = render(finding.claim);
    shown.connections = finding.count();
    return shown;
}

history::KeptFinding to_keep(const ShownFinding& shown) {
    const auto& entry = shown.entry;
    return {.id = entry.id,
            .key = entry.identity,
            .rule = entry.rule,
            .severity = static_cast<int>(entry.severity),
            .first_seen = entry.first_seen,
            .last_seen = entry.last_seen,
            .active = entry.active,
            .document = R"({"en":)" + shown.english + R"(,"ko":)" + shown.korean + "}"};
}

}  // namespace

microseconds since_epoch() {
    return std::chrono::duration_cast<microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
}

trace::Time HostMonitor::wall_offset() {
    return std::chrono::duration_cast<trace::Time>(
               std::chrono::system_clock::now().time_since_epoch()) -
           monotonic_now();
}

history::KeptLife HostMonitor::kept(const trace::Life& life, trace::Time wall_offset,
                                    const trace::ReasonNames& names) {
    history::KeptLife kept{.life = life};
    for (std::size_t i = 0; i < life.step_count; ++i) {
        trace::Step& step = kept.life.step_room.at(i);
        step.earliest = step.began_unseen() ? trace::Time(0) : step.earliest + wall_offset;
        step.latest += wall_offset;
    }
    if (life.reset_by == trace::Closer::Local) {
        kept.reset_reason = names.reset(life.reset_reason);
    }
    if (life.ended()) {
        kept.ended = std::chrono::duration_cast<microseconds>(kept.life.last().latest);
    }
    return kept;
}

void HostMonitor::Keeper::stepped(const trace::Life& life, std::size_t index) {
    if (monitor_.recorder_ == nullptr || life.cookie == 0) {
        return;
    }
    if (index == 0 || life.steps()[index].kind == SocketKind::Full) {
        // A half-open one gets its cookie later, so its first step may not do.
        if (index == 0 || life.steps()[index - 1].kind == SocketKind::RequestSocket) {
            monitor_.young_.push_back({life.cookie, life.steps()[index].latest + kYoung});
        }
    }
    if (monitor_.kept_open_.contains(life.id)) {
        monitor_.changed_.insert(life.cookie);
    }
}

void HostMonitor::Keeper::happened(const trace::Event& /*event*/, const trace::Life* /*life*/) {}

void HostMonitor::Keeper::ended(const trace::Life& life) {
    if (monitor_.recorder_ == nullptr) {
        return;
    }
    const bool in_file = monitor_.kept_open_.erase(life.id) > 0;
    if (!in_file && monitor_.ended_this_second_ >= kMostLivesPerSecond) {
        ++monitor_.not_kept_;
        return;
    }
    ++monitor_.ended_this_second_;
    monitor_.recorder_->note(kept(life, monitor_.offset_, monitor_.watch_.reasons()));
}

HostMonitor::HostMonitor(MonitorSettings settings, history::Recorder* recorder, Watch watch)
    : settings_(settings),
      recorder_(recorder),
      watch_(std::move(watch)),
      host_(this_host()),
      keeper_(*this),
      tally_(keeper_),
      tracker_(watch_.tracker_settings(), tally_),
      offset_(wall_offset()),
      sampled_(watch_.without_events().has_value()),
      changed_settings_(settings),
      log_(recorder == nullptr ? 1 : recorder->next_finding_id(), settings.alert_hold) {}

Result<std::unique_ptr<HostMonitor>> HostMonitor::begin(const MonitorSettings& settings,
                                                        history::Recorder* recorder) {
    // It runs all the time, so it must be small: room for 17,000 events, and it takes them in every
    // fifty milliseconds at most.
    constexpr std::uint32_t kMostEventBytes = 1U << 21U;
    Watch watch = TRY(Watch::begin({.all_namespaces = settings.all_namespaces,
                                    .areas = {},
                                    .only_sample = settings.only_sample,
                                    .rest_per_work = kLookingShare,
                                    .few_rows = true,
                                    .most_event_bytes = kMostEventBytes}));
    std::unique_ptr<HostMonitor> monitor(new HostMonitor(settings, recorder, std::move(watch)));
    TRY(monitor->watch_.join(monitor->tracker_));
    monitor->tally_.count_open(monitor->tracker_);
    const trace::Time due = monotonic_now() + kYoung;
    monitor->tracker_.for_each_open([&](const trace::Life& life) {
        monitor->young_.push_back({life.cookie, due});
    });
    auto earlier = std::make_shared<Looked>();
    earlier->looks = monitor->watch_.take_looks();
    monitor->earlier_ = std::move(earlier);
    return monitor;
}

HostMonitor::~HostMonitor() = default;

void HostMonitor::change(const MonitorSettings& settings) {
    const std::lock_guard lock(published_mutex_);
    changed_settings_ = settings;
}

std::vector<Unseen> HostMonitor::unseen() const {
    return watch_.unseen();
}

std::shared_ptr<const HostNow> HostMonitor::now() const {
    const std::lock_guard lock(published_mutex_);
    return now_;
}

std::shared_ptr<const Looked> HostMonitor::looked() const {
    const std::lock_guard lock(published_mutex_);
    return looked_;
}

std::vector<history::Sample> HostMonitor::last_hour() const {
    const std::lock_guard lock(published_mutex_);
    return {last_hour_.begin(), last_hour_.end()};
}

void HostMonitor::with_tracker(const std::function<void(const trace::LifeTracker&)>& use) const {
    const std::lock_guard lock(tracker_mutex_);
    use(tracker_);
}

Result<> HostMonitor::run(const std::function<bool()>& stop) {
    // Idle, waking up costs the most. The buffer has room for a flood of 340,000 events a second
    // that begins in such a rest.
    constexpr milliseconds kIdle(50);
    constexpr milliseconds kBusy(5);
    constexpr std::size_t kFew = 1'000;
    looking_ =
        std::jthread([this](const std::stop_token& stopped) { look_again_and_again(stopped); });
    auto second = std::chrono::duration_cast<seconds>(since_epoch());
    tallies_.emplace_back(monotonic_now(), tally_.tally());
    last_second_ = tally_.tally();
    trace::Time next_sample = monotonic_now();
    Result<> went = {};
    while (went && !stop()) {
        std::size_t taken = 0;
        if (!sampled_ || monotonic_now() >= next_sample) {
            const trace::Time begun = monotonic_now();
            const std::lock_guard lock(tracker_mutex_);
            if (sampled_) {
                went = watch_.last_turn(tracker_);
                next_sample = begun + std::max<trace::Time>(1s, (monotonic_now() - begun) * 20);
            } else if (const auto took = watch_.take_in(tracker_)) {
                taken = *took;
            } else {
                went = tl::unexpected(took.error());
            }
        }
        const auto now = std::chrono::duration_cast<seconds>(since_epoch());
        if (now != second) {
            close_second(second);
            second = now;
        }
        std::this_thread::sleep_for(taken > kFew ? kBusy : kIdle);
    }
    looking_.request_stop();
    looking_.join();
    close_second(second);
    if (recorder_ != nullptr) {
        const Result<> closed = recorder_->close(since_epoch());
        if (went && !closed) {
            went = closed;
        }
    }
    return went;
}

// One that lives for long is in the file long before its end: it may be the one that is asked for.
void HostMonitor::keep_lasting_lives(trace::Time now) {
    while (!young_.empty() && young_.front().due <= now) {
        const std::uint64_t cookie = young_.front().cookie;
        young_.pop_front();
        // TIME-WAIT ends by itself in a minute; writing every one of them twice is not worth it.
        if (tracker_.open_state(cookie).value_or(TcpState::TimeWait) == TcpState::TimeWait) {
            continue;
        }
        const std::optional<trace::Life> life = tracker_.open_life(cookie);
        if (life && kept_open_.insert(life->id).second) {
            recorder_->note(kept(*life, offset_, watch_.reasons()));
        }
    }
    for (const std::uint64_t cookie : changed_) {
        if (const auto life = tracker_.open_life(cookie)) {
            recorder_->note(kept(*life, offset_, watch_.reasons()));
        }
    }
    changed_.clear();
    ended_this_second_ = 0;
}

void HostMonitor::note_losses(const trace::Losses& losses) {
    const std::uint64_t lost = losses.changes + losses.details + losses.skipped + not_kept_;
    if (recorder_ != nullptr && lost > lost_before_) {
        const microseconds now = since_epoch();
        recorder_->note(history::Gap{.begin = now - 1s,
                                     .end = now,
                                     .reason = history::GapReason::EventsLost,
                                     .lost = lost - lost_before_});
    }
    lost_before_ = lost;
}

void HostMonitor::close_second(seconds second) {
    auto state = std::make_shared<HostNow>();
    const trace::Losses losses = watch_.losses();
    {
        const std::lock_guard lock(tracker_mutex_);
        // Also what TIME-WAIT and lost events have left behind.
        if (sampled_ || losses.changes + losses.skipped > 0 || second.count() % 60 == 0) {
            tally_.count_open(tracker_);
        }
        state->totals = tally_.tally();
        if (recorder_ != nullptr) {
            keep_lasting_lives(monotonic_now());
        }
        offset_ = wall_offset();
    }
    const trace::Time now = monotonic_now();
    tallies_.emplace_back(now, state->totals);
    while (tallies_.size() > kRateSeconds + 1) {
        tallies_.pop_front();
    }
    state->at = since_epoch();
    state->host = host_;
    state->sampled = sampled_;
    state->earlier = tallies_.front().second;
    state->rates_over = std::chrono::duration_cast<milliseconds>(now - tallies_.front().first);
    state->lost_changes = losses.changes;
    state->lost_details = losses.details;
    state->skipped_changes = losses.skipped;

    history::Sample sample{.begin = second, .sum = state->totals.open, .most = state->totals.open};
    const trace::Tally& before = last_second_;
    const trace::Tally& after = state->totals;
    sample.happened.opened_actively = after.opened_actively - before.opened_actively;
    sample.happened.opened_passively = after.opened_passively - before.opened_passively;
    sample.happened.closed = after.closed - before.closed;
    if (!sampled_) {
        sample.happened.resets_sent = after.resets_sent - before.resets_sent;
        sample.happened.resets_received = after.resets_received - before.resets_received;
        sample.happened.retransmissions = after.retransmissions - before.retransmissions;
        sample.happened.drops = after.drops - before.drops;
    }
    last_second_ = after;
    note_losses(losses);
    if (second.count() % 60 == 0) {
        give_memory_back_in_between();
    }
    if (recorder_ != nullptr) {
        recorder_->note(sample);
        commit(state->at);
        state->recording = true;
        state->recording_stopped =
            recorder_->stopped() ? std::string(name_of(*recorder_->stopped())) : std::string();
        state->recorded_bytes = recorder_->bytes_used();
    }
    {
        const std::lock_guard lock(published_mutex_);
        if (recorder_ == nullptr) {
            last_hour_.push_back(sample);
        }
        if (last_hour_.size() > kHour) {
            last_hour_.pop_front();
        }
        now_ = state;
    }
    if (on_second_) {
        on_second_(*state);
    }
}

void HostMonitor::commit(microseconds now) {
    {
        const std::lock_guard lock(published_mutex_);
        for (history::KeptFinding& finding : findings_to_keep_) {
            recorder_->note(std::move(finding));
        }
        findings_to_keep_.clear();
    }
    const Result<> written = recorder_->commit(now);
    // Rows that were not written are new ones the next time; the recorder knows which.
    recording_failed_ = !written;
}

void HostMonitor::look_again_and_again(const std::stop_token& stopped) {
    using Clock = std::chrono::steady_clock;
    std::mutex resting;
    std::unique_lock rest(resting);
    std::condition_variable_any due;
    // The first one soon: whoever starts this wants to see something.
    auto next = Clock::now() + 1s;
    while (!due.wait_until(rest, stopped, next, [&] { return stopped.stop_requested(); })) {
        MonitorSettings settings;
        {
            const std::lock_guard lock(published_mutex_);
            settings = changed_settings_;
        }
        log_.set_hold(settings.alert_hold);
        const auto worked_before = worked();
        auto looked = std::make_shared<Looked>();
        looked->at = since_epoch();
        if (auto looks = look_at_host({.all_namespaces = settings_.all_namespaces,
                                       .count_time_waits = true,
                                       .known = time_waits_known(),
                                       .leave_out = {}})) {
            looked->looks = *std::move(looks);
            put_watched_facts(looked->looks);
            settings_.limits = settings.limits;
            publish(std::move(looked));
        }
        next = Clock::now() + std::max<Clock::duration>(settings.look_interval,
                                                        (worked() - worked_before) * kLookingShare);
    }
}

TimeWaitsKnown HostMonitor::time_waits_known() const {
    if (sampled_) {
        return {};
    }
    return [this](std::uint32_t network_namespace, const std::bitset<65536>& source_ports) {
        const std::lock_guard lock(tracker_mutex_);
        return KnownTimeWaits{.at = monotonic_now(),
                              .time_waits = tracker_.time_waits(network_namespace, source_ports)};
    };
}

void HostMonitor::put_watched_facts(std::vector<Observations>& looks) const {
    if (sampled_) {
        return;
    }
    const std::lock_guard lock(tracker_mutex_);
    for (Observations& seen : looks) {
        app::put_watched_facts(seen, tracker_, monotonic_now());
    }
}

void HostMonitor::publish(std::shared_ptr<Looked> looked) {
    std::vector<diagnosis::SeenFinding> seen_findings;
    std::vector<ShownFinding> shown;
    for (const Observations& seen : looked->looks) {
        const diagnosis::Situation situation{.now = seen,
                                             .earlier = same_namespace(earlier_->looks, seen),
                                             .asked = {},
                                             .limits = settings_.limits};
        for (const diagnosis::Finding& finding : diagnosis::diagnose(situation)) {
            seen_findings.push_back({.identity = diagnosis::identity_of(seen, finding),
                                     .rule = finding.rule_id,
                                     .severity = finding.severity});
            shown.push_back(show(seen, finding));
        }
    }
    const auto alerts = log_.update(looked->at, seen_findings);
    std::vector<history::KeptFinding> to_write;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        shown[i].entry = log_.entries().find(seen_findings[i].identity)->second;
        const bool is_second = std::any_of(
            looked->findings.begin(), looked->findings.end(),
            [&](const ShownFinding& other) { return other.entry.id == shown[i].entry.id; });
        if (!is_second) {
            shown_[shown[i].entry.id] = shown[i];
            to_write.push_back(to_keep(shown[i]));
            looked->findings.push_back(std::move(shown[i]));
        }
    }
    for (const auto& alert : alerts) {
        if (on_alert_) {
            on_alert_(alert, shown_[alert.entry.id]);
        }
    }
    for (const auto& entry : log_.dropped()) {
        ShownFinding& over = shown_[entry.id];
        over.entry = entry;
        to_write.push_back(to_keep(over));
        shown_.erase(entry.id);
    }
    if (!looked->looks.empty()) {
        looked->gauges = prometheus::gauges_of(looked->looks.front());
    }
    earlier_ = looked;
    const std::lock_guard lock(published_mutex_);
    looked_ = std::move(looked);
    if (recorder_ != nullptr) {
        findings_to_keep_.insert(findings_to_keep_.end(), std::make_move_iterator(to_write.begin()),
                                 std::make_move_iterator(to_write.end()));
    }
}

}  // namespace tcpdx::app
