#include "model/proc_tcp_row.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/words.h"

namespace tcpdx {
namespace {

// Clock ticks are of USER_HZ, which is 100 on every architecture that anybody runs.
constexpr std::chrono::milliseconds kTick{10};

enum class TimerNumber : std::uint8_t {
    None,
    Retransmit,
    Keepalive,
    TimeWait,
    ZeroWindow,
};

std::optional<std::uint32_t> hex(std::optional<std::string_view> text, std::size_t digits) {
    return text && text->size() == digits ? number_in<std::uint32_t>(*text, 16) : std::nullopt;
}

// "00000001:00000002", both in hexadecimal of at least `digits`. The second has no fixed width: a
// timer's end is printed with %08lX.
struct Pair {
    std::uint32_t first = 0;
    std::uint64_t second = 0;
};

std::optional<Pair> pair_in(std::optional<std::string_view> text, std::size_t first_digits) {
    constexpr std::size_t kSecondDigits = 8;
    if (!text || text->size() < first_digits + 1 + kSecondDigits || (*text)[first_digits] != ':') {
        return std::nullopt;
    }
    const auto first = hex(text->substr(0, first_digits), first_digits);
    const auto second = number_in<std::uint64_t>(text->substr(first_digits + 1), 16);
    if (!first || !second) {
        return std::nullopt;
    }
    return Pair{*first, *second};
}

std::optional<SocketAddress> address_in(std::optional<std::string_view> text, IpFamily family) {
    constexpr std::size_t kWordDigits = 8;
    const std::size_t words = family == IpFamily::V4 ? 1 : 4;
    const std::size_t address_digits = words * kWordDigits;
    if (!text || text->size() != address_digits + 5 || (*text)[address_digits] != ':') {
        return std::nullopt;
    }
    const auto port = hex(text->substr(address_digits + 1), 4);
    if (!port) {
        return std::nullopt;
    }
    IpAddress address = IpAddress::any(family);
    for (std::size_t i = 0; i < words; ++i) {
        const auto word = hex(text->substr(i * kWordDigits, kWordDigits), kWordDigits);
        if (!word) {
            return std::nullopt;
        }
        std::memcpy(address.bytes.data() + address.bytes.size() - 4 * (words - i), &*word, 4);
    }
    return SocketAddress{address, static_cast<std::uint16_t>(*port)};
}

template <class Number>
std::optional<Number> decimal(std::optional<std::string_view> text) {
    return text ? number_in<Number>(*text) : std::nullopt;
}

std::optional<TcpState> state_in(std::optional<std::string_view> text) {
    const auto number = hex(text, 2);
    return number ? tcp_state_of_kernel(*number) : std::nullopt;
}

std::uint8_t at_most_255(std::uint32_t number) {
    return static_cast<std::uint8_t>(std::min<std::uint32_t>(number, UINT8_MAX));
}

Timer timer_of(const Pair& timer, std::uint32_t retransmits, std::uint32_t probes) {
    Timer known;
    switch (static_cast<TimerNumber>(at_most_255(timer.first))) {
        case TimerNumber::Retransmit:
            known.kind = TimerKind::Retransmit;
            known.retransmits = at_most_255(retransmits);
            break;
        case TimerNumber::Keepalive:
            known.kind = TimerKind::Keepalive;
            known.retransmits = at_most_255(probes);
            break;
        case TimerNumber::TimeWait:
            known.kind = TimerKind::TimeWait;
            break;
        case TimerNumber::ZeroWindow:
            known.kind = TimerKind::ZeroWindow;
            known.retransmits = at_most_255(probes);
            break;
        case TimerNumber::None:
            return known;
        default:
            return known;  // a kind that this program does not know yet
    }
    // A timer that is due but has not run yet is printed as 0, so no number here is that large.
    constexpr std::uint64_t kMostTicks = UINT32_MAX;
    known.expires = kTick * static_cast<std::int64_t>(std::min(timer.second, kMostTicks));
    return known;
}

void set_queues(Connection& connection, std::uint32_t send_queue, std::uint32_t receive_queue) {
    if (connection.is_listener()) {
        connection.accept_queue = receive_queue;  // its limit is printed nowhere
    } else {
        connection.send_queue = send_queue;
        connection.receive_queue = receive_queue;
    }
}

}  // namespace

std::optional<Connection> parse_tcp_row(std::string_view line, IpFamily family) {
    (void)take_word(line);  // "0:", the row's number
    const auto local = address_in(take_word(line), family);
    const auto remote = address_in(take_word(line), family);
    const auto state = state_in(take_word(line));
    const auto queues = pair_in(take_word(line), 8);  // send, receive
    const auto timer = pair_in(take_word(line), 2);   // kind, end
    const auto retransmits = hex(take_word(line), 8);
    const auto uid = decimal<std::uint32_t>(take_word(line));
    // Probes that were not answered: keepalive or zero window. Printed signed.
    const auto probes = decimal<std::int32_t>(take_word(line));
    const auto inode = decimal<std::uint32_t>(take_word(line));
    const auto references = decimal<std::int32_t>(take_word(line));
    const auto pointer = take_word(line);
    if (!local || !remote || !state || !queues || !timer || !retransmits || !uid || !probes ||
        !inode || !references || !pointer) {
        return std::nullopt;
    }

    Connection connection;
    connection.local = *local;
    connection.remote = *remote;
    connection.state = *state;
    connection.inode = inode;
    connection.uid = uid;
    connection.timer = timer_of(*timer, *retransmits, static_cast<std::uint32_t>(*probes));
    set_queues(connection, queues->first, static_cast<std::uint32_t>(queues->second));

    const bool mini_socket = trimmed(line).empty();
    if (mini_socket && connection.state == TcpState::SynReceived) {
        connection.kind = SocketKind::RequestSocket;
    } else if (connection.timer->kind == TimerKind::TimeWait) {
        connection.kind = SocketKind::TimeWaitSocket;
    } else if (mini_socket) {
        return std::nullopt;  // a full socket's row that was cut
    }
    return connection;
}

std::optional<Connection> parse_tcp_row_start(std::string_view cells, IpFamily family) {
    const auto local = address_in(take_word(cells), family);
    const auto remote = address_in(take_word(cells), family);
    const auto state = state_in(take_word(cells));
    if (!local || !remote || !state) {
        return std::nullopt;
    }
    Connection connection;
    connection.local = *local;
    connection.remote = *remote;
    connection.state = *state;
    if (connection.state == TcpState::TimeWait) {
        connection.kind = SocketKind::TimeWaitSocket;
    }
    return connection;
}

}  // namespace tcpdx
