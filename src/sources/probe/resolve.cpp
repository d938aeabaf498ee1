#include "sources/probe/resolve.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/owned.h"

namespace tcpdx::probe {
namespace {

ResolveFailure failure_of(int code) {
    switch (code) {
        case EAI_NONAME:
            return ResolveFailure::UnknownHost;
        case EAI_NODATA:
        case EAI_ADDRFAMILY:
            return ResolveFailure::NoAddressOfFamily;
        case EAI_AGAIN:
            return ResolveFailure::NoAnswer;
        default:
            return ResolveFailure::Other;
    }
}

}  // namespace

Result<std::vector<Target>, ResolveFailure> resolve(const std::string& host, std::uint16_t port,
                                                    std::optional<IpFamily> family) {
    addrinfo hints{};
    hints.ai_family = family ? kernel_family(*family) : AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (code != 0) {
        if (code != EAI_NONAME || !family) {
            return unexpected(failure_of(code));
        }
        // It says the same of a host that has only addresses of the other family.
        const auto any = resolve(host, port, std::nullopt);
        return unexpected(any ? ResolveFailure::NoAddressOfFamily : any.error());
    }
    const Owned<addrinfo, ::freeaddrinfo> owned(found);
    std::vector<Target> targets;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        sockaddr_storage storage{};
        std::memcpy(&storage, each->ai_addr,
                    std::min<std::size_t>(each->ai_addrlen, sizeof storage));
        const auto address = from_kernel(storage);
        if (!address) {
            continue;
        }
        Target target{*address};
        if (storage.ss_family == AF_INET6) {
            sockaddr_in6 v6{};
            std::memcpy(&v6, &storage, sizeof v6);
            target.interface = v6.sin6_scope_id;
        }
        const bool known = std::any_of(targets.begin(), targets.end(), [&](const Target& other) {
            return other.address == target.address && other.interface == target.interface;
        });
        if (!known) {
            targets.push_back(target);
        }
    }
    if (targets.empty()) {
        return unexpected(ResolveFailure::NoAddressOfFamily);
    }
    return targets;
}

}  // namespace tcpdx::probe
