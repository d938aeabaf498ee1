#include "lab/prompt_thread.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

namespace tcpdx::lab {

void run_as_another_host() {
    // Without CAP_SYS_NICE both are refused, and all is well as long as the machine is not busy.
    const sched_param lowest{.sched_priority = 1};
    if (::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) != 0) {
        constexpr int kMostEager = -20;
        (void)!::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kMostEager);
    }
}

}  // namespace tcpdx::lab
