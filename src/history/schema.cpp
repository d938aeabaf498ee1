#include "history/schema.h"

#include <array>

#include "base/i18n.h"

namespace tcpdx::history {
namespace {

// Entry N makes version N + 1 out of version N. Never edit one that was released: add the next.
constexpr std::array<const char*, kSchemaVersion> kMigrations{
    R"(
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    boot_id TEXT NOT NULL,
    started_us INTEGER NOT NULL,
    alive_us INTEGER NOT NULL,      -- the last second that was written
    ended_us INTEGER                -- NULL: it runs, or ended without a word
);
-- Samples of all lengths. `sum_*` is over the seconds that were recorded.
CREATE TABLE sample (
    step INTEGER NOT NULL,
    begin INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    sum_0 INTEGER NOT NULL, sum_1 INTEGER NOT NULL, sum_2 INTEGER NOT NULL, sum_3 INTEGER NOT NULL,
    sum_4 INTEGER NOT NULL, sum_5 INTEGER NOT NULL, sum_6 INTEGER NOT NULL, sum_7 INTEGER NOT NULL,
    sum_8 INTEGER NOT NULL, sum_9 INTEGER NOT NULL, sum_10 INTEGER NOT NULL,
    most_0 INTEGER NOT NULL, most_1 INTEGER NOT NULL, most_2 INTEGER NOT NULL,
    most_3 INTEGER NOT NULL, most_4 INTEGER NOT NULL, most_5 INTEGER NOT NULL,
    most_6 INTEGER NOT NULL, most_7 INTEGER NOT NULL, most_8 INTEGER NOT NULL,
    most_9 INTEGER NOT NULL, most_10 INTEGER NOT NULL,
    opened_actively INTEGER NOT NULL,
    opened_passively INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    resets_sent INTEGER, resets_received INTEGER, retransmissions INTEGER, drops INTEGER,
    PRIMARY KEY (step, begin)
) WITHOUT ROWID;
CREATE TABLE connection (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    netns INTEGER NOT NULL,
    cookie INTEGER NOT NULL,        -- 64 bits; 0: it never had one
    opened_us INTEGER NOT NULL,     -- 0: before it was watched
    ended_us INTEGER,               -- NULL: open, as far as is known
    long INTEGER NOT NULL,          -- lived longer than ten minutes, or is open
    local BLOB NOT NULL, local_port INTEGER NOT NULL,
    remote BLOB NOT NULL, remote_port INTEGER NOT NULL,
    pid INTEGER NOT NULL, process TEXT NOT NULL, owner INTEGER NOT NULL,
    uid INTEGER,
    ending INTEGER NOT NULL, first_fin INTEGER NOT NULL, reset_by INTEGER NOT NULL,
    reset_reason TEXT NOT NULL, error INTEGER NOT NULL,
    opener INTEGER NOT NULL, flags INTEGER NOT NULL,
    bytes_sent INTEGER, bytes_received INTEGER,
    retransmissions INTEGER NOT NULL, syn_retransmissions INTEGER NOT NULL,
    steps BLOB NOT NULL
);
CREATE INDEX connection_ended ON connection (ended_us);
CREATE INDEX connection_long ON connection (ended_us, opened_us) WHERE long;
CREATE INDEX connection_open ON connection (opened_us) WHERE ended_us IS NULL;
CREATE INDEX connection_cookie ON connection (cookie, netns);
CREATE TABLE finding (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    rule TEXT NOT NULL,
    severity INTEGER NOT NULL,
    first_us INTEGER NOT NULL,
    last_us INTEGER NOT NULL,
    active INTEGER NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX finding_last ON finding (last_us);
CREATE TABLE gap (
    id INTEGER PRIMARY KEY,
    begin_us INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    reason TEXT NOT NULL,
    lost INTEGER NOT NULL
);
CREATE INDEX gap_end ON gap (end_us);
)",
    R"(
-- Finished connections that were brief, up to 500 a row: see life_batch.h. Version 1 had them in
-- `connection`, where they stay until they are too old.
CREATE TABLE brief (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    first_opened_us INTEGER NOT NULL,
    first_ended_us INTEGER NOT NULL,
    last_ended_us INTEGER NOT NULL,
    lowest_cookie INTEGER NOT NULL,
    highest_cookie INTEGER NOT NULL,
    lives INTEGER NOT NULL,
    packed BLOB NOT NULL
);
CREATE INDEX brief_ended ON brief (last_ended_us, first_ended_us, first_opened_us, lives);
CREATE INDEX brief_cookie ON brief (lowest_cookie, highest_cookie);
)"};

Result<std::int64_t> version_of(Database& database) {
    const auto tables =
        TRY(database.number("SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'"));
    if (tables.value_or(0) == 0) {
        return 0;
    }
    const auto version = TRY(database.number("SELECT version FROM schema_version"));
    return version.value_or(0);
}

tl::unexpected<Error> written_by_a_later_version() {
    return failure(ErrorCode::Usage,
                   N_("reading a history that a later version of tcpdx has written"));
}

Result<> migrate_one(Database& database, std::int64_t from) {
    TRY(database.run(kMigrations.at(static_cast<std::size_t>(from))));
    const std::string set = "DELETE FROM schema_version; INSERT INTO schema_version VALUES (" +
                            std::to_string(from + 1) + ")";
    return database.run(set.c_str());
}

}  // namespace

Result<> migrate(Database& database) {
    std::int64_t version = TRY(version_of(database));
    if (version > kSchemaVersion) {
        return written_by_a_later_version();
    }
    if (version == 0) {
        // Before the first table: afterwards SQLite ignores it.
        TRY(database.run("PRAGMA auto_vacuum = INCREMENTAL"));
    }
    TRY(database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"));
    while (version < kSchemaVersion) {
        TRY(
            database.run("BEGIN IMMEDIATE;"
                         "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)"));
        Result<> migrated = migrate_one(database, version);
        if (migrated) {
            migrated = database.run("COMMIT");
        }
        if (!migrated) {
            database.roll_back();
            return migrated;
        }
        ++version;
    }
    return {};
}

Result<> check_version(Database& database) {
    const std::int64_t version = TRY(version_of(database));
    if (version > kSchemaVersion) {
        return written_by_a_later_version();
    }
    if (version < kSchemaVersion) {
        return failure(ErrorCode::Usage,
                       N_("reading a history that is empty, or that an earlier version of tcpdx "
                          "has written: the next recording brings it up to date"));
    }
    return {};
}

}  // namespace tcpdx::history
