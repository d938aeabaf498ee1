#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/owned.h"
#include "base/result.h"

namespace tcpdx::history {

class Statement;

// One connection to an SQLite file. For one thread at a time.
class Database {
public:
    enum class Use : std::uint8_t { Write, Read };

    // A reader never creates the file.
    [[nodiscard]] static Result<Database> open(const std::string& path, Use use);

    // One or more statements without values.
    [[nodiscard]] Result<> run(const char* sql);
    [[nodiscard]] Result<Statement> prepare(std::string_view sql);
    // The first cell of the first row; empty when there is no row or it is NULL.
    [[nodiscard]] Result<std::optional<std::int64_t>> number(std::string_view sql);
    [[nodiscard]] std::int64_t last_row_id() const {
        return ::sqlite3_last_insert_rowid(db_.get());
    }
    [[nodiscard]] std::int64_t changed_rows() const { return ::sqlite3_changes(db_.get()); }
    // After a failed commit the transaction may still be open, or SQLite has ended it.
    void roll_back();

private:
    explicit Database(Owned<sqlite3, ::sqlite3_close_v2> db) : db_(std::move(db)) {}

    Owned<sqlite3, ::sqlite3_close_v2> db_;
};

// A prepared statement. Values are bound and cells read in order, from the first one on.
class Statement {
public:
    Statement& bind(std::int64_t value);
    Statement& bind(double value);
    Statement& bind(std::string_view text);
    Statement& bind(std::span<const std::byte> bytes);
    Statement& bind_null();
    template <class T>
    Statement& bind(const std::optional<T>& value) {
        return value ? bind(static_cast<std::int64_t>(*value)) : bind_null();
    }

    // Whether there is a row.
    [[nodiscard]] Result<bool> step();
    // Runs to the end and gets ready for the next values.
    [[nodiscard]] Result<> finish();
    // Values are to be bound anew.
    void reset();

    [[nodiscard]] std::int64_t number();
    [[nodiscard]] double real();
    [[nodiscard]] std::optional<std::int64_t> number_or_null();
    [[nodiscard]] std::string text();
    // Valid until the next step.
    [[nodiscard]] std::span<const std::byte> bytes();

private:
    friend class Database;
    explicit Statement(Owned<sqlite3_stmt, ::sqlite3_finalize> statement)
        : statement_(std::move(statement)) {}

    Owned<sqlite3_stmt, ::sqlite3_finalize> statement_;
    int next_value_ = 1;
    int next_cell_ = 0;
};

// What SQLite's last call on this connection came to, as an Error. DiskFull is told apart.
[[nodiscard]] tl::unexpected<Error> sqlite_failure(sqlite3* db, int outcome,
                                                   std::string_view doing);
// Whether it failed for want of room on the disk.
[[nodiscard]] bool is_disk_full(const Error& error);

}  // namespace tcpdx::history
