#include "sources/procfs/socket_holders.h"

#include <fcntl.h>

#include <algorithm>
#include <optional>

#include "sources/procfs/capabilities.h"
#include "sources/procfs/descriptor_walk.h"
#include "sources/procfs/held_sockets.h"
#include "sources/procfs/proc_file.h"

namespace tcpdx::procfs {
namespace {

constexpr std::size_t kFirstSlots = 64;

// Fibonacci hashing: inodes are nearly consecutive, and the top bits of the product spread them.
constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15U;

// What loading the iterator costs (13 ms), in the walk's own coin.
constexpr std::size_t kWalkBudget = 5000;

Result<std::optional<SocketHolders>> walk_all(std::size_t budget) {
    const UniqueFd proc = TRY(open_directory(AT_FDCWD, "/proc"));
    return walk_descriptors(proc.get(), budget);
}

// An iterator needs no CAP_SYS_PTRACE, and hidepid does not bind it. With that capability hidepid
// does not bind a walk either, so whatever is still hidden is hidden from both.
bool iterator_sees_more(const SocketHolders& walked) {
    return walked.unseen_processes() > 0 ||
           (walked.processes_hidden() && !effective_capabilities().has(Capability::SysPtrace));
}

}  // namespace

std::size_t SocketHolders::slot_of(std::uint32_t inode) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = static_cast<std::size_t>((inode * kSpread) >> 32U) & mask;
    while (slots_[at].inode != 0 && slots_[at].inode != inode) {
        at = (at + 1) & mask;
    }
    return at;
}

const Owner* SocketHolders::find(std::uint32_t inode) const {
    if (inode == 0 || slots_.empty()) {
        return nullptr;
    }
    const Slot& slot = slots_[slot_of(inode)];
    return slot.inode == 0 ? nullptr : &slot.owner;
}

std::uint32_t SocketHolders::add_process(int pid, std::string_view name) {
    processes_.push_back(Process{.pid = pid, .name = std::string(name)});
    return static_cast<std::uint32_t>(processes_.size() - 1);
}

bool SocketHolders::add_holder(std::uint32_t inode, std::uint32_t process,
                               std::int32_t descriptor) {
    if (inode == 0) {
        return false;
    }
    if (2 * (used_ + 1) > slots_.size()) {
        grow();
    }
    Slot& slot = slots_[slot_of(inode)];
    if (slot.inode == 0) {
        slot.inode = inode;
        slot.owner = {.kind = OwnerKind::Process, .process = process, .descriptor = descriptor};
        ++used_;
        return true;
    }
    if (slot.owner.process != process || slot.owner.descriptor != descriptor) {
        // The same descriptor comes twice from the threads of a process whose main thread ended.
        ++slot.owner.more_holders;
    }
    return false;
}

void SocketHolders::grow() {
    std::vector<Slot> old = std::move(slots_);
    slots_.assign(std::max(kFirstSlots, 2 * old.size()), Slot{});
    for (const Slot& slot : old) {
        if (slot.inode != 0) {
            slots_[slot_of(slot.inode)] = slot;
        }
    }
}

Result<SocketHolders> find_socket_holders(const HolderSearch& search) {
    const bool iterator_may_load = may_load_iterators();
    if (search.dead_sockets && iterator_may_load) {
        if (auto held = list_held_sockets()) {
            return held;
        }
    }
    const bool iterator_left = iterator_may_load && !search.dead_sockets;
    auto walked = TRY(walk_all(iterator_left ? kWalkBudget : SIZE_MAX));
    if (walked && (!iterator_left || !iterator_sees_more(*walked))) {
        return *std::move(walked);
    }
    if (auto held = list_held_sockets()) {
        return held;
    }
    if (!walked) {
        walked = TRY(walk_all(SIZE_MAX));
    }
    return *std::move(walked);
}

}  // namespace tcpdx::procfs
