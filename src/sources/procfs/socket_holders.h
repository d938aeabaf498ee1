#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/connection.h"
#include "model/observations.h"

namespace tcpdx::procfs {

enum class HolderMethod : std::uint8_t {
    BpfIterator,     // iter/task_file: complete, all network namespaces, knows dead sockets
    DescriptorWalk,  // readlink on /proc/PID/fd/*
};

// A dead socket and where it lives: an iterator sees those of all network namespaces at once.
struct HeldDeadSocket {
    DeadSocket socket;
    std::uint64_t network_namespace = 0;
};

// Which process holds which socket, by the socket's inode (idiag_inode, and the number in
// "socket:[N]"). An open-addressing table: 150,000 sockets are filled in and looked up in a few
// milliseconds.
class SocketHolders {
public:
    // Null when no process that could be seen holds it. `process` is an index into processes().
    [[nodiscard]] const Owner* find(std::uint32_t inode) const;

    // Holders of sockets, in ascending order of pid; only pid and name are filled in. A walk lists
    // the holders of any socket, an iterator those of TCP sockets.
    [[nodiscard]] const std::vector<Process>& processes() const { return processes_; }
    [[nodiscard]] const std::vector<HeldDeadSocket>& dead_sockets() const { return dead_sockets_; }

    // Only an iterator can see dead sockets. Without one, an empty list means nothing.
    [[nodiscard]] bool dead_sockets_known() const { return method_ == HolderMethod::BpfIterator; }

    // Every process could be looked into, so a socket without a holder has none.
    [[nodiscard]] bool complete() const { return unseen_processes_ == 0 && !processes_hidden_; }
    [[nodiscard]] std::size_t unseen_processes() const { return unseen_processes_; }
    // Not even pid 1 is shown to us, so there are others that we know nothing of: /proc is mounted
    // with hidepid, or the kernel hides them in its own way.
    [[nodiscard]] bool processes_hidden() const { return processes_hidden_; }
    [[nodiscard]] HolderMethod method() const { return method_; }

    // How many different sockets are in the table.
    [[nodiscard]] std::size_t size() const { return used_; }

    // For those who fill it. Add a process before its sockets; the first holder of a socket is the
    // one that find() names, later ones are counted. add_holder() is true for a socket's first.
    explicit SocketHolders(HolderMethod method) : method_(method) {}
    std::uint32_t add_process(int pid, std::string_view name);
    bool add_holder(std::uint32_t inode, std::uint32_t process, std::int32_t descriptor);
    void add_dead_socket(const HeldDeadSocket& dead) { dead_sockets_.push_back(dead); }
    void add_unseen_process() { ++unseen_processes_; }
    void set_processes_hidden(bool hidden) { processes_hidden_ = hidden; }

private:
    struct Slot {
        std::uint32_t inode = 0;  // 0 when free: the kernel gives no socket that number
        Owner owner;
    };

    [[nodiscard]] std::size_t slot_of(std::uint32_t inode) const;
    void grow();

    HolderMethod method_;
    std::vector<Slot> slots_;
    std::size_t used_ = 0;
    std::vector<Process> processes_;
    std::vector<HeldDeadSocket> dead_sockets_;
    std::size_t unseen_processes_ = 0;
    bool processes_hidden_ = false;
};

struct HolderSearch {
    // Dead sockets are wanted, which takes the iterator even where the walk would be faster.
    bool dead_sockets = false;
};

// Looks at every process of the host. Never fails for a lack of permission: it then says how many
// processes it could not look into.
//
// Measured on Linux 6.18: the walk costs 10 us per process and 2.8 us per descriptor, the iterator
// 13 ms to load and then 0.6 us per descriptor. So 150,000 sockets take 0.43 s by the walk and 0.10
// s by the iterator, but a host with 80 processes 1 ms and 13 ms. The search therefore begins with
// the walk, and turns to the iterator once the walk has cost as much as loading it: never more than
// twice the better of the two. It also turns to it when the walk was denied a look at a process.
[[nodiscard]] Result<SocketHolders> find_socket_holders(const HolderSearch& search = {});

}  // namespace tcpdx::procfs
