#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tcpdx::procfs {

// Every path here is relative to a directory that is already open, which saves the kernel the walk
// from the root for each of thousands of files. `directory` may be AT_FDCWD for an absolute path.

[[nodiscard]] Result<UniqueFd> open_directory(int directory, const char* path);

// The whole file, or its first `most_bytes`.
[[nodiscard]] Result<std::string> read_file(int directory, const char* path,
                                            std::size_t most_bytes = 16UL << 20U);

// The name of each entry but "." and "..", valid only during the call. `directory` is read from
// where it stands, so give a freshly opened one.
[[nodiscard]] Result<> for_each_entry(int directory,
                                      const std::function<void(const char*)>& on_name);

}  // namespace tcpdx::procfs
