#include "presentation/list/output_stream.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/i18n.h"

namespace tcpdx {

OutputStream::OutputStream(int fd)
    : fd_(fd), block_(std::make_unique<char[]>(kBlockBytes + kRowBytes)) {}

void OutputStream::write(std::string_view text) {
    while (!text.empty()) {
        char* out = row();
        const std::size_t part = std::min(text.size(), kRowBytes);
        std::memcpy(out, text.data(), part);
        commit(out + part);
        text.remove_prefix(part);
    }
}

void OutputStream::flush() {
    std::string_view rest(block_.get(), used_);
    used_ = 0;
    while (!rest.empty() && outcome_) {
        const ssize_t written = ::write(fd_, rest.data(), rest.size());
        if (written >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        if (errno == EINTR) {
            continue;
        }
        if (errno == EAGAIN) {
            // Somebody who shares this terminal or pipe made it non-blocking.
            pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
            ::poll(&ready, 1, -1);
            continue;
        }
        if (errno == EPIPE) {
            outcome_ = failure(ErrorCode::ReaderGone, "writing to a closed pipe");
        } else {
            outcome_ = os_failure(N_("writing the output"));
        }
    }
}

Result<> OutputStream::finish() {
    flush();
    return outcome_;
}

}  // namespace tcpdx
