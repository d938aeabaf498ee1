#include "sources/capture/input_window.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/i18n.h"

namespace tcpdx::capture {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20U;
constexpr std::array kGzip{std::byte{0x1f}, std::byte{0x8b}};
constexpr std::array kZstd{std::byte{0x28}, std::byte{0xb5}, std::byte{0x2f}, std::byte{0xfd}};

template <std::size_t Size>
bool starts_with(std::span<const std::byte> bytes, const std::array<std::byte, Size>& magic) {
    return bytes.size() >= Size && std::equal(magic.begin(), magic.end(), bytes.begin());
}

}  // namespace

void Unmap::operator()(std::byte* start) const noexcept {
    ::munmap(start, size);
}

InputWindow InputWindow::of(std::span<const std::byte> bytes) {
    InputWindow window;
    window.rest_ = bytes;
    window.size_ = bytes.size();
    return window;
}

Result<InputWindow> InputWindow::of(std::unique_ptr<ByteSource> source) {
    InputWindow window;
    window.source_ = std::move(source);
    TRY(window.look_for_compression());
    return window;
}

Result<InputWindow> InputWindow::open(const std::string& path) {
    InputWindow window;
    int fd = STDIN_FILENO;
    if (path != "-") {
        window.file_ = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
        if (!window.file_) {
            return os_failure(N_("opening the capture"), path);
        }
        fd = window.file_.get();
    }
    struct stat status {};
    if (::fstat(fd, &status) != 0) {
        return os_failure(N_("opening the capture"), path);
    }
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return os_failure(N_("opening the capture"), path);
    }
    // Half as fast again as read(). The price: a file that another program shortens meanwhile ends
    // this one by SIGBUS. Captures only grow.
    const auto size = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
    if (path != "-" && S_ISREG(status.st_mode) && size > 0) {
        void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (start != MAP_FAILED) {
            ::madvise(start, size, MADV_SEQUENTIAL);
            const std::span bytes(static_cast<const std::byte*>(start), size);
            if (!starts_with(bytes, kGzip) && !starts_with(bytes, kZstd)) {
                window.mapped_ = {static_cast<std::byte*>(start), Unmap{size}};
                window.rest_ = bytes;
                window.size_ = size;
                return window;
            }
            ::munmap(start, size);
        }
    }
    window.source_ = file_source(fd);
    TRY(window.look_for_compression());
    return window;
}

Result<> InputWindow::look_for_compression() {
    const std::span<const std::byte> head = at_least(kZstd.size());
    if (error_) {
        return unexpected(*error_);
    }
    const bool gzip = starts_with(head, kGzip);
    if (gzip || starts_with(head, kZstd)) {
        source_ =
            gzip ? gzip_source(head, std::move(source_)) : zstd_source(head, std::move(source_));
        rest_ = {};
    }
    return {};
}

void InputWindow::release_what_was_read() {
    constexpr std::uint64_t kPage = 4096;
    const std::uint64_t until = position_ / kPage * kPage;
    if (mapped_ && until > released_) {
        ::madvise(mapped_.get() + released_, until - released_, MADV_DONTNEED);
        released_ = until;
    }
}

void InputWindow::refill(std::size_t count) {
    const std::size_t kept = rest_.size();
    std::size_t start = 0;
    if (buffer_.size() < 2 * std::max(count, kChunk)) {
        std::vector<std::byte> larger(2 * std::max(count, kChunk));
        std::copy(rest_.begin(), rest_.end(), larger.begin());
        buffer_ = std::move(larger);
    } else if (kept > 0) {
        // Moved only when the end is reached: a damaged file asks for a lot again and again, for
        // every few bytes that it goes on.
        start = static_cast<std::size_t>(rest_.data() - buffer_.data());
        if (start + count > buffer_.size()) {
            std::memmove(buffer_.data(), rest_.data(), kept);
            start = 0;
        }
    }
    std::size_t filled = kept;
    while (filled < count) {
        const auto got = source_->read(std::span(buffer_).subspan(start + filled));
        if (!got) {
            error_ = got.error();
            break;
        }
        if (*got == 0) {
            break;
        }
        filled += *got;
    }
    rest_ = std::span<const std::byte>(buffer_).subspan(start, filled);
}

}  // namespace tcpdx::capture
