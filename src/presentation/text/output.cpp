#include "presentation/text/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/i18n.h"

namespace tcpdx {

Screen look_at_screen() {
    Screen screen;
    screen.terminal = ::isatty(STDOUT_FILENO) == 1;
    if (!screen.terminal) {
        return screen;
    }
    const char* no_colour = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe)
    const char* term = std::getenv("TERM");           // NOLINT(concurrency-mt-unsafe)
    screen.colour = (no_colour == nullptr || *no_colour == '\0') && term != nullptr &&
                    std::string_view(term) != "dumb";
    winsize size{};
    // A terminal that does not know its size says 0 columns (serial consoles, some containers).
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        screen.width = size.ws_col;
    }
    return screen;
}

Result<> write_output(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            if (errno == EPIPE) {
                return failure(ErrorCode::ReaderGone, "writing to a closed pipe");
            }
            return os_failure(N_("writing the output"));
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

std::string inked(const Screen& screen, Ink ink, std::string_view text) {
    if (!screen.colour || ink == Ink::Plain) {
        return std::string(text);
    }
    const char* start = "";
    switch (ink) {
        case Ink::Plain:
            break;
        case Ink::Bold:
            start = "\033[1m";
            break;
        case Ink::Dim:
            start = "\033[2m";
            break;
        case Ink::Red:
            start = "\033[1;31m";
            break;
        case Ink::Yellow:
            start = "\033[1;33m";
            break;
        case Ink::Green:
            start = "\033[1;32m";
            break;
    }
    return std::string(start) + std::string(text) + "\033[0m";
}

}  // namespace tcpdx
