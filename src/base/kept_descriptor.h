#pragma once

#include <mutex>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tcpdx {

// A descriptor that the first who asks for it opens, and that then stays open. A failure is not
// kept: the next one tries again. For any thread.
class KeptDescriptor {
public:
    // `open` returns Result<UniqueFd>.
    template <typename Open>
    [[nodiscard]] Result<int> get(Open&& open) {
        const std::lock_guard lock(mutex_);
        if (!descriptor_) {
            descriptor_ = TRY(std::forward<Open>(open)());
        }
        return descriptor_.get();
    }

private:
    std::mutex mutex_;
    UniqueFd descriptor_;
};

}  // namespace tcpdx
