#include "app/netstat_output.h"

#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "presentation/text/output.h"

namespace tcpdx::app {
namespace {

constexpr std::size_t kStdioBuffer = 4096;

}  // namespace

void NetstatOutput::write(std::size_t bytes) {
    if (bytes > 0 && outcome_) {
        outcome_ = write_output(lines_.text().substr(0, bytes));
    }
    written_ += bytes;
    lines_.remove_prefix(bytes);
}

void NetstatOutput::flush() {
    write(lines_.size());
}

void NetstatOutput::complain(std::string_view text) {
    const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    write(terminal ? lines_.size() : lines_.size() / kStdioBuffer * kStdioBuffer);
    std::fprintf(stderr, "%.*s", static_cast<int>(text.size()), text.data());
}

void NetstatOutput::complain(std::string_view what, int os_error) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    complain(std::string(what) + ": " + std::strerror(os_error) + "\n");
}

}  // namespace tcpdx::app
