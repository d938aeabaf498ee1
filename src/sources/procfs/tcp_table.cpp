#include "sources/procfs/tcp_table.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/i18n.h"
#include "base/unique_fd.h"
#include "base/words.h"
#include "model/proc_tcp_row.h"
#include "sources/procfs/proc_file.h"

namespace tcpdx::procfs {
namespace {

constexpr std::size_t kBufferBytes = 256UL * 1024;

class TableReader {
public:
    TableReader(IpFamily family, const RowHandler& on_connection, TableOutcome& outcome)
        : family_(family), on_connection_(on_connection), outcome_(outcome) {}

    Result<> read(int directory, const char* name) {
        const UniqueFd file(::openat(directory, name, O_RDONLY | O_CLOEXEC));
        if (!file) {
            return os_failure(N_("opening a file"), std::string("/proc/net/") + name);
        }
        std::string buffer(kBufferBytes, '\0');
        std::size_t used = 0;
        bool heading = true;
        while (true) {
            const ssize_t got = ::read(file.get(), buffer.data() + used, buffer.size() - used);
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got < 0) {
                return os_failure(N_("reading a file"), std::string("/proc/net/") + name);
            }
            if (got == 0) {
                return {};
            }
            used += static_cast<std::size_t>(got);
            std::string_view text(buffer.data(), used);
            while (text.find('\n') != std::string_view::npos) {
                const std::string_view line = *take_line(text);
                if (!std::exchange(heading, false)) {
                    take_row(line);
                }
            }
            if (text.size() == buffer.size()) {
                return failure(ErrorCode::Malformed, N_("reading a row of /proc/net/tcp"));
            }
            std::memmove(buffer.data(), text.data(), text.size());
            used = text.size();
        }
    }

private:
    void take_row(std::string_view line) {
        if (auto connection = parse_tcp_row(line, family_)) {
            ++outcome_.sockets;
            on_connection_(*connection);
        } else {
            ++outcome_.unreadable;
        }
    }

    IpFamily family_;
    const RowHandler& on_connection_;
    TableOutcome& outcome_;
};

}  // namespace

Result<TableOutcome> read_tcp_table(const RowHandler& on_connection, const char* net_directory) {
    const UniqueFd directory = TRY(open_directory(AT_FDCWD, net_directory));
    TableOutcome outcome;
    TRY(TableReader(IpFamily::V4, on_connection, outcome).read(directory.get(), "tcp"));
    const auto v6 = TableReader(IpFamily::V6, on_connection, outcome).read(directory.get(), "tcp6");
    // A kernel without IPv6 has no such file.
    if (!v6 && v6.error().os_error != ENOENT) {
        return unexpected(v6.error());
    }
    return outcome;
}

}  // namespace tcpdx::procfs
