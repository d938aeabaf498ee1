#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tcpdx::proc_tables {

// Which program netstat -p names for a socket, by the socket's inode: that of the first process
// found in the order of /proc, the lowest process id, also when several share the socket.
//
// procfs/socket_holders.h is the better answer to whose a socket is. This one follows netstat's
// rules to the letter: the name comes from the command line, an iterator that sees more is not
// used, and `some_denied` is about EACCES on opening a folder and nothing else, as netstat's
// warning is.
struct SocketPrograms {
    struct Holder {
        std::string pid;
        std::string program;           // argv[0], without its folder if that is absolute
        std::string security_context;  // empty unless asked for
    };
    std::vector<Holder> holders;
    std::unordered_map<std::uint64_t, std::uint32_t> by_inode;  // -> index into holders
    bool proc_unreadable = false;                               // not even /proc could be listed
    bool some_denied = false;  // EACCES on the descriptors of at least one process

    [[nodiscard]] const Holder* holder_of(std::uint64_t inode) const {
        const auto found = by_inode.find(inode);
        return found == by_inode.end() ? nullptr : &holders[found->second];
    }
};

[[nodiscard]] SocketPrograms read_socket_programs(bool with_security_context);

// The program's name as netstat derives it from the beginning of /proc/PID/cmdline: the first
// string, after its last '/' if it starts with one.
[[nodiscard]] std::string_view program_name(std::string_view command_line);

}  // namespace tcpdx::proc_tables
