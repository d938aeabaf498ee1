#include "model/probe_report.h"

namespace tcpdx {
namespace {

// RFC 792, RFC 1122 (3.2.2.1) and RFC 1812 (5.2.7.1).
IcmpMeaning meaning_v4(std::uint8_t type, std::uint8_t code) {
    constexpr std::uint8_t kUnreachable = 3;
    constexpr std::uint8_t kTimeExceeded = 11;
    if (type == kTimeExceeded && code == 0) {
        return IcmpMeaning::TimeExceeded;
    }
    if (type != kUnreachable) {
        return IcmpMeaning::Other;
    }
    switch (code) {
        case 0:   // net
        case 6:   // net unknown
        case 11:  // net, for this type of service
            return IcmpMeaning::NetUnreachable;
        case 1:   // host
        case 7:   // host unknown
        case 12:  // host, for this type of service
            return IcmpMeaning::HostUnreachable;
        case 2:
            return IcmpMeaning::ProtocolUnreachable;
        case 3:
            return IcmpMeaning::PortUnreachable;
        case 4:
            return IcmpMeaning::TooBig;
        case 9:   // net prohibited
        case 10:  // host prohibited
        case 13:  // communication prohibited
            return IcmpMeaning::Prohibited;
        default:
            return IcmpMeaning::Other;
    }
}

// RFC 4443, 3.
IcmpMeaning meaning_v6(std::uint8_t type, std::uint8_t code) {
    constexpr std::uint8_t kUnreachable = 1;
    constexpr std::uint8_t kTooBig = 2;
    constexpr std::uint8_t kTimeExceeded = 3;
    constexpr std::uint8_t kParameterProblem = 4;
    if (type == kTooBig) {
        return IcmpMeaning::TooBig;
    }
    if (type == kTimeExceeded && code == 0) {
        return IcmpMeaning::TimeExceeded;
    }
    if (type == kParameterProblem && code == 1) {
        return IcmpMeaning::ProtocolUnreachable;  // unrecognised next header
    }
    if (type != kUnreachable) {
        return IcmpMeaning::Other;
    }
    switch (code) {
        case 0:  // no route
            return IcmpMeaning::NetUnreachable;
        case 1:  // prohibited
        case 5:  // source address failed a policy
        case 6:  // reject route
            return IcmpMeaning::Prohibited;
        case 3:
            return IcmpMeaning::HostUnreachable;
        case 4:
            return IcmpMeaning::PortUnreachable;
        default:
            return IcmpMeaning::Other;
    }
}

}  // namespace

IcmpMeaning meaning_of_icmp(IpFamily family, std::uint8_t type, std::uint8_t code) {
    return family == IpFamily::V4 ? meaning_v4(type, code) : meaning_v6(type, code);
}

}  // namespace tcpdx
