// The text goes to every reader of a file in /proc/PID.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sources/procfs/cgroup_unit.h"
#include "sources/procfs/descriptor_walk.h"
#include "sources/procfs/process_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tcpdx;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)procfs::parse_process_stat(text);
    (void)procfs::parse_descriptor_limit(text);
    (void)procfs::socket_inode(text);
    if (procfs::parse_process_status(text).name.size() > size) {
        std::abort();
    }
    if (procfs::parse_command_line(text).find('\0') != std::string::npos) {
        std::abort();
    }
    if (procfs::unit_of_cgroup(text).find('\n') != std::string::npos) {
        std::abort();
    }
    return 0;
}
