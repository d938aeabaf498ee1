#include "sources/procfs/capabilities.h"

#include <cap-ng.h>

namespace tcpdx::procfs {
namespace {

unsigned number_of(Capability capability) {
    switch (capability) {
        case Capability::NetAdmin:
            return CAP_NET_ADMIN;
        case Capability::SysPtrace:
            return CAP_SYS_PTRACE;
        case Capability::DacReadSearch:
            return CAP_DAC_READ_SEARCH;
        case Capability::Bpf:
            return CAP_BPF;
        case Capability::PerfMon:
            return CAP_PERFMON;
        case Capability::SysAdmin:
            return CAP_SYS_ADMIN;
    }
    return CAP_LAST_CAP;
}

}  // namespace

std::string_view name_of(Capability capability) {
    switch (capability) {
        case Capability::NetAdmin:
            return "CAP_NET_ADMIN";
        case Capability::SysPtrace:
            return "CAP_SYS_PTRACE";
        case Capability::DacReadSearch:
            return "CAP_DAC_READ_SEARCH";
        case Capability::Bpf:
            return "CAP_BPF";
        case Capability::PerfMon:
            return "CAP_PERFMON";
        case Capability::SysAdmin:
            return "CAP_SYS_ADMIN";
    }
    return "";
}

std::vector<Capability> Capabilities::missing() const {
    std::vector<Capability> missing;
    for (const Capability capability : kAllCapabilities) {
        if (!has(capability)) {
            missing.push_back(capability);
        }
    }
    return missing;
}

Capabilities effective_capabilities() {
    Capabilities capabilities;
    if (::capng_get_caps_process() != 0) {
        return capabilities;
    }
    for (const Capability capability : kAllCapabilities) {
        if (::capng_have_capability(CAPNG_EFFECTIVE, number_of(capability)) != 0) {
            capabilities.add(capability);
        }
    }
    return capabilities;
}

}  // namespace tcpdx::procfs
