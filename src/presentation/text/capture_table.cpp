#include "presentation/text/capture_table.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

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
    return unknown ? "?" : possible_states(last->possible);
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

using Row = std::array<std::string, 11>;

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
    if (ns < 1'000'000) {
        return fmt::format("{} {}", ns / 1000, can_show_unicode() ? "µs" : "us");
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
    constexpr std::array<bool, 11> kRight{true,  false, false, true,  true, false,
                                          false, true,  true,  false, false};
    // Widths come from the first rows: a table of a million lines must not be held twice.
    constexpr std::size_t kMeasured = 1000;
    std::array<std::size_t, 11> widths{};
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
    std::string text;
    const auto write = [&](const Row& row, Ink ink) {
        std::string line;
        for (std::size_t i = 0; i + 1 < row.size(); ++i) {
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
    std::string text = inked(screen, Ink::Bold,
                             fmt::format("{} {} {} {} {} {}", pad_right(_("LISTENER"), 40),
                                         pad_left(_("OPENED"), 10), pad_left(_("COMPLETE"), 10),
                                         pad_left(_("REFUSED"), 10), pad_left(_("NO ANSWER"), 10),
                                         pad_left(_("HALF OPEN"), 10))) +
                       '\n';
    for (std::size_t i = 0; i < std::min(most, captured.ports.size()); ++i) {
        const CapturedPort& port = captured.ports[i];
        text += fmt::format("{} {:>10} {:>10} {:>10} {:>10} {:>10}\n",
                            pad_right(to_string(port.address), 40), port.attempts, port.established,
                            port.refused, port.unanswered, port.half_open);
    }
    return text;
}

}  // namespace tcpdx
