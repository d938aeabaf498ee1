#include "sources/capture/input_window.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "sources/capture/packets_for_tests.h"

namespace tcpdx::capture {
namespace {

using namespace testing;

// Gives its bytes a few at a time, as a slow pipe does.
class Drops final : public ByteSource {
public:
    explicit Drops(Bytes content) : content_(std::move(content)) {}
    Result<std::size_t> read(std::span<std::byte> out) override {
        const std::size_t count = std::min({content_.size() - at_, out.size(), std::size_t{3}});
        std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
        at_ += count;
        return count;
    }

private:
    Bytes content_;
    std::size_t at_ = 0;
};

Bytes everything(InputWindow& window) {
    Bytes all;
    while (true) {
        const auto here = window.at_least(1);
        if (here.empty()) {
            return all;
        }
        all.insert(all.end(), here.begin(), here.end());
        window.consume(here.size());
    }
}

Bytes pattern() {
    Bytes content;
    for (int i = 0; i < 5000; ++i) {
        content.push_back(static_cast<std::byte>(i * 7));
    }
    return content;
}

Bytes gzipped(const Bytes& content) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    Bytes out(content.size() + 100);
    Bytes in = content;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

Bytes from(Bytes content) {
    auto window = InputWindow::of(std::make_unique<Drops>(std::move(content)));
    EXPECT_TRUE(window);
    return everything(*window);
}

TEST(InputWindow, CollectsAsMuchAsIsAskedForFromAPipe) {
    auto window = InputWindow::of(std::make_unique<Drops>(pattern()));
    EXPECT_GE(window->at_least(1000).size(), 1000U);
    window->consume(999);
    EXPECT_EQ(window->at_least(2)[0], pattern()[999]);
    EXPECT_EQ(window->position(), 999U);
    EXPECT_EQ(window->at_least(100'000).size(), 5000U - 999U);
}

TEST(InputWindow, ReadsGzipAlsoInSeveralMembers) {
    EXPECT_EQ(from(gzipped(pattern())), pattern());
    EXPECT_EQ(from(gzipped(pattern()) + gzipped(bytes({1, 2}))), pattern() + bytes({1, 2}));
}

TEST(InputWindow, ReadsZstd) {
    Bytes out(ZSTD_compressBound(5000));
    const Bytes content = pattern();
    out.resize(ZSTD_compress(out.data(), out.size(), content.data(), content.size(), 3));
    EXPECT_EQ(from(out), content);
}

TEST(InputWindow, GivesWhatComesBeforeTheCutOfACompressedFile) {
    Bytes cut = gzipped(pattern());
    cut.resize(cut.size() - 20);
    const Bytes got = from(cut);
    EXPECT_LE(got.size(), 5000U);
    EXPECT_TRUE(std::equal(got.begin(), got.end(), pattern().begin()));
}

TEST(InputWindow, SaysThatAFileIsNotThere) {
    EXPECT_EQ(InputWindow::open("/nonexistent/file").error().os_error, ENOENT);
    EXPECT_EQ(InputWindow::open("/").error().os_error, EISDIR);
}

}  // namespace
}  // namespace tcpdx::capture
