// What keeps a history from growing: coarser samples of what is older, and an end to what is too
// old or too much. In small steps, so that no commit takes long.
#include <algorithm>

#include "history/recorder.h"

namespace tcpdx::history {
namespace {

// Rows in one commit at least; more when more came in, or the file would grow all the same.
constexpr std::size_t kMostConnections = 500;
constexpr std::size_t kMostBatches = 4;

// How long samples of kSteps[i] are kept: 1,500 to 50,000 of each.
constexpr std::array<Seconds, kSteps.size()> kKeepSamples{
    std::chrono::hours(2), std::chrono::hours(48), std::chrono::hours(24 * 30),
    std::chrono::hours(24 * 365), std::chrono::hours(24 * 365 * 5)};

}  // namespace

Result<> Recorder::roll_up(Seconds now) {
    for (std::size_t i = 1; i < kSteps.size(); ++i) {
        const Seconds::rep step = kSteps.at(i).count();
        const Seconds::rep until = now.count() / step * step;
        const auto rolled = [&]() -> Result<std::optional<std::int64_t>> {
            TRY(statements_.rolled_until.bind(step).step());
            const auto last = statements_.rolled_until.number_or_null();
            statements_.rolled_until.reset();
            return last;
        }();
        const auto last = TRY(rolled);
        const Seconds::rep from = last ? *last + step : 0;
        if (from >= until) {
            continue;
        }
        TRY(statements_.roll_up.bind(step)
                .bind(kSteps.at(i - 1).count())
                .bind(from)
                .bind(until)
                .finish());
    }
    return {};
}

Result<> Recorder::forget(Micros now) {
    TRY(forget_ended_by(now - Micros(settings_.keep)));
    const auto second = std::chrono::duration_cast<Seconds>(now);
    // One length of samples at a time is often enough.
    const auto turn = static_cast<std::size_t>(second.count()) % kSteps.size();
    TRY(statements_.forget_samples.bind(kSteps.at(turn).count())
            .bind((second - kKeepSamples.at(turn)).count())
            .finish());
    if (second.count() % 60 == 0) {
        const Micros oldest = now - Micros(settings_.keep);
        TRY(statements_.forget_findings.bind(oldest.count()).finish());
        TRY(statements_.forget_gaps.bind(oldest.count()).finish());
    }
    return forget_by_size();
}

std::int64_t Recorder::connections_to_forget() const {
    return static_cast<std::int64_t>(std::max(kMostConnections, 2 * lives_.size()));
}

std::int64_t Recorder::batches_to_forget() const {
    return static_cast<std::int64_t>(std::max(kMostBatches, 2 * batches_.size()));
}

Result<> Recorder::forget_ended_by(Micros end) {
    TRY(statements_.forget_connections.bind(end.count()).bind(connections_to_forget()).finish());
    return statements_.forget_batches.bind(end.count()).bind(batches_to_forget()).finish();
}

// The oldest ones, whether they have a row of their own or are in a batch.
Result<> Recorder::forget_oldest() {
    const auto end_of = [](Statement& nth, std::int64_t number) -> Result<Micros> {
        const bool there = TRY(nth.bind(number - 1).step());
        const Micros end = there ? Micros(nth.number()) : Micros::max();
        nth.reset();
        return end;
    };
    const Micros connection = TRY(end_of(statements_.nth_connection, connections_to_forget()));
    const Micros batch = TRY(end_of(statements_.nth_batch, batches_to_forget()));
    return forget_ended_by(std::min(connection, batch));
}

Result<> Recorder::forget_by_size() {
    const auto read = [](Statement& statement) -> Result<std::uint64_t> {
        TRY(statement.step());
        const auto value = static_cast<std::uint64_t>(statement.number());
        statement.reset();
        return value;
    };
    const std::uint64_t all = TRY(read(statements_.used_pages));
    const std::uint64_t free = TRY(read(statements_.free_pages));
    bytes_used_ = all - free;
    // The WAL comes on top of the file until it is copied back.
    const std::uint64_t most = settings_.most_bytes - settings_.most_bytes / 8;
    if (bytes_used_ > most) {
        TRY(forget_oldest());
    } else if (all > most && free > all / 16) {
        TRY(database_.run("PRAGMA incremental_vacuum(500)"));
    }
    return {};
}

}  // namespace tcpdx::history
