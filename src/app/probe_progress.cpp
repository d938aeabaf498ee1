#include "app/probe_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {

ProbeProgress::ProbeProgress() : wanted_(::isatty(STDERR_FILENO) == 1) {}

void ProbeProgress::show(const Message& step, std::chrono::milliseconds at_most) {
    if (!wanted_) {
        return;
    }
    const auto so_far = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - started_);
    fmt::print(
        stderr, "\r{}\033[K",
        render(Message{N_("{0} so far; {1} ({2} at most)"), {so_far, render(step), at_most}}));
    std::fflush(stderr);
    shown_ = true;
}

void ProbeProgress::clear() {
    if (shown_) {
        fmt::print(stderr, "\r\033[K");
        std::fflush(stderr);
        shown_ = false;
    }
}

}  // namespace tcpdx::app
