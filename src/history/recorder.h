#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "history/database.h"
#include "history/life_batch.h"
#include "history/records.h"

namespace tcpdx::history {

struct RecorderSettings {
    std::string path;
    std::string boot_id;
    // What is older goes; samples are kept longer the coarser they are.
    Seconds keep{std::chrono::hours(24 * 30)};
    // What the file takes at most; the oldest connections go first.
    std::uint64_t most_bytes = 1024UL * 1024 * 1024;
    // A failed write is not tried again sooner.
    Seconds retry_after{10};
};

// Writes a history, one transaction a second. What is handed over waits in memory until commit(),
// so a process that is killed loses what came since the last one, and never more. A disk that is
// full stops the recording, not the program: what cannot be written is dropped, and the gap is
// written once there is room again.
class Recorder {
public:
    // ErrorCode::Usage when another process records into this file.
    [[nodiscard]] static Result<Recorder> open(const RecorderSettings& settings, Micros now);

    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;
    Recorder(Recorder&&) = default;
    Recorder& operator=(Recorder&&) = default;
    ~Recorder() = default;

    // What goes, from the next commit on.
    void change_retention(Seconds keep, std::uint64_t most_bytes) {
        settings_.keep = keep;
        settings_.most_bytes = most_bytes;
    }
    // The time between the last recording and this one, where there was one.
    [[nodiscard]] const std::optional<Gap>& gap_before() const { return gap_before_; }
    // Above every id of a finding in the file.
    [[nodiscard]] std::int64_t next_finding_id() const { return next_finding_id_; }

    void note(Sample sample) { samples_.push_back(std::move(sample)); }
    // One that has ended, or one still open that should be in the file already: then again with
    // the same life.id whenever it has changed, and when it has ended.
    void note(KeptLife life);
    // By its id; again when it was seen again.
    void note(KeptFinding finding) { findings_.push_back(std::move(finding)); }
    void note(Gap gap) { gaps_.push_back(gap); }

    // Writes all that. An error means that it is not in the file, and is_stopped() from then on.
    [[nodiscard]] Result<> commit(Micros now);
    // The last commit, and the word that this recording ended in order.
    [[nodiscard]] Result<> close(Micros now);

    [[nodiscard]] const std::optional<GapReason>& stopped() const { return stopped_; }
    [[nodiscard]] std::uint64_t bytes_used() const { return bytes_used_; }

private:
    struct Statements {
        Statement begin;
        Statement commit;
        Statement alive;
        Statement sample;
        Statement insert_life;
        Statement update_life;
        Statement batch;
        Statement finding;
        Statement gap;
        Statement roll_up;
        Statement rolled_until;
        Statement nth_connection;
        Statement nth_batch;
        Statement forget_connections;
        Statement forget_batches;
        Statement forget_samples;
        Statement forget_findings;
        Statement forget_gaps;
        Statement used_pages;
        Statement free_pages;
    };

    Recorder(RecorderSettings settings, UniqueFd lock, Database database, Statements statements)
        : settings_(std::move(settings)),
          lock_(std::move(lock)),
          database_(std::move(database)),
          statements_(std::move(statements)) {}

    [[nodiscard]] static Result<Statements> prepare(Database& database);
    [[nodiscard]] Result<> begin_run(Micros now);
    [[nodiscard]] Result<> write_all(Micros now);
    [[nodiscard]] Result<> write(const Sample& sample);
    [[nodiscard]] Result<> write(const KeptLife& life);
    [[nodiscard]] Result<> write(const LifeBatch& batch);
    [[nodiscard]] Result<> write(const KeptFinding& finding);
    [[nodiscard]] Result<> write(const Gap& gap);
    void drop_noted();

    // recorder_upkeep.cpp
    [[nodiscard]] Result<> roll_up(Seconds now);
    [[nodiscard]] Result<> forget(Micros now);
    [[nodiscard]] Result<> forget_ended_by(Micros end);
    [[nodiscard]] Result<> forget_by_size();
    [[nodiscard]] Result<> forget_oldest();
    [[nodiscard]] std::int64_t connections_to_forget() const;
    [[nodiscard]] std::int64_t batches_to_forget() const;

    RecorderSettings settings_;
    UniqueFd lock_;
    Database database_;
    Statements statements_;
    std::int64_t run_ = 0;
    std::int64_t next_finding_id_ = 1;
    std::optional<Gap> gap_before_;

    std::vector<Sample> samples_;
    std::vector<KeptLife> lives_;  // that get a row of their own
    std::vector<LifeBatch> batches_;
    std::unordered_set<std::uint64_t> noted_open_;  // of lives_; by life.id
    std::vector<KeptFinding> findings_;
    std::vector<Gap> gaps_;
    std::unordered_map<std::uint64_t, std::int64_t> open_rows_;  // by life.id
    std::vector<std::uint64_t> inserted_now_;
    std::vector<std::uint64_t> ended_now_;

    std::optional<GapReason> stopped_;
    Micros stopped_since_{0};
    Micros written_until_{0};
    std::uint64_t bytes_used_ = 0;
};

}  // namespace tcpdx::history
