#include "app/unseen.h"

#include "base/i18n.h"
#include "presentation/i18n.h"

namespace tcpdx::app {

Unseen what_netlink_would_tell(const Error& refused) {
    return {{N_("accept queue limits, drops, round-trip times, most ages and who opened: netlink "
                "sock_diag was refused ({0})."),
             {std::string(_(refused.doing.c_str()))}},
            {N_("The kernel module inet_diag, or the right to use netlink, is missing.")}};
}

Unseen unreadable_sockets(std::size_t count) {
    return {{N_("{0} sockets that the kernel described in a way that is not understood."),
             {static_cast<std::int64_t>(count)}},
            {N_("Please report this with the output of: uname -r")}};
}

Unseen network_namespace_not_entered(const std::string& name) {
    return {{N_("network namespace {0}: it could not be entered."), {name}},
            {N_("Run as root, or with CAP_SYS_ADMIN.")}};
}

std::vector<Unseen> unseen_processes(const procfs::SocketHolders& holders) {
    std::vector<Unseen> unseen;
    if (holders.unseen_processes() > 0) {
        unseen.push_back({{N_("the sockets of other users' processes ({0} of them)."),
                           {static_cast<std::int64_t>(holders.unseen_processes())}},
                          {N_("Run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH.")}});
    }
    if (holders.processes_hidden()) {
        unseen.push_back(
            {{N_("processes that /proc does not show here (hidepid, or a container).")},
             {N_("Run it on the host, outside of containers, as root.")}});
    }
    return unseen;
}

}  // namespace tcpdx::app
