#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "diagnosis/owner_key.h"
#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

// Connections that share an owner (or, without one, a local port): the unit in which most rules
// speak, since 800 leaked sockets of one program are one finding.
struct ConnectionGroup {
    std::uint32_t process = kNoProcess;
    std::uint16_t local_port = 0;        // set when there is no process
    std::vector<std::uint32_t> members;  // indexes, the surely longest-standing first
    Age oldest;                          // of members.front()
};

// The groups of all connections in one of `states` for which `concerned` is true and that the user
// asked about, the largest first. Only those states are looked at: three hundred thousand TIME-WAIT
// sockets cost a rule about CLOSE-WAIT nothing.
[[nodiscard]] std::vector<ConnectionGroup> group_by_owner(
    const Situation& situation, std::initializer_list<TcpState> states,
    const std::function<bool(const Connection&)>& concerned);
[[nodiscard]] std::vector<ConnectionGroup> group_by_owner(
    const Situation& situation, const std::function<bool(const Connection&)>& concerned);

// Whether a connection belongs to what the user asked about.
[[nodiscard]] bool is_asked_about(const Situation& situation, const Connection& connection);

// "nginx (pid 42)", or the port when the owner is not known.
[[nodiscard]] Value name_of(const Situation& situation, const ConnectionGroup& group);
// "pid 42" where a listing shows no name.
[[nodiscard]] std::string name_of(const Process& process);

// The age of the state, or how long two looks saw the socket in it, whichever is more.
[[nodiscard]] Age known_age(const Situation& situation, const Connection& connection);

// Distinct remote addresses among `members`, the most frequent first, at most `most`.
[[nodiscard]] std::vector<std::pair<IpAddress, std::size_t>> frequent_peers(
    const Observations& seen, const std::vector<std::uint32_t>& members, std::size_t most);

}  // namespace tcpdx::diagnosis
