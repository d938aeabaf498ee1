#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

#include "base/i18n.h"
#include "base/owned.h"
#include "sources/capture/byte_source.h"

namespace tcpdx::capture {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10U;

// What a decompressor reads from: the bytes that told its format, then the rest.
class Upstream {
public:
    Upstream(std::span<const std::byte> head, std::unique_ptr<ByteSource> source)
        : chunk_(std::max(kChunk, head.size())), source_(std::move(source)), end_(head.size()) {
        std::copy(head.begin(), head.end(), chunk_.begin());
    }

    // Not empty until the end.
    [[nodiscard]] Result<std::span<std::byte>> rest() {
        if (begin_ == end_) {
            begin_ = 0;
            end_ = TRY(source_->read(chunk_));
        }
        return std::span(chunk_).subspan(begin_, end_ - begin_);
    }
    void consume(std::size_t count) { begin_ += count; }

private:
    std::vector<std::byte> chunk_;
    std::unique_ptr<ByteSource> source_;
    std::size_t begin_ = 0;
    std::size_t end_;
};

class GzipSource final : public ByteSource {
public:
    GzipSource(std::span<const std::byte> head, std::unique_ptr<ByteSource> source)
        : upstream_(head, std::move(source)) {
        // 16: a gzip header, and none of zlib's own.
        ready_ = ::inflateInit2(&stream_, 15 + 16) == Z_OK;
    }
    GzipSource(const GzipSource&) = delete;
    GzipSource& operator=(const GzipSource&) = delete;
    GzipSource(GzipSource&&) = delete;
    GzipSource& operator=(GzipSource&&) = delete;
    ~GzipSource() override { ::inflateEnd(&stream_); }

    Result<std::size_t> read(std::span<std::byte> out) override {
        std::size_t made = 0;
        while (ready_ && made == 0) {
            const std::span<std::byte> in = TRY(upstream_.rest());
            if (in.empty()) {
                break;  // also a file that was cut: what came before the cut is good
            }
            // zlib counts in 32 bits, and both spans are far below that.
            stream_.next_in = reinterpret_cast<Bytef*>(in.data());
            stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(in.size(), kChunk));
            stream_.next_out = reinterpret_cast<Bytef*>(out.data());
            stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), 1U << 30U));
            const uInt room = stream_.avail_out;
            const uInt offered = stream_.avail_in;
            const int status = ::inflate(&stream_, Z_NO_FLUSH);
            upstream_.consume(offered - stream_.avail_in);
            made = room - stream_.avail_out;
            if (status == Z_STREAM_END) {
                // Files put one behind the other are one file (RFC 1952, 2.2).
                ::inflateReset(&stream_);
            } else if (status != Z_OK) {
                // Damaged from here on, or not gzip after its end (padding): no more of it.
                ready_ = false;
            }
        }
        return made;
    }

private:
    Upstream upstream_;
    z_stream stream_{};
    bool ready_ = false;
};

class ZstdSource final : public ByteSource {
public:
    ZstdSource(std::span<const std::byte> head, std::unique_ptr<ByteSource> source)
        : upstream_(head, std::move(source)), context_(::ZSTD_createDCtx()) {}

    Result<std::size_t> read(std::span<std::byte> out) override {
        ZSTD_outBuffer to{out.data(), out.size(), 0};
        while (context_ && to.pos == 0) {
            const std::span<std::byte> in = TRY(upstream_.rest());
            ZSTD_inBuffer from{in.data(), in.size(), 0};
            const std::size_t status = ::ZSTD_decompressStream(context_.get(), &to, &from);
            upstream_.consume(from.pos);
            if (::ZSTD_isError(status) != 0U || (in.empty() && to.pos == 0)) {
                break;
            }
        }
        return to.pos;
    }

private:
    Upstream upstream_;
    Owned<ZSTD_DCtx, ::ZSTD_freeDCtx> context_;
};

}  // namespace

std::unique_ptr<ByteSource> gzip_source(std::span<const std::byte> head,
                                        std::unique_ptr<ByteSource> source) {
    return std::make_unique<GzipSource>(head, std::move(source));
}

std::unique_ptr<ByteSource> zstd_source(std::span<const std::byte> head,
                                        std::unique_ptr<ByteSource> source) {
    return std::make_unique<ZstdSource>(head, std::move(source));
}

}  // namespace tcpdx::capture
