#include "history/database.h"

#include <cerrno>

#include "base/i18n.h"

namespace tcpdx::history {

tl::unexpected<Error> sqlite_failure(sqlite3* db, int outcome, std::string_view doing) {
    Error error{.code = ErrorCode::System,
                .doing = std::string(doing),
                .os_error = db == nullptr ? 0 : ::sqlite3_system_errno(db),
                .about = db == nullptr ? ::sqlite3_errstr(outcome) : ::sqlite3_errmsg(db)};
    switch (outcome & 0xff) {  // the rest of the bits only refines
        case SQLITE_FULL:
            error.os_error = ENOSPC;
            break;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            error.code = ErrorCode::TryAgain;
            break;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            error.code = ErrorCode::Malformed;
            break;
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_AUTH:
            error.code = ErrorCode::PermissionDenied;
            break;
        case SQLITE_IOERR:
            // A file system that is full, or a quota, can show itself as a failed write.
            break;
        default:
            break;
    }
    if (error.os_error == EACCES || error.os_error == EPERM) {
        error.code = ErrorCode::PermissionDenied;
    }
    return tl::unexpected(std::move(error));
}

bool is_disk_full(const Error& error) {
    return error.os_error == ENOSPC || error.os_error == EDQUOT || error.os_error == EFBIG;
}

Result<Database> Database::open(const std::string& path, Use use) {
    // Statistics that nobody reads cost a lock for each piece of memory. Must come before SQLite's
    // first use in the process; refused after it, which does no harm.
    static const int without_statistics = ::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)without_statistics;
    sqlite3* opened = nullptr;
    const int flags =
        use == Use::Write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
    // A reader of a WAL database takes part in its locks, so it writes to the -shm file. Where it
    // may not, SQLite itself falls back to reading only.
    const int outcome =
        ::sqlite3_open_v2(path.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    Owned<sqlite3, ::sqlite3_close_v2> db(opened);
    if (outcome != SQLITE_OK) {
        return sqlite_failure(db.get(), outcome, N_("opening the history"));
    }
    ::sqlite3_extended_result_codes(db.get(), 1);
    ::sqlite3_busy_timeout(db.get(), 2000);
    Database database(std::move(db));
    if (use == Use::Read) {
        TRY(database.run("PRAGMA query_only = 1"));
    }
    return database;
}

Result<> Database::run(const char* sql) {
    const int outcome = ::sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
    if (outcome != SQLITE_OK) {
        return sqlite_failure(db_.get(), outcome, N_("using the history"));
    }
    return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* prepared = nullptr;
    const int outcome = ::sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                             SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (outcome != SQLITE_OK) {
        return sqlite_failure(db_.get(), outcome, N_("using the history"));
    }
    return Statement(Owned<sqlite3_stmt, ::sqlite3_finalize>(prepared));
}

Result<std::optional<std::int64_t>> Database::number(std::string_view sql) {
    Statement statement = TRY(prepare(sql));
    const bool row = TRY(statement.step());
    return row ? statement.number_or_null() : std::nullopt;
}

void Database::roll_back() {
    if (::sqlite3_get_autocommit(db_.get()) == 0) {
        ::sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

Statement& Statement::bind(std::int64_t value) {
    ::sqlite3_bind_int64(statement_.get(), next_value_++, value);
    return *this;
}

Statement& Statement::bind(double value) {
    ::sqlite3_bind_double(statement_.get(), next_value_++, value);
    return *this;
}

Statement& Statement::bind(std::string_view text) {
    // Not SQLITE_STATIC: the text may be gone before the statement has run.
    ::sqlite3_bind_text64(statement_.get(), next_value_++,
                          text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_TRANSIENT,
                          SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind(std::span<const std::byte> bytes) {
    ::sqlite3_bind_blob64(statement_.get(), next_value_++, bytes.data(), bytes.size(),
                          SQLITE_TRANSIENT);
    return *this;
}

Statement& Statement::bind_null() {
    ::sqlite3_bind_null(statement_.get(), next_value_++);
    return *this;
}

Result<bool> Statement::step() {
    const int outcome = ::sqlite3_step(statement_.get());
    next_cell_ = 0;
    if (outcome == SQLITE_ROW) {
        return true;
    }
    if (outcome == SQLITE_DONE) {
        return false;
    }
    const auto error =
        sqlite_failure(::sqlite3_db_handle(statement_.get()), outcome, N_("using the history"));
    reset();
    return error;
}

Result<> Statement::finish() {
    bool row = true;
    while (row) {
        row = TRY(step());
    }
    reset();
    return {};
}

void Statement::reset() {
    ::sqlite3_reset(statement_.get());
    next_value_ = 1;
    next_cell_ = 0;
}

std::int64_t Statement::number() {
    return ::sqlite3_column_int64(statement_.get(), next_cell_++);
}

double Statement::real() {
    return ::sqlite3_column_double(statement_.get(), next_cell_++);
}

std::optional<std::int64_t> Statement::number_or_null() {
    const int cell = next_cell_++;
    if (::sqlite3_column_type(statement_.get(), cell) == SQLITE_NULL) {
        return std::nullopt;
    }
    return ::sqlite3_column_int64(statement_.get(), cell);
}

std::string Statement::text() {
    const auto bytes_found = bytes();
    return {reinterpret_cast<const char*>(bytes_found.data()), bytes_found.size()};
}

std::span<const std::byte> Statement::bytes() {
    const int cell = next_cell_++;
    const void* data = ::sqlite3_column_blob(statement_.get(), cell);
    const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_.get(), cell));
    return {static_cast<const std::byte*>(data), data == nullptr ? 0 : size};
}

}  // namespace tcpdx::history
