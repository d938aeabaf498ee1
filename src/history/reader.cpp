#include "history/reader.h"

#include <algorithm>
#include <queue>

#include "base/i18n.h"
#include "history/cells.h"
#include "history/life_batch.h"
#include "history/sample_columns.h"
#include "history/schema.h"
#include "history/step_bytes.h"

namespace tcpdx::history {
namespace {

const std::string kLifeColumns =
    "SELECT id, netns, cookie, ended_us, local, local_port, remote, remote_port, pid, process, "
    "owner, uid, ending, first_fin, reset_by, reset_reason, error, opener, flags, bytes_sent, "
    "bytes_received, retransmissions, syn_retransmissions, steps FROM connection ";

Result<KeptLife> life_from(Statement& row) {
    KeptLife kept;
    trace::Life& life = kept.life;
    life.id = static_cast<std::uint64_t>(row.number());
    life.network_namespace = static_cast<std::uint32_t>(row.number());
    life.cookie = static_cast<std::uint64_t>(row.number());
    if (const auto ended = row.number_or_null()) {
        kept.ended = Micros(*ended);
    }
    life.local.address = address_from(row.bytes());
    life.local.port = static_cast<std::uint16_t>(row.number());
    life.remote.address = address_from(row.bytes());
    life.remote.port = static_cast<std::uint16_t>(row.number());
    life.owner.process = static_cast<int>(row.number());
    const std::string name = row.text();
    name.copy(life.owner.name.data(), life.owner.name.size() - 1);
    life.owner.basis = enum_from(row.number(), trace::OwnerBasis::Listener);
    if (const auto uid = row.number_or_null()) {
        life.user = static_cast<std::uint32_t>(*uid);
    }
    life.ending = enum_from(row.number(), trace::Ending::Unseen);
    life.first_fin = enum_from(row.number(), trace::Closer::Both);
    life.reset_by = enum_from(row.number(), trace::Closer::Both);
    kept.reset_reason = row.text();
    life.error = static_cast<int>(row.number());
    life.opener = enum_from(row.number(), Opener::Passive);
    set_flags(life, static_cast<std::uint8_t>(row.number()));
    if (const auto sent = row.number_or_null()) {
        life.bytes_sent = static_cast<std::uint64_t>(*sent);
    }
    if (const auto received = row.number_or_null()) {
        life.bytes_received = static_cast<std::uint64_t>(*received);
    }
    life.retransmissions = static_cast<std::uint32_t>(row.number());
    life.syn_retransmissions = static_cast<std::uint32_t>(row.number());
    TRY(steps_from_bytes(row.bytes(), life));
    return kept;
}

// The same for one that is kept in a batch.
bool matches(const EndedQuery& query, const KeptLife& kept) {
    const trace::Life& life = kept.life;
    return *kept.ended >= query.from && *kept.ended < query.to &&
           (!query.ending || life.ending == *query.ending) &&
           (!query.port || life.local.port == *query.port || life.remote.port == *query.port) &&
           (query.process.empty() || life.owner.name_text() == query.process);
}

// Condition on a row of `brief`: it may hold some that ended at or after the first value, and
// before the second. `last_ended_us` has an index, so it gets a bound on either side.
const std::string kEndedBetween = "last_ended_us >= ?1 AND last_ended_us < ?2 + " +
                                  std::to_string(LifeBatch::kLongest.count()) +
                                  " AND first_ended_us < ?2";

std::string condition_of(const EndedQuery& query) {
    std::string condition = "WHERE ended_us >= ? AND ended_us < ?";
    condition += query.ending ? " AND ending = ?" : "";
    condition += query.port ? " AND (local_port = ? OR remote_port = ?)" : "";
    condition += query.process.empty() ? "" : " AND process = ?";
    return condition;
}

void bind(Statement& statement, const EndedQuery& query) {
    statement.bind(query.from.count()).bind(query.to.count());
    if (query.ending) {
        statement.bind(static_cast<std::int64_t>(*query.ending));
    }
    if (query.port) {
        statement.bind(std::int64_t{*query.port}).bind(std::int64_t{*query.port});
    }
    if (!query.process.empty()) {
        statement.bind(std::string_view(query.process));
    }
}

bool same_end(const SocketAddress& a, const SocketAddress& b) {
    return a.port == b.port && a.address.same_host(b.address);
}

GapReason gap_reason_from(std::string_view name) {
    for (const GapReason reason : {GapReason::NotRunning, GapReason::Crashed, GapReason::DiskFull,
                                   GapReason::EventsLost, GapReason::Sampled}) {
        if (name_of(reason) == name) {
            return reason;
        }
    }
    return GapReason::WriteFailed;
}

}  // namespace

Result<Reader> Reader::open(const std::string& path) {
    Database database = TRY(Database::open(path, Database::Use::Read));
    TRY(database.run("BEGIN"));  // which ends with the connection
    TRY(check_version(database));
    return Reader(std::move(database));
}

Result<Seconds> Reader::kept_step(Seconds wanted, Seconds from) {
    Statement oldest = TRY(database_.prepare("SELECT min(begin) FROM sample WHERE step = ?"));
    Statement any = TRY(database_.prepare(
        "SELECT 1 FROM sample WHERE step = ? AND begin >= ? AND begin < ? LIMIT 1"));
    Seconds best = wanted;
    std::optional<std::int64_t> best_begin;
    for (const Seconds step : kSteps) {
        if (step < wanted) {
            continue;
        }
        TRY(oldest.bind(step.count()).step());
        const auto begin = oldest.number_or_null();
        oldest.reset();
        if (!begin) {
            continue;
        }
        // The finest one that reaches back to `from`, or else the one that reaches farthest: a
        // coarser one can begin up to a step earlier without knowing more.
        if (!best_begin || *begin + step.count() < *best_begin) {
            best = step;
            best_begin = begin;
        }
        if (*best_begin <= from.count()) {
            break;
        }
    }
    return best;
}

Result<std::vector<Sample>> Reader::samples(Seconds step, Seconds from, Seconds to) {
    Statement rows = TRY(database_.prepare(
        "SELECT " + sample_columns() +
        " FROM sample WHERE step = ? AND begin >= ? AND begin < ? ORDER BY begin"));
    rows.bind(step.count()).bind(from.count()).bind(to.count());
    std::vector<Sample> samples;
    while (TRY(rows.step())) {
        Sample sample;
        sample.begin = Seconds(rows.number());
        sample.seconds = rows.number();
        for (std::uint64_t& sum : sample.sum) {
            sum = static_cast<std::uint64_t>(rows.number());
        }
        for (std::uint64_t& most : sample.most) {
            most = static_cast<std::uint64_t>(rows.number());
        }
        Happened& happened = sample.happened;
        happened.opened_actively = static_cast<std::uint64_t>(rows.number());
        happened.opened_passively = static_cast<std::uint64_t>(rows.number());
        happened.closed = static_cast<std::uint64_t>(rows.number());
        for (auto* count : {&happened.resets_sent, &happened.resets_received,
                            &happened.retransmissions, &happened.drops}) {
            if (const auto value = rows.number_or_null()) {
                *count = static_cast<std::uint64_t>(*value);
            }
        }
        samples.push_back(sample);
    }
    return samples;
}

Result<std::vector<Gap>> Reader::gaps(Micros from, Micros to) {
    Statement rows = TRY(database_.prepare(
        "SELECT begin_us, end_us, reason, lost FROM gap WHERE end_us >= ? AND begin_us < ? "
        "ORDER BY begin_us"));
    rows.bind(from.count()).bind(to.count());
    std::vector<Gap> gaps;
    while (TRY(rows.step())) {
        Gap gap;
        gap.begin = Micros(rows.number());
        gap.end = Micros(rows.number());
        gap.reason = gap_reason_from(rows.text());
        gap.lost = static_cast<std::uint64_t>(rows.number());
        gaps.push_back(gap);
    }
    return gaps;
}

Result<std::vector<KeptFinding>> Reader::findings(Micros from, Micros to, std::int64_t limit) {
    Statement rows = TRY(database_.prepare(
        "SELECT id, key, rule, severity, first_us, last_us, active, document FROM finding "
        "WHERE last_us >= ? AND first_us < ? ORDER BY active DESC, severity DESC, last_us DESC "
        "LIMIT ?"));
    rows.bind(from.count()).bind(to.count()).bind(limit);
    std::vector<KeptFinding> findings;
    while (TRY(rows.step())) {
        KeptFinding finding;
        finding.id = rows.number();
        finding.key = rows.text();
        finding.rule = rows.text();
        finding.severity = static_cast<int>(rows.number());
        finding.first_seen = Micros(rows.number());
        finding.last_seen = Micros(rows.number());
        finding.active = rows.number() != 0;
        finding.document = rows.text();
        findings.push_back(std::move(finding));
    }
    return findings;
}

Result<> Reader::read_lives(Statement& statement, const OnLife& on_life) {
    while (TRY(statement.step())) {
        const KeptLife life = TRY(life_from(statement));
        on_life(life);
    }
    return {};
}

Result<> Reader::read_batches(Statement& statement, const OnLife& on_life) {
    while (TRY(statement.step())) {
        TRY(read_batch(statement.bytes(), on_life));
    }
    return {};
}

Result<> Reader::lives_at(Micros at, const OnLife& on_life) {
    // By its end, which is soon after for all but the long ones: reading on to today for them would
    // mean to read everything that ended since.
    Statement brief = TRY(database_.prepare(
        kLifeColumns + "WHERE ended_us > ? AND ended_us <= ? AND opened_us <= ? AND NOT long"));
    brief.bind(at.count()).bind((at + kBriefLife).count()).bind(at.count());
    TRY(read_lives(brief, on_life));
    Statement lasting =
        TRY(database_.prepare(kLifeColumns + "WHERE long AND ended_us > ? AND opened_us <= ?"));
    lasting.bind(at.count()).bind(at.count());
    TRY(read_lives(lasting, on_life));
    Statement open =
        TRY(database_.prepare(kLifeColumns + "WHERE ended_us IS NULL AND opened_us <= ?"));
    open.bind(at.count());
    TRY(read_lives(open, on_life));
    Statement batches = TRY(database_.prepare("SELECT packed FROM brief WHERE " + kEndedBetween +
                                              " AND first_opened_us <= ?3"));
    batches.bind(at.count() + 1).bind((at + kBriefLife).count() + 1).bind(at.count());
    return read_batches(batches, [&](const KeptLife& kept) {
        if (*kept.ended > at && opened_at(kept.life) <= at) {
            on_life(kept);
        }
    });
}

// Two lists, each with the latest end first, become one. Batches overlap a little, so those that
// are open wait in a heap until no other can have a later end.
Result<> Reader::lives_ended(const EndedQuery& query, const OnLife& on_life) {
    Statement rows = TRY(
        database_.prepare(kLifeColumns + condition_of(query) + " ORDER BY ended_us DESC, id DESC"));
    bind(rows, query);
    Statement batches = TRY(database_.prepare("SELECT last_ended_us, packed FROM brief WHERE " +
                                              kEndedBetween + " ORDER BY last_ended_us DESC"));
    batches.bind(query.from.count()).bind(query.to.count());
    const auto earlier = [](const KeptLife& a, const KeptLife& b) { return a.ended < b.ended; };
    std::priority_queue<KeptLife, std::vector<KeptLife>, decltype(earlier)> brief(earlier);
    bool more_rows = TRY(rows.step());
    std::optional<KeptLife> row;
    bool more_batches = TRY(batches.step());
    Micros next_batch = more_batches ? Micros(batches.number()) : Micros::min();
    for (std::int64_t place = 0; query.limit < 0 || place < query.offset + query.limit; ++place) {
        while (more_batches && (brief.empty() || *brief.top().ended < next_batch)) {
            TRY(read_batch(batches.bytes(), [&](const KeptLife& kept) {
                if (matches(query, kept)) {
                    brief.push(kept);
                }
            }));
            more_batches = TRY(batches.step());
            next_batch = more_batches ? Micros(batches.number()) : Micros::min();
        }
        if (!row && more_rows) {
            row = TRY(life_from(rows));
            more_rows = TRY(rows.step());
        }
        if (!row && brief.empty()) {
            return {};
        }
        const bool from_row = brief.empty() || (row && *row->ended >= *brief.top().ended);
        if (place >= query.offset) {
            on_life(from_row ? *row : brief.top());
        }
        if (from_row) {
            row.reset();
        } else {
            brief.pop();
        }
    }
    return {};
}

Result<std::int64_t> Reader::count_ended(const EndedQuery& query) {
    Statement rows =
        TRY(database_.prepare("SELECT count(*) FROM connection " + condition_of(query)));
    bind(rows, query);
    TRY(rows.step());
    std::int64_t count = rows.number();
    const bool all = !query.ending && !query.port && query.process.empty();
    // Where every one counts, only those at either end of the time have to be opened.
    const std::string whole = "first_ended_us >= ?1 AND last_ended_us < ?2";
    if (all) {
        Statement sum = TRY(database_.prepare("SELECT total(lives) FROM brief WHERE " +
                                              kEndedBetween + " AND " + whole));
        sum.bind(query.from.count()).bind(query.to.count());
        TRY(sum.step());
        count += static_cast<std::int64_t>(sum.real());
    }
    Statement batches = TRY(database_.prepare("SELECT packed FROM brief WHERE " + kEndedBetween +
                                              (all ? " AND NOT (" + whole + ")" : "")));
    batches.bind(query.from.count()).bind(query.to.count());
    TRY(read_batches(batches,
                     [&](const KeptLife& kept) { count += matches(query, kept) ? 1 : 0; }));
    return count;
}

Result<std::optional<KeptLife>> Reader::life(std::uint32_t network_namespace,
                                             std::uint64_t cookie) {
    std::optional<KeptLife> found;
    Statement row = TRY(database_.prepare(
        kLifeColumns + "WHERE cookie = ? AND netns = ? ORDER BY id DESC LIMIT 1"));
    row.bind(static_cast<std::int64_t>(cookie)).bind(std::int64_t{network_namespace});
    TRY(read_lives(row, [&found](const KeptLife& kept) { found = kept; }));
    Statement batches = TRY(database_.prepare(
        "SELECT packed FROM brief WHERE lowest_cookie <= ?1 AND highest_cookie >= ?1"));
    batches.bind(static_cast<std::int64_t>(cookie));
    TRY(read_batches(batches, [&](const KeptLife& kept) {
        // One that is open is the latest. After a boot the kernel counts from the start again.
        const bool later = !found || (found->ended && *found->ended < *kept.ended);
        if (kept.life.cookie == cookie && kept.life.network_namespace == network_namespace &&
            later) {
            found = kept;
        }
    }));
    return found;
}

Result<std::optional<KeptLife>> Reader::other_end(const KeptLife& life) {
    // Its TIME-WAIT can end a minute or two after ours.
    constexpr Micros kApart = std::chrono::minutes(3);
    const Micros ended = life.ended.value_or(Micros(0));
    std::optional<KeptLife> found;
    const auto take_nearest = [&](const KeptLife& other) {
        const auto apart = [ended](const KeptLife& each) {
            return std::chrono::abs(each.ended.value_or(Micros(0)) - ended);
        };
        if (same_end(other.life.local, life.life.remote) &&
            same_end(other.life.remote, life.life.local) && other.life.cookie != life.life.cookie &&
            (!found || apart(other) < apart(*found))) {
            found = other;
        }
    };
    Statement rows = TRY(database_.prepare(
        kLifeColumns + "WHERE ended_us >= ?1 AND ended_us < ?2 AND local_port = ?3"));
    rows.bind((ended - kApart).count())
        .bind((ended + kApart).count())
        .bind(std::int64_t{life.life.remote.port});
    TRY(read_lives(rows, take_nearest));
    Statement batches = TRY(database_.prepare("SELECT packed FROM brief WHERE " + kEndedBetween));
    batches.bind((ended - kApart).count()).bind((ended + kApart).count());
    TRY(read_batches(batches, take_nearest));
    return found;
}

Result<std::optional<Micros>> Reader::oldest() {
    const auto started = TRY(database_.number("SELECT min(started_us) FROM run"));
    return started ? std::optional(Micros(*started)) : std::nullopt;
}

Result<std::optional<Micros>> Reader::newest() {
    const auto alive = TRY(database_.number("SELECT max(alive_us) FROM run"));
    return alive ? std::optional(Micros(*alive)) : std::nullopt;
}

}  // namespace tcpdx::history
