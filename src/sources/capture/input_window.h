#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "sources/capture/byte_source.h"

namespace tcpdx::capture {

// Frees mapped memory.
struct Unmap {
    std::size_t size = 0;
    void operator()(std::byte* start) const noexcept;
};

// The bytes of a capture from the place that has been reached: of a file the whole rest, mapped;
// of a pipe or a compressed file as much as was asked for.
class InputWindow {
public:
    // "-" is standard input. Compressed files are recognised by their first bytes.
    [[nodiscard]] static Result<InputWindow> open(const std::string& path);
    // For bytes that are in memory already; they must outlive the window.
    [[nodiscard]] static InputWindow of(std::span<const std::byte> bytes);
    [[nodiscard]] static Result<InputWindow> of(std::unique_ptr<ByteSource> source);

    InputWindow(InputWindow&&) noexcept = default;
    InputWindow& operator=(InputWindow&&) noexcept = default;
    InputWindow(const InputWindow&) = delete;
    InputWindow& operator=(const InputWindow&) = delete;
    ~InputWindow() = default;

    // Everything that is here, at least `count` bytes unless the input ends before. Valid until the
    // next call.
    [[nodiscard]] std::span<const std::byte> at_least(std::size_t count) {
        if (rest_.size() < count && source_) [[unlikely]] {
            refill(count);
        }
        return rest_;
    }
    void consume(std::size_t count) {
        rest_ = rest_.subspan(count);
        position_ += count;
    }
    // What was read of a mapped file may leave the memory. Now and then, since it costs time.
    void release_what_was_read();
    // Bytes before the current place, after decompression.
    [[nodiscard]] std::uint64_t position() const { return position_; }
    // Why reading stopped before the end, when the system failed.
    [[nodiscard]] const std::optional<Error>& error() const { return error_; }
    // Of a regular file; for progress.
    [[nodiscard]] std::optional<std::uint64_t> size() const { return size_; }

private:
    InputWindow() = default;
    void refill(std::size_t count);
    [[nodiscard]] Result<> look_for_compression();

    std::span<const std::byte> rest_;
    std::unique_ptr<ByteSource> source_;
    std::vector<std::byte> buffer_;
    std::unique_ptr<std::byte, Unmap> mapped_;
    UniqueFd file_;
    std::uint64_t position_ = 0;
    std::uint64_t released_ = 0;
    std::optional<std::uint64_t> size_;
    std::optional<Error> error_;
};

}  // namespace tcpdx::capture
