#include "app/memory_given_back.h"

#include <malloc.h>

namespace tcpdx::app {

void give_memory_back_at_once() {
    constexpr int kLarge = 128 * 1024;
    // glibc gives each thread a heap of its own, and raises what counts as large to 32 MB as soon
    // as something of that size was freed: each heap then stays as large as it ever was.
    ::mallopt(M_ARENA_MAX, 1);
    ::mallopt(M_MMAP_THRESHOLD, kLarge);
    ::mallopt(M_TRIM_THRESHOLD, kLarge);
}

void give_memory_back_in_between() {
    ::malloc_trim(0);
}

}  // namespace tcpdx::app
