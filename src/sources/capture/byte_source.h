#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tcpdx::capture {

// Bytes that come one after the other: a pipe, a device, or what a decompressor makes of them.
class ByteSource {
public:
    ByteSource() = default;
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;
    ByteSource(ByteSource&&) = delete;
    ByteSource& operator=(ByteSource&&) = delete;
    virtual ~ByteSource() = default;

    // Fills the front of `out` and says how much of it: 0 only at the end.
    [[nodiscard]] virtual Result<std::size_t> read(std::span<std::byte> out) = 0;
};

// Reads `fd`, which the caller keeps open.
[[nodiscard]] std::unique_ptr<ByteSource> file_source(int fd);

// `head` is what has been read of `source` to find out what it is.
[[nodiscard]] std::unique_ptr<ByteSource> gzip_source(std::span<const std::byte> head,
                                                      std::unique_ptr<ByteSource> source);
[[nodiscard]] std::unique_ptr<ByteSource> zstd_source(std::span<const std::byte> head,
                                                      std::unique_ptr<ByteSource> source);

}  // namespace tcpdx::capture
