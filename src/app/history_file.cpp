#include "app/history_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/i18n.h"

namespace tcpdx::app {

std::string default_history_path() {
    // NOLINTBEGIN(concurrency-mt-unsafe): before any thread
    // What systemd gives a service with StateDirectory=.
    if (const char* state = std::getenv("STATE_DIRECTORY"); state != nullptr && *state != '\0') {
        return std::string(state) + "/history.db";
    }
    if (::geteuid() == 0) {
        return "/var/lib/tcpdx/history.db";
    }
    if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != '\0') {
        return std::string(state) + "/tcpdx/history.db";
    }
    const char* home = std::getenv("HOME");
    // NOLINTEND(concurrency-mt-unsafe)
    return std::string(home == nullptr ? "." : home) + "/.local/state/tcpdx/history.db";
}

Result<> make_folder_for(const std::string& path) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    if (folder.empty() || std::filesystem::exists(folder)) {
        return {};
    }
    std::error_code error;
    std::filesystem::create_directories(folder.parent_path(), error);
    if (error || ::mkdir(folder.c_str(), 0700) != 0) {
        if (error) {
            errno = error.value();
        }
        return os_failure(N_("making a folder for the history"), folder.string());
    }
    return {};
}

}  // namespace tcpdx::app
