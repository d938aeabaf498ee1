#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "diagnosis/grouping.h"
#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

// A row of pasted text seldom has an age, and one sample shows no growth. What it does show is said
// all the same, since somebody asks what it means, but only as loudly as the text allows: a row or
// two is information, and a warning takes many of a kind that pass quickly on a healthy host, in
// the hands of one program. These functions are the one place for that measure.

// Whether `connection` is of a paste and nothing tells that it has been in its state for less than
// `limit`, nor that it has been for longer. What is surely older is for the rule's usual path.
[[nodiscard]] bool may_have_lasted(const Situation& situation, const Connection& connection,
                                   Limits::Duration limit);

// Whether most of them seem to have been accepted here.
[[nodiscard]] bool seem_accepted(const Situation& situation,
                                 std::span<const std::uint32_t> members);

// How many connections of the group's program (or local port) are in `state`.
[[nodiscard]] std::size_t beside(const Situation& situation, const ConnectionGroup& group,
                                 TcpState state);

// Of a paste of counts without rows (`sort | uniq -c`): how many are in this state. Empty as soon
// as the paste has rows of that state, since those say more, and for a question about a part.
[[nodiscard]] std::optional<std::uint64_t> bare_count(const Situation& situation, TcpState state);

// Few of these at one moment are what a healthy server has too.
inline constexpr std::size_t kFewOnAServer = 5;

// How many of them the sample before shows in the same state; 0 also without one.
[[nodiscard]] std::size_t seen_before(const Situation& situation,
                                      std::span<const std::uint32_t> members);
// The same as evidence, when there are any.
void add_seen_before(Finding& finding, const Situation& situation,
                     const std::vector<std::uint32_t>& members);

// By how many the group's program has more connections in `state` than in the sample before. 0
// without one, and when it had none: then it may not have been listed.
[[nodiscard]] std::size_t grown_by(const Situation& situation, const ConnectionGroup& group,
                                   TcpState state);

// The severity of CLOSE-WAIT rows without an age, of one program.
[[nodiscard]] Severity weigh_close_wait(const Situation& situation, const ConnectionGroup& group);

// The severity of connections without an age that nobody has accepted. accept() takes a moment, in
// which one or two can be seen at any time.
[[nodiscard]] constexpr Severity weigh_waiting(std::size_t connections) {
    constexpr std::size_t kFewWaiting = 3;
    return connections >= kFewWaiting ? Severity::Warning : Severity::Information;
}

// Whether what is true of Linux alone is true here: it counts an unread FIN as one byte of Recv-Q
// and a FIN that was sent as one of Send-Q, for example. Text that does not tell is taken for
// Linux's.
[[nodiscard]] bool is_of_linux(const Situation& situation);

// "in one listing" instead of an age, for findings about such rows.
void say_growth_unknown(Finding& finding, const Situation& situation);

}  // namespace tcpdx::diagnosis
