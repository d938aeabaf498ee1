#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

// Connections that are complete and that no program has accepted, by the queue they wait in.
struct WaitingConnections {
    // Who should accept them. Several when listeners share the address (SO_REUSEPORT) and more than
    // one has somebody waiting; the kernel does not tell in which queue a connection is. Empty when
    // the listing has no listeners.
    std::vector<std::uint32_t> listeners;
    std::vector<std::uint32_t> members;  // the surely longest waiting first
    Age oldest;                          // of the state that members.front() is in
};

// Those in one of `states` that the user asked about, and whose listener the user asked about.
[[nodiscard]] std::vector<WaitingConnections> never_accepted(
    const Situation& situation, std::initializer_list<TcpState> states);

// A queue takes limit + 1 connections (sk_acceptq_is_full compares with >), so it is full when it
// holds more than the limit. False when either is not known.
[[nodiscard]] bool is_full(const Connection& listener);

// The other listeners on the same address and port.
[[nodiscard]] std::vector<std::uint32_t> siblings_of(const Situation& situation,
                                                     std::uint32_t listener);

// "nginx (pid 42)"; with several, the first two and "...".
[[nodiscard]] Value names_of_listeners(const Situation& situation,
                                       const WaitingConnections& waiting);

// Queue, limit and drops of a listener.
void add_queue_evidence(Finding& finding, const Connection& listener);

// Why a program does not call accept(), and how to find out.
void advise_on_accepting(Finding& finding, const Situation& situation, const Process* process);

}  // namespace tcpdx::diagnosis
