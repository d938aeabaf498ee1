#include "app/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/i18n.h"

namespace tcpdx::app {

Result<OutputFile> OutputFile::create(const std::string& path) {
    OutputFile file;
    file.path_ = path;
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
        file.fd_ = UniqueFd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
        if (!file.fd_) {
            return os_failure(N_("opening a file"), path);
        }
        return file;
    }
    std::string temporary = path + ".XXXXXX";
    file.fd_ = UniqueFd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!file.fd_) {
        return os_failure(N_("creating a file"), path);
    }
    file.temporary_path_ = temporary;
    // mkostemp() makes it private; give it what a new file would have had, or the old one has.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    const mode_t mode = status.st_mode != 0 ? status.st_mode & 07777U : 0666U & ~mask;
    if (::fchmod(file.fd_.get(), mode) != 0) {
        return os_failure(N_("creating a file"), path);
    }
    return file;
}

OutputFile::~OutputFile() {
    if (!temporary_path_.empty()) {
        ::unlink(temporary_path_.c_str());
    }
}

Result<> OutputFile::keep() {
    if (temporary_path_.empty()) {
        return {};
    }
    // Some file systems only find out here that the disk is full.
    if (::fsync(fd_.get()) != 0) {
        return os_failure(N_("writing a file"), path_);
    }
    if (::rename(temporary_path_.c_str(), path_.c_str()) != 0) {
        return os_failure(N_("writing a file"), path_);
    }
    temporary_path_.clear();
    return {};
}

}  // namespace tcpdx::app
