#include "sources/procfs/process_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <string>

#include "sources/procfs/cgroup_unit.h"
#include "sources/procfs/proc_file.h"
#include "sources/procfs/process_files.h"

namespace tcpdx::procfs {
namespace {

constexpr std::size_t kMostCommandLineBytes = 4096;

}  // namespace

Result<ProcessReader> ProcessReader::open(const char* proc) {
    return ProcessReader(TRY(open_directory(AT_FDCWD, proc)));
}

void ProcessReader::fill(Process& process) const {
    const auto directory = open_directory(proc_.get(), std::to_string(process.pid).c_str());
    if (!directory) {
        return;
    }
    const int at = directory->get();
    if (const auto text = read_file(at, "status")) {
        ProcessStatus status = parse_process_status(*text);
        process.uid = status.uid;
        if (process.name.empty()) {
            process.name = std::move(status.name);
        }
    }
    if (const auto text = read_file(at, "cmdline", kMostCommandLineBytes)) {
        process.command_line = parse_command_line(*text);
    }
    if (const auto text = read_file(at, "cgroup")) {
        process.unit = unit_of_cgroup(*text);
    }
    if (const auto text = read_file(at, "limits")) {
        process.descriptor_limit = parse_descriptor_limit(*text);
    }
}

void ProcessReader::count_descriptors(Process& process) const {
    const auto directory =
        open_directory(proc_.get(), (std::to_string(process.pid) + "/fd").c_str());
    if (!directory) {
        return;
    }
    // Since Linux 6.2 the directory's size is the number of its entries; before, it was 0.
    struct stat status {};
    if (::fstat(directory->get(), &status) == 0 && status.st_size > 0) {
        process.open_descriptors = static_cast<std::uint64_t>(status.st_size);
        return;
    }
    std::uint64_t count = 0;
    if (for_each_entry(directory->get(), [&](const char*) { ++count; })) {
        process.open_descriptors = count;
    }
}

bool can_hold_sockets(int proc, int pid) {
    const auto text = read_file(proc, (std::to_string(pid) + "/stat").c_str());
    if (!text) {
        return false;  // it has ended meanwhile
    }
    const auto stat = parse_process_stat(*text);
    return !stat || (!stat->kernel_thread && !stat->zombie);
}

}  // namespace tcpdx::procfs
