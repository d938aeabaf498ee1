#include "history/recorder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/i18n.h"
#include "history/cells.h"
#include "history/sample_columns.h"
#include "history/schema.h"
#include "history/step_bytes.h"

namespace tcpdx::history {
namespace {

// SQLite's own locks let several writers take turns, which two recorders must not.
Result<UniqueFd> lock(const std::string& path) {
    const std::string lock_path = path + ".lock";
    UniqueFd file(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file) {
        return os_failure(N_("opening the history"), lock_path);
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return unexpected(Error{.code = ErrorCode::Usage,
                                    .doing = N_("recording where another tcpdx records already"),
                                    .os_error = 0,
                                    .about = path});
        }
        return os_failure(N_("opening the history"), lock_path);
    }
    return file;
}

}  // namespace

Result<Recorder> Recorder::open(const RecorderSettings& settings, Micros now) {
    UniqueFd locked = TRY(lock(settings.path));
    // The addresses and processes of a host are nobody else's business.
    const mode_t before = ::umask(0077);
    auto opened = Database::open(settings.path, Database::Use::Write);
    ::umask(before);
    Database database = TRY(std::move(opened));
    TRY(migrate(database));
    TRY(database.run("PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -2000"));
    Statements statements = TRY(prepare(database));
    Recorder recorder(settings, std::move(locked), std::move(database), std::move(statements));
    TRY(recorder.begin_run(now));
    return recorder;
}

Result<Recorder::Statements> Recorder::prepare(Database& database) {
    const std::string life_columns =
        "run, netns, cookie, opened_us, ended_us, long, local, local_port, remote, remote_port, "
        "pid, process, owner, uid, ending, first_fin, reset_by, reset_reason, error, opener, "
        "flags, bytes_sent, bytes_received, retransmissions, syn_retransmissions, steps";
    std::string marks = "?";
    for (const char letter : life_columns) {
        marks += letter == ',' ? ", ?" : "";
    }
    return Statements{
        .begin = TRY(database.prepare("BEGIN IMMEDIATE")),
        .commit = TRY(database.prepare("COMMIT")),
        .alive = TRY(database.prepare("UPDATE run SET alive_us = ?, ended_us = ? WHERE id = ?")),
        .sample = TRY(database.prepare("INSERT OR REPLACE INTO sample (step, " + sample_columns() +
                                       ") VALUES (1, " + sample_value_marks() + ")")),
        .insert_life = TRY(database.prepare("INSERT INTO connection (" + life_columns +
                                            ") VALUES (" + marks + ")")),
        .update_life = TRY(database.prepare("UPDATE connection SET (" + life_columns + ") = (" +
                                            marks + ") WHERE id = ?")),
        .batch = TRY(database.prepare(
            "INSERT INTO brief (run, first_opened_us, first_ended_us, last_ended_us, "
            "lowest_cookie, highest_cookie, lives, packed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")),
        .finding = TRY(database.prepare(
            "INSERT OR REPLACE INTO finding (id, key, rule, severity, first_us, last_us, active, "
            "document) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")),
        .gap = TRY(database.prepare(
            "INSERT INTO gap (begin_us, end_us, reason, lost) VALUES (?, ?, ?, ?)")),
        .roll_up = TRY(database.prepare(
            "INSERT OR REPLACE INTO sample (step, " + sample_columns() +
            ") SELECT ?1, begin / ?1 * ?1, " + summed_sample_columns() +
            " FROM sample WHERE step = ?2 AND begin >= ?3 AND begin < ?4 GROUP BY begin / ?1")),
        .rolled_until = TRY(database.prepare("SELECT max(begin) FROM sample WHERE step = ?")),
        .nth_connection = TRY(database.prepare(
            "SELECT ended_us FROM connection WHERE ended_us IS NOT NULL ORDER BY ended_us "
            "LIMIT 1 OFFSET ?")),
        .nth_batch = TRY(database.prepare(
            "SELECT last_ended_us FROM brief ORDER BY last_ended_us LIMIT 1 OFFSET ?")),
        .forget_connections = TRY(database.prepare(
            "DELETE FROM connection WHERE id IN (SELECT id FROM connection WHERE ended_us <= ? "
            "ORDER BY ended_us LIMIT ?)")),
        .forget_batches = TRY(database.prepare(
            "DELETE FROM brief WHERE id IN (SELECT id FROM brief WHERE last_ended_us <= ? "
            "ORDER BY last_ended_us LIMIT ?)")),
        .forget_samples =
            TRY(database.prepare("DELETE FROM sample WHERE step = ? AND begin IN (SELECT begin "
                                 "FROM sample WHERE step = ?1 AND begin < ? LIMIT 100)")),
        .forget_findings =
            TRY(database.prepare("DELETE FROM finding WHERE last_us < ? AND NOT active")),
        .forget_gaps = TRY(database.prepare("DELETE FROM gap WHERE end_us < ?")),
        .used_pages = TRY(database.prepare(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")),
        .free_pages = TRY(database.prepare(
            "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size")),
    };
}

// Tells what became of the recording before, and closes what it left open.
Result<> Recorder::begin_run(Micros now) {
    TRY(statements_.begin.finish());
    {
        Statement last =
            TRY(database_.prepare("SELECT alive_us, ended_us FROM run ORDER BY id DESC LIMIT 1"));
        if (TRY(last.step())) {
            const Micros alive(last.number());
            const auto ended = last.number_or_null();
            // A clock that was set back leaves no time between the two.
            gap_before_ = Gap{.begin = std::min(alive, now),
                              .end = now,
                              .reason = ended ? GapReason::NotRunning : GapReason::Crashed};
            TRY(write(*gap_before_));
            Statement close_open = TRY(database_.prepare(
                "UPDATE connection SET ended_us = ?, ending = ? WHERE ended_us IS NULL"));
            TRY(close_open.bind(alive.count())
                    .bind(static_cast<std::int64_t>(trace::Ending::Unseen))
                    .finish());
        }
    }
    TRY(database_.run("UPDATE finding SET active = 0 WHERE active"));
    Statement run =
        TRY(database_.prepare("INSERT INTO run (boot_id, started_us, alive_us) VALUES (?, ?, ?)"));
    TRY(run.bind(std::string_view(settings_.boot_id)).bind(now.count()).bind(now.count()).finish());
    run_ = database_.last_row_id();
    next_finding_id_ = TRY(database_.number("SELECT max(id) FROM finding")).value_or(0) + 1;
    TRY(roll_up(std::chrono::duration_cast<Seconds>(now)));
    TRY(statements_.commit.finish());
    written_until_ = now;
    return {};
}

void Recorder::note(KeptLife life) {
    const std::uint64_t id = life.life.id;
    if (!life.ended) {
        noted_open_.insert(id);
    }
    if (!LifeBatch::is_for(life) || open_rows_.contains(id) || noted_open_.contains(id)) {
        lives_.push_back(std::move(life));
        return;
    }
    if (batches_.empty() || !batches_.back().has_room_for(life)) {
        batches_.emplace_back();
    }
    batches_.back().add(life);
}

Result<> Recorder::commit(Micros now) {
    if (stopped_ && now < written_until_ + settings_.retry_after) {
        drop_noted();
        return {};
    }
    if (stopped_) {
        gaps_.push_back({.begin = stopped_since_, .end = now, .reason = *stopped_});
    }
    const Result<> written = write_all(now);
    if (written) {
        stopped_.reset();
        for (const std::uint64_t id : ended_now_) {
            open_rows_.erase(id);
        }
        lives_.clear();
        drop_noted();
    } else {
        database_.roll_back();
        for (const std::uint64_t id : inserted_now_) {
            open_rows_.erase(id);
        }
        if (!stopped_) {
            stopped_since_ = written_until_;
        }
        stopped_ = is_disk_full(written.error()) ? GapReason::DiskFull : GapReason::WriteFailed;
        drop_noted();
    }
    written_until_ = now;
    return written;
}

Result<> Recorder::write_all(Micros now) {
    inserted_now_.clear();
    ended_now_.clear();
    TRY(statements_.begin.finish());
    for (const Sample& sample : samples_) {
        TRY(write(sample));
    }
    for (const KeptLife& life : lives_) {
        TRY(write(life));
    }
    for (const LifeBatch& batch : batches_) {
        TRY(write(batch));
    }
    for (const KeptFinding& finding : findings_) {
        TRY(write(finding));
    }
    for (const Gap& gap : gaps_) {
        TRY(write(gap));
    }
    TRY(statements_.alive.bind(now.count()).bind_null().bind(run_).finish());
    TRY(roll_up(std::chrono::duration_cast<Seconds>(now)));
    TRY(forget(now));
    return statements_.commit.finish();
}

Result<> Recorder::close(Micros now) {
    TRY(commit(now));
    TRY(statements_.alive.bind(now.count()).bind(now.count()).bind(run_).finish());
    return {};
}

// Rows that are in the file as open have to learn their end, however long the disk is full; what
// is not in the file is lost.
void Recorder::drop_noted() {
    constexpr std::size_t kMostEnds = 100'000;
    samples_.clear();
    batches_.clear();
    noted_open_.clear();
    findings_.clear();
    gaps_.clear();
    std::erase_if(lives_, [&](const KeptLife& life) {
        return !life.ended || !open_rows_.contains(life.life.id);
    });
    if (lives_.size() > kMostEnds) {
        lives_.clear();
    }
}

Result<> Recorder::write(const Sample& sample) {
    Statement& insert = statements_.sample;
    insert.bind(sample.begin.count()).bind(sample.seconds);
    for (const std::uint64_t sum : sample.sum) {
        insert.bind(static_cast<std::int64_t>(sum));
    }
    for (const std::uint64_t most : sample.most) {
        insert.bind(static_cast<std::int64_t>(most));
    }
    const Happened& happened = sample.happened;
    insert.bind(static_cast<std::int64_t>(happened.opened_actively))
        .bind(static_cast<std::int64_t>(happened.opened_passively))
        .bind(static_cast<std::int64_t>(happened.closed))
        .bind(happened.resets_sent)
        .bind(happened.resets_received)
        .bind(happened.retransmissions)
        .bind(happened.drops);
    return insert.finish();
}

Result<> Recorder::write(const KeptLife& kept) {
    const trace::Life& life = kept.life;
    const auto row = open_rows_.find(life.id);
    Statement& write = row == open_rows_.end() ? statements_.insert_life : statements_.update_life;
    const Micros opened = opened_at(life);
    const bool is_long = !kept.ended || opened == Micros(0) || *kept.ended - opened > kBriefLife;
    write.bind(run_)
        .bind(std::int64_t{life.network_namespace})
        .bind(static_cast<std::int64_t>(life.cookie))
        .bind(opened.count());
    if (kept.ended) {
        write.bind(kept.ended->count());
    } else {
        write.bind_null();
    }
    write.bind(std::int64_t{is_long ? 1 : 0})
        .bind(bytes_of(life.local.address))
        .bind(std::int64_t{life.local.port})
        .bind(bytes_of(life.remote.address))
        .bind(std::int64_t{life.remote.port})
        .bind(std::int64_t{life.owner.process})
        .bind(life.owner.name_text())
        .bind(static_cast<std::int64_t>(life.owner.basis))
        .bind(life.user)
        .bind(static_cast<std::int64_t>(life.ending))
        .bind(static_cast<std::int64_t>(life.first_fin))
        .bind(static_cast<std::int64_t>(life.reset_by))
        .bind(std::string_view(kept.reset_reason))
        .bind(std::int64_t{life.error})
        .bind(static_cast<std::int64_t>(life.opener))
        .bind(std::int64_t{flags_of(life)})
        .bind(life.bytes_sent)
        .bind(life.bytes_received)
        .bind(std::int64_t{life.retransmissions})
        .bind(std::int64_t{life.syn_retransmissions})
        .bind(std::span<const std::byte>(steps_to_bytes(life)));
    if (row != open_rows_.end()) {
        TRY(write.bind(row->second).finish());
    } else {
        TRY(write.finish());
        if (!kept.ended) {
            open_rows_.emplace(life.id, database_.last_row_id());
            inserted_now_.push_back(life.id);
        }
    }
    if (kept.ended) {
        ended_now_.push_back(life.id);
    }
    return {};
}

Result<> Recorder::write(const LifeBatch& batch) {
    return statements_.batch.bind(run_)
        .bind(batch.first_opened().count())
        .bind(batch.first_ended().count())
        .bind(batch.last_ended().count())
        .bind(static_cast<std::int64_t>(batch.lowest_cookie()))
        .bind(static_cast<std::int64_t>(batch.highest_cookie()))
        .bind(static_cast<std::int64_t>(batch.size()))
        .bind(batch.bytes())
        .finish();
}

Result<> Recorder::write(const KeptFinding& finding) {
    return statements_.finding.bind(finding.id)
        .bind(std::string_view(finding.key))
        .bind(std::string_view(finding.rule))
        .bind(std::int64_t{finding.severity})
        .bind(finding.first_seen.count())
        .bind(finding.last_seen.count())
        .bind(std::int64_t{finding.active ? 1 : 0})
        .bind(std::string_view(finding.document))
        .finish();
}

Result<> Recorder::write(const Gap& gap) {
    return statements_.gap.bind(gap.begin.count())
        .bind(gap.end.count())
        .bind(name_of(gap.reason))
        .bind(static_cast<std::int64_t>(gap.lost))
        .finish();
}

}  // namespace tcpdx::history
