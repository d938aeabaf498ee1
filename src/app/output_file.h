#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tcpdx::app {

// A file that is complete or not there: written under another name beside it, and renamed once
// everything is on the disk. Devices and pipes are written to directly.
class OutputFile {
public:
    [[nodiscard]] static Result<OutputFile> create(const std::string& path);
    OutputFile(OutputFile&&) noexcept = default;
    OutputFile& operator=(OutputFile&&) = delete;
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    ~OutputFile();

    [[nodiscard]] int fd() const { return fd_.get(); }
    // Without it the file that was there before stays as it was.
    [[nodiscard]] Result<> keep();

private:
    OutputFile() = default;

    UniqueFd fd_;
    std::string path_;
    std::string temporary_path_;  // empty when written directly, or done
};

}  // namespace tcpdx::app
