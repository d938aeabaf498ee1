#include "sources/capture/byte_source.h"

#include <unistd.h>

#include "base/i18n.h"

namespace tcpdx::capture {
namespace {

class FileSource final : public ByteSource {
public:
    explicit FileSource(int fd) : fd_(fd) {}

    Result<std::size_t> read(std::span<std::byte> out) override {
        for (;;) {
            const ssize_t got = ::read(fd_, out.data(), out.size());
            if (got >= 0) {
                return static_cast<std::size_t>(got);
            }
            if (errno != EINTR) {
                return os_failure(N_("reading the capture"));
            }
        }
    }

private:
    int fd_;
};

}  // namespace

std::unique_ptr<ByteSource> file_source(int fd) {
    return std::make_unique<FileSource>(fd);
}

}  // namespace tcpdx::capture
