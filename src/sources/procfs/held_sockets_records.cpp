#include <cerrno>
#include <cstring>
#include <string_view>

#include "sources/procfs/bpf/held_socket_event.h"
#include "sources/procfs/held_sockets.h"

namespace tcpdx::procfs {
namespace {

constexpr std::uint8_t kKernelClose = 7;  // TCP_CLOSE of net/tcp_states.h

std::string_view name_in(const held_socket_event& event) {
    return {event.process_name, ::strnlen(event.process_name, sizeof(event.process_name))};
}

// A socket that was never connected is in CLOSE too, and there is nothing wrong with it. The remote
// port stays after a reset, a timeout or a non-blocking connect that was refused;
// connect(AF_UNSPEC) and a blocking connect that fails clear it (tcp_disconnect). It also stays
// when both ends have closed in order and the program just holds the descriptor for a moment
// longer. An MPTCP socket goes by other rules.
bool is_dead(const held_socket_event& event) {
    const bool in_order = event.finished != 0 && event.error == 0;
    return event.state == kKernelClose && event.remote_port != 0 && event.multipath == 0 &&
           !in_order;
}

DeadSocketCause cause_of(std::uint8_t error) {
    switch (error) {
        case ECONNRESET:
        case EPIPE:  // a reset in CLOSE_WAIT (tcp_reset)
            return DeadSocketCause::Reset;
        case ETIMEDOUT:
            return DeadSocketCause::TimedOut;
        case ECONNREFUSED:
            return DeadSocketCause::Refused;
        default:
            return DeadSocketCause::Unknown;
    }
}

}  // namespace

std::size_t add_held_sockets(SocketHolders& holders, std::span<const std::byte> bytes) {
    std::size_t used = 0;
    while (bytes.size() - used >= sizeof(held_socket_event)) {
        held_socket_event event{};
        std::memcpy(&event, bytes.data() + used, sizeof(event));
        used += sizeof(event);
        if (event.inode == 0) {
            holders.set_processes_hidden(false);
            continue;
        }

        // The kernel goes process by process, so a process's records are all in a row.
        const auto pid = static_cast<int>(event.process);
        if (holders.processes().empty() || holders.processes().back().pid != pid) {
            holders.add_process(pid, name_in(event));
        }
        const auto process = static_cast<std::uint32_t>(holders.processes().size() - 1);
        // A forked worker's copy of a dead socket is not another dead socket.
        if (holders.add_holder(event.inode, process, event.descriptor) && is_dead(event)) {
            holders.add_dead_socket({.socket = {.process = process,
                                                .descriptor = event.descriptor,
                                                .local_port = event.local_port,
                                                .remote_port = event.remote_port,
                                                .cause = cause_of(event.error)},
                                     .network_namespace = event.network_namespace});
        }
    }
    return used;
}

}  // namespace tcpdx::procfs
