#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/connection.h"

namespace tcpdx {

// Finds the listener that a connection came in through, in constant time. Several listeners can
// share a port on different addresses, or (SO_REUSEPORT) even on the same one.
class ListenerIndex {
public:
    // The listener must outlive the index and stay where it is.
    void add(const Connection& listener) { by_port_[listener.local.port].push_back(&listener); }

    // On the connection's local address, else on the wildcard address; null when there is none.
    [[nodiscard]] const Connection* find(const SocketAddress& local) const;
    [[nodiscard]] bool listens_on(std::uint16_t port) const { return by_port_.contains(port); }

private:
    std::unordered_map<std::uint16_t, std::vector<const Connection*>> by_port_;
};

// Fills in what a socket alone does not tell but its listener does: the opener where the counters
// gave none, and whose fault it is when a connection was never accepted. Also tells apart the two
// meanings of inode 0 (not accepted yet; no process any more). `owners_complete` says that every
// process's sockets were seen, so that a listener without a process is the kernel's own (nfsd).
void attribute(Connection& connection, const ListenerIndex& listeners, bool owners_complete);

}  // namespace tcpdx
