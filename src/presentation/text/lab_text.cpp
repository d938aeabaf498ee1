#include "presentation/text/lab_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "presentation/text/display_width.h"
#include "presentation/text/text_page.h"

namespace tcpdx {
namespace {

// | time 7 | call 10 | state 11 | arrow 24 | state 11 | call 10 | and gaps: 78 columns.
constexpr std::size_t kTimeColumns = 7;
constexpr std::size_t kCallColumns = 10;
constexpr std::size_t kStateColumns = 11;
constexpr std::size_t kArrowColumns = 24;
// Of a long story its beginning and its end.
constexpr std::size_t kFirstRungs = 14;
constexpr std::size_t kLastRungs = 14;
constexpr std::size_t kMostSockets = 12;
constexpr const char* kNoSocket = "-";

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) {
        text += piece;
    }
    return text;
}

std::string arrow_of(const LabRung& rung, bool unicode) {
    if (!rung.from) {
        return std::string(kArrowColumns, ' ');
    }
    const std::string_view line = unicode ? (rung.again ? "╌" : "─") : (rung.again ? "." : "-");
    const std::string name = fmt::format(" {} ", rung.segment);
    const std::size_t rest = kArrowColumns - 1 - std::min(name.size(), kArrowColumns - 1);
    const std::string before = repeated(line, rest / 2);
    const std::string behind = repeated(line, rest - rest / 2);
    const std::string_view lost = unicode ? "✗" : "X";
    if (*rung.from == LabEnd::Kernel) {
        return before + name + behind + std::string(rung.lost ? lost : unicode ? "▶" : ">");
    }
    return std::string(rung.lost ? lost : unicode ? "◀" : "<") + before + name + behind;
}

std::string line_of(std::string_view time, std::string_view left_call, std::string_view left,
                    std::string_view arrow, std::string_view right, std::string_view right_call) {
    std::string line = fmt::format(
        "{} {} {} {} {} {}", pad_left(time, kTimeColumns), pad_left(left_call, kCallColumns),
        pad_right(left, kStateColumns), arrow, pad_right(right, kStateColumns), right_call);
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
}

std::string seconds_of(std::chrono::microseconds at) {
    return fmt::format("{:.3f}", std::chrono::duration<double>(at).count());
}

std::string state_name(std::optional<TcpState> state) {
    return state && *state != TcpState::Closed ? std::string(netstat_name(*state)) : kNoSocket;
}

bool sends(const LabRung& call, const LabRung& segment) {
    const auto is_a = [&](std::string_view what) {
        return segment.segment.find(what) != std::string::npos;
    };
    return (call.call == "connect()" && is_a("SYN")) || (call.call == "send()" && is_a("data")) ||
           ((call.call == "shutdown()" || call.call == "close()") && (is_a("FIN") || is_a("RST")));
}

// A call and the segment that it sends share a line, also where something happened at the other end
// in between.
std::vector<LabRung> joined(const std::vector<LabRung>& rungs) {
    std::vector<LabRung> lines;
    for (const LabRung& rung : rungs) {
        lines.push_back(rung);
        if (!rung.from) {
            continue;
        }
        const auto call = std::find_if(lines.rbegin() + 1, lines.rend(), [&](const LabRung& line) {
            return !line.from && line.caller == rung.from && sends(line, rung);
        });
        if (call != lines.rend()) {
            lines.back().call = call->call;
            lines.back().caller = call->caller;
            lines.erase(std::next(call).base());
        }
    }
    return lines;
}

const char* timer_text(TimerKind kind) {
    switch (kind) {
        case TimerKind::Retransmit:
            return N_(
                "The kernel's retransmission timer goes off in {0}; retransmissions it "
                "counts: {1}.");
        case TimerKind::Keepalive:
            return N_("The kernel's timer for it ends in {0}.");
        case TimerKind::TimeWait:
            return N_("The kernel's timer for it ends in {0}.");
        case TimerKind::ZeroWindow:
            return N_("The kernel asks for the peer's window again in {0}; times it asked: {1}.");
        case TimerKind::None:
            break;
    }
    return N_("No timer of the kernel runs for it.");
}

const char* owner_text(const Connection& socket) {
    switch (socket.kind) {
        case SocketKind::RequestSocket:
            return N_("It is a half-open request: no program has it yet.");
        case SocketKind::TimeWaitSocket:
            return N_("No program has it any more; the kernel keeps only what it needs.");
        case SocketKind::Full:
            break;
    }
    return socket.inode.value_or(1) == 0 ? N_("No program has it any more.")
                                         : N_("A program has it.");
}

// Numbers that look wrong to whoever does not know what the kernel counts.
std::vector<const char*> notes_on(const LabResult& result, const Connection& socket) {
    std::vector<const char*> notes;
    const bool opening = socket.state == TcpState::SynSent;
    const bool fin_sent = socket.state == TcpState::FinWait1 || socket.state == TcpState::Closing ||
                          socket.state == TcpState::LastAck;
    const bool fin_received = socket.state == TcpState::CloseWait ||
                              socket.state == TcpState::Closing ||
                              socket.state == TcpState::LastAck;
    if (fin_received && socket.receive_queue == 1U) {
        notes.push_back(N_("The 1 in Recv-Q is the peer's FIN: there is no data to read."));
    }
    if (opening && socket.send_queue == 1U) {
        notes.push_back(N_("The 1 in Send-Q is the SYN, which is not acknowledged."));
    }
    if (fin_sent && socket.send_queue == 1U) {
        notes.push_back(N_("The 1 in Send-Q is the FIN, which is not acknowledged."));
    }
    const auto again = std::count_if(
        result.rungs.begin(), result.rungs.end(),
        [](const LabRung& rung) { return rung.from == LabEnd::Kernel && rung.again; });
    if (fin_sent && socket.timer && socket.timer->kind == TimerKind::Retransmit &&
        again == std::int64_t{socket.timer->retransmits} + 1) {
        notes.push_back(
            N_("The first time that it was sent again was a tail loss probe (RFC 8985): it comes "
               "early, and the kernel does not count it."));
    }
    return notes;
}

}  // namespace

std::string lab_heading(const LabResult& result, const Screen& screen) {
    TextPage page(screen);
    page.line(inked(screen, Ink::Bold, fmt::format("{}: {}", result.name, _(result.title))));
    page.paragraph(_(result.text));
    return page.take();
}

std::string lab_told(const Message& told, const Screen& screen) {
    TextPage page(screen);
    page.item("- ", render(told));
    return page.take();
}

std::string lab_rung(const LabRung& rung, bool unicode) {
    const bool left = rung.caller == LabEnd::Kernel;
    return line_of(seconds_of(rung.at), left ? rung.call : "", state_name(rung.kernel),
                   arrow_of(rung, unicode), state_name(rung.peer), left ? "" : rung.call);
}

std::string lab_ladder(const LabResult& result, const Screen& screen, bool unicode) {
    if (std::none_of(result.rungs.begin(), result.rungs.end(),
                     [](const LabRung& rung) { return rung.from.has_value(); })) {
        return {};
    }
    TextPage page(screen);
    const std::size_t to_left = kTimeColumns + 1 + kCallColumns + 1;
    const std::size_t between = kStateColumns + 1 + kArrowColumns + 1;
    page.line("");
    page.line(std::string(to_left, ' ') + pad_right(_("this kernel"), between) + _("the peer"));
    page.line(pad_left(_("seconds"), kTimeColumns) + std::string(to_left - kTimeColumns, ' ') +
              pad_right(to_string(result.kernel), between) + to_string(result.peer));
    std::string block;
    const std::vector<LabRung> lines = joined(result.rungs);
    // No state comes twice in a connection's life. Where segments cross, a line can tell of an
    // earlier moment of one end than the line above it.
    std::set<std::string> kernels;
    std::set<std::string> peers;
    const auto news_of = [](std::set<std::string>& shown, const std::string& state) {
        return shown.insert(state).second ? state : std::string();
    };
    const std::size_t left_out =
        lines.size() > kFirstRungs + kLastRungs ? lines.size() - kFirstRungs - kLastRungs : 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (left_out > 0 && i == kFirstRungs) {
            block += std::string(to_left, ' ') +
                     render(Message{N_("... {0} lines are left out ..."),
                                    {static_cast<std::int64_t>(left_out)}}) +
                     '\n';
            i += left_out;
        }
        const LabRung& rung = lines[i];
        const bool left = rung.caller == LabEnd::Kernel;
        const std::string kernel = state_name(rung.kernel);
        const std::string peer = state_name(rung.peer);
        block += line_of(seconds_of(rung.at), left ? rung.call : "", news_of(kernels, kernel),
                         arrow_of(rung, unicode), news_of(peers, peer), left ? "" : rung.call);
    }
    page.block(block);
    const auto any = [&](bool LabRung::*mark) {
        return std::any_of(lines.begin(), lines.end(),
                           [&](const LabRung& rung) { return rung.*mark; });
    };
    if (kernels.contains(kNoSocket) || peers.contains(kNoSocket)) {
        page.item("- ", _("no such connection"), kTimeColumns + 1);
    }
    if (any(&LabRung::lost)) {
        page.item(unicode ? "✗ " : "X ", _("does not arrive"), kTimeColumns + 1);
    }
    if (any(&LabRung::again)) {
        page.item(unicode ? "╌ " : ". ", _("sent again"), kTimeColumns + 1);
    }
    return page.take();
}

std::string lab_netstat(const LabResult& result, const Screen& screen) {
    TextPage page(screen);
    page.line("");
    page.paragraph(_("Inside the lab, `netstat -ant` shows:"));
    std::string_view rest = result.netstat;
    std::size_t sockets = 0;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
        if (sockets++ < kMostSockets + 2) {
            page.line(rest.substr(0, end));  // netstat's lines are 80 columns wide
        }
        rest.remove_prefix(end + 1);
    }
    if (sockets > kMostSockets + 2) {
        page.line(render(Message{N_("... and {0} more"),
                                 {static_cast<std::int64_t>(sockets - kMostSockets - 2)}}));
    }
    return page.take();
}

std::string lab_socket_line(const Connection& socket) {
    std::string text(netstat_name(socket.state));
    if (socket.age.known()) {
        text = render(Message{N_("{0} for {1}."), {text, render(socket.age)}});
    } else {
        text += '.';
    }
    text +=
        std::string(" ") + (socket.is_listener() ? _("A program has it.") : _(owner_text(socket)));
    const Timer timer = socket.timer.value_or(Timer{});
    text += " " + render(Message{
                      timer_text(timer.kind),
                      {std::chrono::milliseconds(timer.expires), std::int64_t{timer.retransmits}}});
    return text;
}

std::string lab_change(std::chrono::milliseconds at, const std::optional<Connection>& socket,
                       const Screen& screen) {
    TextPage page(screen);
    page.paragraph(render(
        Message{N_("after {0}: {1}"),
                {at, socket ? lab_socket_line(*socket) : std::string(_("the socket is gone."))}}));
    return page.take();
}

std::string lab_held(const LabResult& result, const Screen& screen) {
    TextPage page(screen);
    const LabHeld& held = *result.held;
    page.line("");
    page.line(inked(screen, Ink::Bold, _("What the kernel's socket table says")));
    page.paragraph(held.socket ? lab_socket_line(*held.socket)
                               : std::string(_("The kernel has no such socket any more.")),
                   2);
    if (held.socket) {
        for (const char* note : notes_on(result, *held.socket)) {
            page.paragraph(_(note), 2);
        }
    }
    if (held.peer) {
        page.paragraph(*held.peer == TcpState::Closed
                           ? std::string(_("The peer has forgotten the connection already."))
                           : render(Message{N_("The peer is in {0}."), {state_name(held.peer)}}),
                       2);
    }
    page.heading(_("What ends it, and when"));
    page.paragraph(_(result.ending), 2);
    if (!held.schedule.empty()) {
        page.paragraph(render(held.schedule), 2);
    }
    for (const std::string& option : held.options) {
        page.line(option, 4);
    }
    return page.take();
}

std::string lab_look(const LabLook& look, const Screen& screen) {
    TextPage page(screen);
    page.line("");
    page.line(inked(screen, Ink::Bold, "$ " + look.command));
    page.block(look.text);
    const auto list = [](const std::vector<std::string>& ids) {
        std::string text;
        for (const std::string& id : ids) {
            text += (text.empty() ? "" : ", ") + id;
        }
        return text.empty() ? std::string("-") : text;
    };
    page.gap();
    if (look.right) {
        page.paragraph(look.expected.empty()
                           ? std::string(_("This is right: nothing is wrong here."))
                           : render(Message{N_("This is right: {0}."), {list(look.expected)}}));
    } else {
        page.paragraph(render(Message{N_("This is wrong: {0} was to be found, and {1} was."),
                                      {list(look.expected), list(look.found)}}));
    }
    page.line("");
    return page.take();
}

std::string lab_list(std::span<const LabEntry> entries, const Screen& screen) {
    TextPage page(screen);
    std::size_t widest = 0;
    for (const LabEntry& entry : entries) {
        widest = std::max(widest, entry.name.size());
    }
    const auto group = [&](bool states) {
        for (const LabEntry& entry : entries) {
            if (entry.holds.has_value() == states) {
                page.item(pad_right(entry.name, widest + 2), _(entry.title));
            }
        }
    };
    page.heading(_("States that the kernel's socket is held in"));
    group(true);
    page.heading(_("Scenarios, each with what tcpdx says of it"));
    group(false);
    return page.take();
}

}  // namespace tcpdx
