#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

// Pieces of findings that many rules need in the same words.

[[nodiscard]] inline std::int64_t count_of(std::size_t number) {
    return static_cast<std::int64_t>(number);
}

// A text whose wording depends on the first value: counted(NP_("{0} socket", "{0} sockets"), {n}).
[[nodiscard]] inline Message counted(const char* one, const char* many, std::vector<Value> values) {
    return {.text = one, .values = std::move(values), .plural = many};
}

// Where a fact about a socket comes from: this host's tables, or a line of pasted text.
[[nodiscard]] inline Origin origin_of(const Connection& connection) {
    return connection.source_line == 0 ? Origin::SocketTable : Origin::PastedText;
}

// "nginx (pid 42)", or the port when the owner is not known.
[[nodiscard]] Value owner_name(const Situation& situation, const Connection& connection);
// The program with its port; the port alone when the program is not known.
[[nodiscard]] Value listener_name(const Situation& situation, const Connection& listener);

// "ss -tan 'sport = :8080'": the sockets of one local port.
[[nodiscard]] std::string ss_command(std::string_view options, std::uint16_t local_port);

// The remote addresses that occur most, at most three, unless there is only one socket.
void add_peers(Finding& finding, const Situation& situation,
               const std::vector<std::uint32_t>& members);

// Who holds the other ends of these connections, where those are on this host and in one of
// `states`: {owner's name, how many}, the most often first.
[[nodiscard]] std::vector<std::pair<Value, std::size_t>> holders_of_other_ends(
    const Situation& situation, const std::vector<std::uint32_t>& members, StateSet states);

// "42", or "PID" where the reader has to put it in: for commands.
[[nodiscard]] std::string pid_text(const Process* process);

// How many descriptors the process has open, when that is near its limit: accept() then fails with
// EMFILE. True when it was added.
bool add_descriptors_if_scarce(Finding& finding, const Situation& situation,
                               const Process* process);

// What would show the program, when it is not known: root here, another listing in a paste.
void say_if_program_unknown(Finding& finding, const Situation& situation, std::uint32_t process);

// The programs at the other ends of these connections, where those are in the same listing: an
// answer to "which end is at fault" that a single row never gives.
void add_other_ends(Finding& finding, const Situation& situation,
                    const std::vector<std::uint32_t>& members, StateSet states);

// All opened by this host, and not many: what a pool of idle client connections leaves behind until
// it looks at them again. Ordinary, so no reason for alarm.
[[nodiscard]] bool is_small_client_pool(const Situation& situation,
                                        const std::vector<std::uint32_t>& members);

}  // namespace tcpdx::diagnosis
