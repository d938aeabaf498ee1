#include "diagnosis/owner_key.h"

#include <algorithm>

namespace tcpdx::diagnosis {
namespace {

// Linux and Solaris take source ports from 32768 up, the others from 49152.
constexpr std::uint16_t kLowestDynamicPort = 32768;

}  // namespace

Opener probable_opener(const Connection& connection) {
    const std::uint16_t local = connection.local.port;
    const std::uint16_t remote = connection.remote.port;
    if (connection.opener != Opener::Unknown || local == 0 || remote == 0 || local == remote) {
        return connection.opener;
    }
    if (std::min(local, remote) >= kLowestDynamicPort) {
        return Opener::Unknown;
    }
    return remote < local ? Opener::Active : Opener::Passive;
}

OwnerKey owner_key(const Observations& seen, const Connection& connection) {
    if (connection.owner.process != kNoProcess) {
        return {.process = connection.owner.process, .local_port = 0};
    }
    const bool shared = seen.paste && probable_opener(connection) == Opener::Active;
    return {.process = kNoProcess, .local_port = shared ? std::uint16_t{0} : connection.local.port};
}

}  // namespace tcpdx::diagnosis
