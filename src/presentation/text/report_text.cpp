#include "presentation/text/report_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/i18n.h"
#include "diagnosis/grouping.h"
#include "diagnosis/paste_names.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "presentation/text/activity_text.h"
#include "presentation/text/display_width.h"
#include "presentation/text/finding_text.h"
#include "presentation/text/paste_text.h"

namespace tcpdx {
namespace {

using diagnosis::Finding;
using diagnosis::Report;
using diagnosis::Severity;

constexpr std::size_t kWidestText = 110;  // longer lines are hard to read
constexpr std::size_t kDetailIndent = 4;

class ReportWriter {
public:
    ReportWriter(const Report& report, const Screen& screen)
        : report_(report),
          screen_(screen),
          width_(std::clamp<std::size_t>(screen.width, 40, kWidestText)) {}

    std::string write() {
        verdict();
        state_counts();
        activity();
        port();
        looked_at();
        not_seen();
        for (const Finding& one : report_.findings) {
            out_ += '\n';
            out_ += finding_text(one, *report_.seen, screen_);
        }
        left_open();
        return std::move(out_);
    }

private:
    [[nodiscard]] std::size_t count(Severity severity) const {
        return static_cast<std::size_t>(
            std::count_if(report_.findings.begin(), report_.findings.end(),
                          [&](const Finding& each) { return each.severity == severity; }));
    }

    // `first` begins the first line, the others are indented as far.
    void paragraph(std::string_view first, std::string_view text,
                   std::string_view first_shown = {}) {
        const std::size_t indent = display_width(first);
        const auto lines = wrap_text(text, width_ > indent + 20 ? width_ - indent : 20);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (i == 0) {
                out_ += first_shown.empty() ? first : first_shown;
            } else {
                out_.append(indent, ' ');
            }
            out_ += lines[i];
            out_ += '\n';
        }
    }

    void verdict() {
        const std::size_t problems = count(Severity::Problem);
        const std::size_t warnings = count(Severity::Warning);
        if (!report_.seen->network_namespace.name.empty()) {
            paragraph("", render(Message{N_("Network namespace {0}"),
                                         {report_.seen->network_namespace.name}}));
        }
        if (problems + warnings == 0) {
            paragraph("", inked(screen_, Ink::Green, nothing_wrong()));
        } else {
            paragraph("", inked(screen_, problems > 0 ? Ink::Red : Ink::Yellow,
                                render(Message{N_("Problems: {0}, warnings: {1}"),
                                               {static_cast<std::int64_t>(problems),
                                                static_cast<std::int64_t>(warnings)}})));
        }
        out_ += '\n';
    }

    [[nodiscard]] const char* nothing_wrong() const {
        if (report_.paste) {
            return diagnosis::has_content(*report_.seen)
                       ? _("Nothing wrong is visible in this text.")
                       : _("Nothing in this text can be judged.");
        }
        return report_.seen->coverage.unseen.empty()
                   ? _("Nothing wrong found.")
                   : _("Nothing wrong found in what could be seen.");
    }

    // All eleven, also the zeros: that nothing is in SYN-RECEIVED is an answer too.
    void state_counts() {
        constexpr std::size_t kColumns = 4;
        constexpr std::size_t kNameWidth = 12;
        constexpr std::size_t kCellWidth = 19;
        for (std::size_t i = 0; i < kAllTcpStates.size(); ++i) {
            const std::size_t number = report_.state_counts[i];
            const std::string name = pad_right(rfc_name(kAllTcpStates[i]), kNameWidth);
            const std::string cell = pad_left(std::to_string(number), 6);
            const Ink ink = number == 0 ? Ink::Dim : Ink::Bold;
            out_ += inked(screen_, ink == Ink::Dim ? ink : Ink::Plain, name) +
                    inked(screen_, ink, cell);
            const bool ends_row = i % kColumns == kColumns - 1 || i + 1 == kAllTcpStates.size();
            out_ += ends_row ? std::string("\n") : std::string(kCellWidth - kNameWidth - 5, ' ');
        }
        out_ += '\n';
    }

    void activity() {
        if (!report_.activity) {
            return;
        }
        for (const std::string& line : activity_lines(*report_.activity)) {
            paragraph("", line);
        }
        out_ += '\n';
    }

    void port() {
        if (!report_.port) {
            return;
        }
        const diagnosis::PortView& view = *report_.port;
        const Observations& seen = *report_.seen;
        paragraph("", inked(screen_, Ink::Bold,
                            render(Message{N_("Port {0} on this host"), {Port{view.port}}})));
        if (view.listeners.empty()) {
            item("-", shows_all_listeners(seen) ? _("nothing listens on it")
                                                : _("no listener on it is shown"));
        }
        for (const std::uint32_t index : view.listeners) {
            item("-", listener_line(seen, seen.connections[index]));
        }
        std::string connections;
        for (const TcpState state : kAllTcpStates) {
            if (const std::size_t number = view.state_counts[static_cast<std::size_t>(state)]) {
                connections += fmt::format("{}{} {}", connections.empty() ? "" : ", ",
                                           rfc_name(state), number);
            }
        }
        item("-",
             connections.empty()
                 ? std::string(_("no connections to it"))
                 : render(Message{N_("connections to it: {0}; never accepted: {1}"),
                                  {connections, static_cast<std::int64_t>(view.never_accepted)}}));
        port_during_look(view);
        out_ += '\n';
    }

    // A pasted listing can be without listeners, or without some of its rows.
    static bool shows_all_listeners(const Observations& seen) {
        return !seen.paste ||
               (seen.coverage.listeners && !seen.paste->selected && !seen.paste->cut_off);
    }

    static std::string listener_line(const Observations& seen, const Connection& listener) {
        const Process* process = seen.process_of(listener);
        std::string text = render(
            Message{N_("{0} listens on {1}"),
                    {process == nullptr ? std::string(_("a program that cannot be seen"))
                                        : diagnosis::name_of(*process),
                     diagnosis::shown(seen.paste ? &*seen.paste : nullptr, listener.local)}});
        if (listener.accept_queue && listener.backlog_limit) {
            text += ", " + render(Message{N_("accept queue: {0} (limit {1})"),
                                          {std::int64_t{*listener.accept_queue},
                                           std::int64_t{*listener.backlog_limit}}});
        }
        if (listener.drops) {
            text += ", " + render(Message{N_("{0} connection attempts dropped since it listens"),
                                          {std::int64_t{*listener.drops}}});
        }
        return text;
    }

    void port_during_look(const diagnosis::PortView& view) {
        if (!report_.interval) {
            return;
        }
        const auto arrived = static_cast<std::int64_t>(view.new_connections.value_or(0));
        Message text{N_("within {0}: {1} new connections to it that are still there"),
                     {*report_.interval, arrived}};
        if (view.drops_by_listeners) {
            text.text =
                N_("within {0}: {1} new connections to it that are still there, {2} attempts "
                   "dropped by its listeners");
            text.values.emplace_back(static_cast<std::int64_t>(*view.drops_by_listeners));
        } else if (!view.listeners.empty()) {
            text.text =
                N_("within {0}: {1} new connections to it that are still there; how many attempts "
                   "its listeners dropped is not known");
        }
        item("-", render(text));
        if (view.new_half_open.value_or(0) > 0) {
            item("-", render(Message{
                          N_("within {0}: {1} handshakes began and are not complete"),
                          {*report_.interval, static_cast<std::int64_t>(*view.new_half_open)}}));
        }
        if (view.counter_increases.empty()) {
            return;
        }
        std::string counters;
        for (const auto& [name, increase] : view.counter_increases) {
            counters += fmt::format("{}{} +{}", counters.empty() ? "" : ", ", name, increase);
        }
        item("-", render(Message{N_("of all ports together: {0}"), {counters}}));
    }

    void read_from_text() {
        const Paste& paste = *report_.seen->paste;
        paragraph("", render(Message{N_("Read: {0}"), {paste_summary(paste)}}));
        const auto unread = unread_lines(paste);
        for (std::size_t i = 0; i < unread.size(); ++i) {
            paragraph(i == 0 ? "" : "  ",
                      i == 0 ? inked(screen_, Ink::Yellow, unread[i]) : unread[i]);
        }
    }

    // After the findings: what the text cannot tell, and what to ask for.
    void left_open() {
        if (!report_.paste) {
            return;
        }
        out_ += '\n';
        if (!report_.paste->not_visible.empty()) {
            paragraph("", inked(screen_, Ink::Bold, _("Not visible in this text")));
            for (const Message& each : report_.paste->not_visible) {
                item("-", render(each));
            }
        }
        paragraph("", inked(screen_, Ink::Bold,
                            report_.interval
                                ? _("To be sure, send:")
                                : _("To be sure, send (twice, a minute apart, so that growth "
                                    "shows):")));
        out_ += std::string(kDetailIndent, ' ') + report_.paste->deciding_command + '\n';
    }

    void looked_at() {
        const Observations& seen = *report_.seen;
        if (seen.paste) {
            read_from_text();
            return;
        }
        std::string text = render(Message{
            N_("Looked at: sockets {0}, processes that hold them {1}, kernel counters {2}, kernel "
               "options {3}."),
            {static_cast<std::int64_t>(seen.connections.size()),
             static_cast<std::int64_t>(seen.processes.size()),
             static_cast<std::int64_t>(seen.counters.all().size()),
             static_cast<std::int64_t>(seen.options.all().size())}});
        text += ' ';
        text += report_.interval
                    ? render(Message{N_("Two looks, {0} apart."), {*report_.interval}})
                    : std::string(_("One look: what grows is not visible (--sample 10 shows it)."));
        paragraph("", text);
    }

    void not_seen() {
        for (const Unseen& unseen : report_.seen->coverage.unseen) {
            paragraph("", inked(screen_, Ink::Yellow,
                                render(Message{N_("Not seen: {0} {1}"),
                                               {render(unseen.what), render(unseen.remedy)}})));
        }
    }

    void item(std::string_view mark, const std::string& text) {
        paragraph(std::string(kDetailIndent, ' ') + std::string(mark) + " ", text);
    }

    const Report& report_;
    const Screen& screen_;
    std::size_t width_;
    std::string out_;
};

}  // namespace

std::string report_text(const Report& report, const Screen& screen) {
    return ReportWriter(report, screen).write();
}

}  // namespace tcpdx
