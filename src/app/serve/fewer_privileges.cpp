#include "app/serve/fewer_privileges.h"

#include <cap-ng.h>
#include <sys/prctl.h>

#include "base/i18n.h"

namespace tcpdx::app {

Result<> keep_only_what_watching_needs(bool all_namespaces) {
    // Whose sockets they are (both are needed to read another user's /proc/PID/fd), events and
    // exact ages, and marks of sockets.
    capng_clear(CAPNG_SELECT_BOTH);
    const auto keep = [](unsigned capability) {
        return capng_have_capability(CAPNG_PERMITTED, capability) == 1;
    };
    capng_get_caps_process();
    const unsigned wanted[] = {CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_BPF, CAP_PERFMON,
                               CAP_NET_ADMIN};
    bool had[std::size(wanted)] = {};
    for (std::size_t i = 0; i < std::size(wanted); ++i) {
        had[i] = keep(wanted[i]);
    }
    // Into the network namespaces of containers.
    const bool admin = all_namespaces && keep(CAP_SYS_ADMIN);
    const bool may_limit = keep(CAP_SETPCAP);
    capng_clear(CAPNG_SELECT_BOTH);
    const auto type = static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED |
                                                (may_limit ? CAPNG_BOUNDING_SET : 0));
    for (std::size_t i = 0; i < std::size(wanted); ++i) {
        if (had[i]) {
            capng_update(CAPNG_ADD, type, wanted[i]);
        }
    }
    if (admin) {
        capng_update(CAPNG_ADD, type, CAP_SYS_ADMIN);
    }
    if (may_limit && capng_apply(CAPNG_SELECT_BOUNDS) != 0) {
        return os_failure(N_("giving up capabilities"));
    }
    if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
        return os_failure(N_("giving up capabilities"));
    }
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return os_failure(N_("giving up the way to new privileges"));
    }
    return {};
}

}  // namespace tcpdx::app
