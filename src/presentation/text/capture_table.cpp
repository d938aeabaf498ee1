#include "presentation/text/capture_table.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "base/i18n.h"
#include "presentation/capture_words.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "presentation/text/display_width.h"
#include "presentation/text/text_page.h"

namespace tcpdx {
namespace {

std::int64_t number(std::uint64_t count) {
    return static_cast<std::int64_t>(count);
}

std::string utc(CaptureTime time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    // Times of a damaged file may lie beyond what a calendar has.
    const auto count = seconds.time_since_epoch().count();
    if (count < 0 || count > 253'402'300'799) {
        return fmt::format("{} s", count);
    }
    return fmt::format("{:%Y-%m-%d %H:%M:%S}Z", fmt::gmtime(static_cast<std::time_t>(count)));
}

std::string state_now(const CapturedEnd& end) {
    const CapturedState* last = end.last();
    if (last == nullptr) {
        return "-";
    }
    // Of an end that showed nothing there is nothing to say on one line.
    const bool unknown = last->cause == CapturedCause::Unseen && last->inferred &&
                         !last->possible.contains(TcpState::SynSent) && !last->certain();
    if (unknown || is_too_many(last->possible)) {
        return "?";
    }
    std::string text = possible_states(last->possible);
    std::erase(text, ' ');
    return text;
}

Ink ink_of(CapturedOutcome outcome) {
    switch (outcome) {
        case CapturedOutcome::Refused:
        case CapturedOutcome::RefusedIcmp:
        case CapturedOutcome::Unanswered:
            return Ink::Red;
        case CapturedOutcome::Reset:
        case CapturedOutcome::Aborted:
        case CapturedOutcome::HalfOpen:
        case CapturedOutcome::Closing:
            return Ink::Yellow;
        case CapturedOutcome::Closed:
        case CapturedOutcome::HalfClosed:
        case CapturedOutcome::Open:
        case CapturedOutcome::Stray:
            return Ink::Plain;
    }
    return Ink::Plain;
}

std::string closer(const CapturedConnection& connection) {
    if (!connection.closed_first || connection.outcome == CapturedOutcome::Refused) {
        return "";
    }
    if (connection.simultaneous_close) {
        return _("both");
    }
    return *connection.closed_first == 0 ? "→" : "←";
}

constexpr std::size_t kColumns = 11;
using Row = std::array<std::string, kColumns>;

// What a narrow terminal has no room for, the first of these first: start, who closed, what was
// sent again, bytes, how long it lasted. --connection shows all of it.
constexpr std::array<std::size_t, 5> kLeftOut{3, 9, 8, 7, 4};

std::array<bool, kColumns> columns_that_fit(const std::array<std::size_t, kColumns>& widths,
                                            const Screen& screen) {
    std::array<bool, kColumns> shown{};
    shown.fill(true);
    std::size_t total = 0;
    for (const std::size_t width : widths) {
        total += width + 2;
    }
    for (const std::size_t column : kLeftOut) {
        if (!screen.terminal || total <= screen.width + 2) {
            break;
        }
        shown.at(column) = false;
        total -= widths.at(column) + 2;
    }
    return shown;
}

// The hosts that the capture was made at, the one with the most connections first.
std::vector<IpAddress> captured_at(const Captured& captured) {
    std::map<IpAddress, std::uint64_t> hosts;
    for (const auto& [address, host] : captured.compact_sums.hosts) {
        if (host.is_near) {
            hosts[address] += host.opened + host.accepted;
        }
    }
    for (const CapturedConnection& connection : captured.connections) {
        const bool both = connection.near == NearEnd::Both;
        if (both || connection.near == NearEnd::First) {
            ++hosts[connection.ends[0].address.address];
        }
        if (both || connection.near == NearEnd::Second) {
            ++hosts[connection.ends[1].address.address];
        }
    }
    std::vector<std::pair<std::uint64_t, IpAddress>> order;
    for (const auto& [address, count] : hosts) {
        order.emplace_back(count, address);
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<IpAddress> addresses;
    for (const auto& [count, address] : order) {
        addresses.push_back(address);
    }
    return addresses;
}

void add_vantage(const Captured& captured, TextPage& page) {
    if (captured.connection_count() == 0) {
        return;
    }
    const std::vector<IpAddress> hosts = captured_at(captured);
    constexpr std::size_t kFew = 3;
    if (hosts.empty()) {
        page.paragraph(
            _("Where this was captured is not known: no packets show it. What was sent may not "
              "have arrived, and what did not come may have been sent."));
    } else if (hosts.size() == 1) {
        page.paragraph(render(Message{N_("Captured at or near {0}: what it sends may still be lost "
                                         "behind the capture, what is sent to it has arrived."),
                                      {hosts.front()}}));
    } else if (hosts.size() <= kFew) {
        std::string names;
        for (const IpAddress& host : hosts) {
            names += (names.empty() ? "" : ", ") + to_string(host);
        }
        page.paragraph(render(Message{N_("Captured near several hosts: {0}."), {names}}));
    } else {
        page.paragraph(render(Message{N_("Captured near {0} hosts, most often {1}."),
                                      {number(hosts.size()), hosts.front()}}));
    }
}

Row row_of(const Captured& captured, const CapturedConnection& connection) {
    const CapturedFlow& there = connection.ends[0].sent;
    const CapturedFlow& back = connection.ends[1].sent;
    const auto start = connection.first - captured.first.value_or(connection.first);
    std::string from = closer(connection);
    if (!can_show_unicode() && (from == "→" || from == "←")) {
        from = from == "→" ? "->" : "<-";
    }
    return {std::to_string(connection.number),
            to_string(connection.ends[0].address),
            to_string(connection.ends[1].address),
            fmt::format("{:.3f}", std::chrono::duration<double>(start).count()),
            short_time(connection.last - connection.first),
            state_now(connection.ends[0]),
            state_now(connection.ends[1]),
            fmt::format("{}/{}", there.payload_bytes, back.payload_bytes),
            fmt::format("{}/{}", there.retransmissions, back.retransmissions),
            from,
            _(outcome_text(connection.outcome))};
}

}  // namespace

std::string short_time(std::chrono::nanoseconds duration) {
    const auto ns = duration.count();
    if (ns < 0) {
        return "-" + short_time(-duration);
    }
    const char* const microseconds = can_show_unicode() ? "µs" : "us";
    if (ns < 1000) {
        return fmt::format("< 1 {}", microseconds);
    }
    if (ns < 1'000'000) {
        return fmt::format("{} {}", ns / 1000, microseconds);
    }
    if (ns < 1'000'000'000) {
        return fmt::format("{:.1f} ms", static_cast<double>(ns) / 1e6);
    }
    if (ns < 100'000'000'000) {
        return fmt::format("{:.2f} s", static_cast<double>(ns) / 1e9);
    }
    return render(std::chrono::duration_cast<std::chrono::milliseconds>(duration));
}

std::string capture_summary(const Captured& captured, const Screen& screen) {
    TextPage page(screen);
    const CaptureCounts& counts = captured.counts;
    std::string text =
        render(Message{N_("Read: packets {0}, TCP segments {1}, connections {2}."),
                       {number(counts.packets), number(counts.tcp),
                        number(captured.connection_count() + captured.forgotten.total)}});
    if (captured.first && captured.last) {
        text += ' ' + render(Message{
                          N_("From {0} on, for {1}."),
                          {utc(*captured.first), short_time(*captured.last - *captured.first)}});
    }
    page.paragraph(text);
    add_vantage(captured, page);
    const auto note = [&](bool applies, const Message& message) {
        if (applies) {
            page.paragraph(inked(screen, Ink::Yellow, render(message)));
        }
    };
    note(counts.cut, {N_("A file ends within a packet; it was used up to there."), {}});
    note(counts.damaged_places > 0,
         {N_("Damaged places in the files: {0}, bytes passed over: {1}."),
          {number(counts.damaged_places), number(counts.damaged_bytes)}});
    note(counts.damaged_packets > 0,
         {N_("Packets that contradict their own lengths: {0}."), {number(counts.damaged_packets)}});
    note(counts.cut_packets > 0, {N_("Packets captured too short to show TCP (snap length): {0}."),
                                  {number(counts.cut_packets)}});
    note(
        counts.encrypted_packets > 0,
        {N_("Packets that are encrypted below TCP (IPsec, MACsec, 802.11), of which nothing can be "
            "told: {0}."),
         {number(counts.encrypted_packets)}});
    for (const CaptureLinkType& type : captured.link_types) {
        note(type.name.empty(), {N_("Packets of link type {0}, which is not known here: {1}."),
                                 {std::int64_t{type.number}, number(type.packets)}});
    }
    note(counts.undeclared_interface > 0,
         {N_("Packets of interfaces that the file does not describe: {0}."),
          {number(counts.undeclared_interface)}});
    note(counts.fragments_incomplete > 0, {N_("IP fragments whose other pieces are missing: {0}."),
                                           {number(counts.fragments_incomplete)}});
    note(counts.dropped_by_capture > 0,
         {N_("Packets that the capturing program says it lost: {0}."),
          {number(counts.dropped_by_capture)}});
    note(counts.no_times, {N_("Some packets have no time."), {}});
    note(
        captured.compact_sums.not_judged > 0,
        {N_("Connections that are listed and not judged one by one, since there are so many: {0}."),
         {number(captured.compact_sums.not_judged)}});
    note(captured.forgotten.total > 0,
         {N_("Connections let go of to stay within the limit: {0}, of these half open: {1}. They "
             "are counted, and not listed."),
          {number(captured.forgotten.total), number(captured.forgotten.half_open)}});
    return page.take();
}

std::string capture_table(const Captured& captured, const std::vector<std::uint32_t>& numbers,
                          const Screen& screen) {
    const Row header{"#",         _("OPENER"),    _("OTHER END"), _("START s"),
                     _("LASTED"), _("STATE"),     _("STATE"),     _("BYTES"),
                     _("RESENT"), _("CLOSED BY"), _("OUTCOME")};
    constexpr std::array<bool, kColumns> kRight{true,  false, false, true,  true, false,
                                                false, true,  true,  false, false};
    // Widths come from the first rows: a table of a million lines must not be held twice.
    constexpr std::size_t kMeasured = 1000;
    std::array<std::size_t, kColumns> widths{};
    const auto widen = [&](const Row& row) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths.at(i) = std::max(widths.at(i), display_width(row.at(i)));
        }
    };
    widen(header);
    for (std::size_t i = 0; i < std::min(numbers.size(), kMeasured); ++i) {
        if (const auto connection = captured.find(numbers[i])) {
            widen(row_of(captured, *connection));
        }
    }
    const auto fits = columns_that_fit(widths, screen);
    std::string text;
    const auto write = [&](const Row& row, Ink ink) {
        std::string line;
        for (std::size_t i = 0; i + 1 < row.size(); ++i) {
            if (!fits.at(i)) {
                continue;
            }
            line += kRight.at(i) ? pad_left(row.at(i), widths.at(i))
                                 : pad_right(row.at(i), widths.at(i));
            line += "  ";
        }
        text += line + inked(screen, ink, row.back()) + '\n';
    };
    write(header, Ink::Bold);
    for (const std::uint32_t number : numbers) {
        if (const auto connection = captured.find(number)) {
            write(row_of(captured, *connection), ink_of(connection->outcome));
        }
    }
    return text;
}

std::string capture_listeners(const Captured& captured, std::size_t most, const Screen& screen) {
    const std::size_t count = std::min(most, captured.ports.size());
    std::size_t width = display_width(_("LISTENER"));
    for (std::size_t i = 0; i < count; ++i) {
        width = std::max(width, to_string(captured.ports[i].address).size());
    }
    constexpr std::size_t kNumber = 10;
    std::string text =
        inked(screen, Ink::Bold,
              fmt::format("{} {} {} {} {} {}", pad_right(_("LISTENER"), width),
                          pad_left(_("OPENED"), kNumber), pad_left(_("COMPLETE"), kNumber),
                          pad_left(_("REFUSED"), kNumber), pad_left(_("NO ANSWER"), kNumber),
                          pad_left(_("HALF OPEN"), kNumber))) +
        '\n';
    for (std::size_t i = 0; i < count; ++i) {
        const CapturedPort& port = captured.ports[i];
        text += fmt::format("{} {:>10} {:>10} {:>10} {:>10} {:>10}\n",
                            pad_right(to_string(port.address), width), port.attempts,
                            port.established, port.refused, port.unanswered, port.half_open);
    }
    return text;
}

}  // namespace tcpdx
