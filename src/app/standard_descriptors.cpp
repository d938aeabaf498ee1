#include "app/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

namespace tcpdx::app {

void keep_standard_descriptors() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) == -1 && errno == EBADF) {
            // The lowest free number is this one. Opened the wrong way round, so that reading from
            // stdin and writing to the others give EBADF.
            const int placeholder = ::open(
                "/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // NOLINT: no CLOEXEC
            static_cast<void>(placeholder);
        }
    }
}

}  // namespace tcpdx::app
