#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace tcpdx {

// Writes rows to a descriptor in blocks. A row is formatted straight into the block: ask for room,
// write characters, say where they end. After the first failure everything is thrown away, and
// finish() tells what it was.
class OutputStream {
public:
    // What a single row may take. Longer than any row: texts in cells are cut to far less.
    static constexpr std::size_t kRowBytes = 64UL * 1024;

    explicit OutputStream(int fd);

    // At least kRowBytes of free space.
    [[nodiscard]] char* row() {
        if (used_ >= kBlockBytes) {
            flush();
        }
        return block_.get() + used_;
    }
    // `end` is behind the last character written at what row() gave.
    void commit(const char* end) { used_ = static_cast<std::size_t>(end - block_.get()); }

    void write(std::string_view text);
    void flush();

    // The reader has gone or the disk is full: more rows are for nothing.
    [[nodiscard]] bool failed() const { return !outcome_; }

    // Writes what is left. ErrorCode::ReaderGone when a pipe was closed at its other end.
    [[nodiscard]] Result<> finish();

private:
    // Large enough that the system calls do not show, small enough for the cache.
    static constexpr std::size_t kBlockBytes = 128UL * 1024;

    int fd_;
    std::unique_ptr<char[]> block_;
    std::size_t used_ = 0;
    Result<> outcome_;
};

}  // namespace tcpdx
