#include <cstdio>
#include <cstring>
#include <string>

#include "app/command.h"
#include "base/i18n.h"
#include "presentation/i18n.h"

namespace tcpdx::app {
namespace {

const char* next_step(ErrorCode code) {
    switch (code) {
        case ErrorCode::PermissionDenied:
            return N_("Run it as root, or give it the capability named in the manual.");
        case ErrorCode::Unsupported:
            return N_("This kernel does not have it.");
        case ErrorCode::TryAgain:
            return N_("Try again.");
        case ErrorCode::Truncated:
        case ErrorCode::Malformed:
        case ErrorCode::ReaderGone:
        case ErrorCode::Usage:
        case ErrorCode::System:
            break;
    }
    return "";
}

}  // namespace

void complain(std::string_view text) {
    std::fprintf(stderr, "tcpdx: %.*s\n", static_cast<int>(text.size()), text.data());
}

void complain(const Error& error) {
    std::string text = _(error.doing.c_str());
    if (!error.about.empty()) {
        text += ": " + error.about;
    }
    if (error.os_error != 0) {
        // strerror() goes by the language of the process, which may be another than that of the
        // thread.
        text += std::string(": ") +
                (language() == Language::English
                     ? ::strerrordesc_np(error.os_error)
                     : std::strerror(error.os_error));  // NOLINT(concurrency-mt-unsafe)
    }
    const char* step = next_step(error.code);
    if (*step != '\0') {
        text += std::string(". ") + _(step);
    }
    complain(text);
}

int finish(std::string_view output, int wanted) {
    const auto written = write_output(output);
    if (written) {
        return wanted;
    }
    if (written.error().code == ErrorCode::ReaderGone) {
        return kSuccess;
    }
    complain(written.error());
    return kFailure;
}

}  // namespace tcpdx::app
