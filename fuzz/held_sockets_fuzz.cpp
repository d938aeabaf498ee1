#include <cstdint>
#include <cstdlib>
#include <span>

#include "sources/procfs/bpf/held_socket_event.h"
#include "sources/procfs/held_sockets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tcpdx::procfs;
    SocketHolders holders(HolderMethod::BpfIterator);
    const std::size_t used = add_held_sockets(holders, std::as_bytes(std::span(data, size)));
    if (used != size - size % sizeof(held_socket_event) ||
        holders.size() > size / sizeof(held_socket_event)) {
        std::abort();
    }
    // Every process that a record names must be in the list.
    for (const HeldDeadSocket& dead : holders.dead_sockets()) {
        if (dead.socket.process >= holders.processes().size()) {
            std::abort();
        }
    }
    return 0;
}
