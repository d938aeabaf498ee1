#include "diagnosis/reach/icmp_says.h"

namespace tcpdx::diagnosis::reach {

IcmpSays icmp_says(IcmpMeaning meaning) {
    switch (meaning) {
        case IcmpMeaning::NetUnreachable:
            return IcmpSays::NetUnreachable;
        case IcmpMeaning::HostUnreachable:
            return IcmpSays::HostUnreachable;
        case IcmpMeaning::ProtocolUnreachable:
            return IcmpSays::ProtocolUnreachable;
        case IcmpMeaning::PortUnreachable:
            return IcmpSays::PortUnreachable;
        case IcmpMeaning::Prohibited:
            return IcmpSays::Prohibited;
        case IcmpMeaning::TimeExceeded:
            return IcmpSays::TimeExceeded;
        case IcmpMeaning::TooBig:
        case IcmpMeaning::Other:
            break;
    }
    return IcmpSays::Other;
}

}  // namespace tcpdx::diagnosis::reach
