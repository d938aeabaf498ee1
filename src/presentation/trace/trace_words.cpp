#include "presentation/trace/trace_words.h"

#include <cstring>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::trace {
namespace {

void append(std::string& text, std::string_view more) {
    text += text.empty() ? "" : "; ";
    text += more;
}

// What is known of the end when the table of transitions could not be asked.
std::string end_as_seen(const Life& life) {
    if (life.error != 0) {
        return error_name(life.error);
    }
    return life.reset_by == Closer::Local ? _("RST sent") : "";
}

}  // namespace

std::string_view name_of(Closer closer) {
    switch (closer) {
        case Closer::Unknown:
            return "";
        case Closer::Local:
            return "local";
        case Closer::Peer:
            return "peer";
        case Closer::Both:
            return "both";
    }
    return "";
}

const char* word_for(Closer closer) {
    switch (closer) {
        case Closer::Unknown:
            return "-";
        case Closer::Local:
            return _("this end");
        case Closer::Peer:
            return _("peer");
        case Closer::Both:
            return _("both");
    }
    return "";
}

std::string_view name_of(Flaw flaw) {
    switch (flaw) {
        case Flaw::None:
            return "";
        case Flaw::StepsMissed:
            return "steps-missed";
        case Flaw::Illegal:
            return "illegal";
    }
    return "";
}

std::string_view name_of(EventKind kind) {
    switch (kind) {
        case EventKind::StateChange:
            return "state-change";
        case EventKind::RequestStarted:
            return "request-started";
        case EventKind::RequestExpired:
            return "request-expired";
        case EventKind::RequestStopped:
            return "request-stopped";
        case EventKind::TimeWaitStarted:
            return "time-wait-started";
        case EventKind::TimeWaitExpired:
            return "time-wait-expired";
        case EventKind::TimeWaitStopped:
            return "time-wait-stopped";
        case EventKind::Retransmission:
            return "retransmission";
        case EventKind::SynAckRepeated:
            return "syn-ack-repeated";
        case EventKind::ResetSent:
            return "reset-sent";
        case EventKind::ResetReceived:
            return "reset-received";
        case EventKind::ErrorReported:
            return "error";
        case EventKind::PacketDropped:
            return "drop";
        case EventKind::OwnerSeen:
            return "owner";
        case EventKind::Released:
            return "released";
    }
    return "";
}

std::string word_for(EventKind kind) {
    switch (kind) {
        case EventKind::Retransmission:
            return _("retransmitted");
        case EventKind::SynAckRepeated:
            return _("SYN+ACK sent again");
        case EventKind::ResetSent:
            return _("RST sent");
        case EventKind::ResetReceived:
            return _("RST received");
        case EventKind::ErrorReported:
            return _("error reported");
        case EventKind::PacketDropped:
            return _("packet dropped");
        case EventKind::Released:
            return _("closed by program");
        case EventKind::StateChange:
        case EventKind::RequestStarted:
        case EventKind::RequestExpired:
        case EventKind::RequestStopped:
        case EventKind::TimeWaitStarted:
        case EventKind::TimeWaitExpired:
        case EventKind::TimeWaitStopped:
        case EventKind::OwnerSeen:
            break;
    }
    return std::string(name_of(kind));
}

std::string error_name(int error) {
    const char* name = ::strerrorname_np(error);
    return name == nullptr ? std::to_string(error) : name;
}

std::string reason_for(const Transition& transition) {
    std::string text = _(transition.cause);
    if (transition.sent != SegmentSent::None) {
        text += can_show_unicode() ? " → " : " -> ";
        text += segment_name(transition.sent);
    }
    return text;
}

std::string reason_for(const Life& life, std::size_t index, const ReasonNames& names) {
    const Step& step = life.steps()[index];
    const bool ends = step.state == TcpState::Closed && index + 1 == life.steps().size();
    std::string text;
    if (step.flaw == Flaw::StepsMissed) {
        text = _("steps before this were not seen");
    } else if (step.flaw == Flaw::Illegal) {
        text = _("no such transition is known");
    } else if (step.cause != nullptr) {
        text = reason_for(*step.cause);
    } else if (ends) {
        text = end_as_seen(life);
    }
    if (state_before(life, index) == step.state && step.flaw == Flaw::None) {
        text = _("no program has it any more; a mini-socket takes over");
    }
    if (ends && life.ending == Ending::NoSourcePort) {
        text = _("connect() failed: no source port");
    }
    if (text.empty()) {
        text = _("cause not seen");
    }
    if (ends) {
        if (life.reset_by == Closer::Local) {
            if (const auto reason = names.reset(life.reset_reason); !reason.empty()) {
                append(text, reason);
            }
        }
        if (life.ending == Ending::Unreachable || life.ending == Ending::TimedOut) {
            append(text, error_name(life.error));
        }
        if (life.syn_retransmissions > 0 && life.ending == Ending::Unanswered) {
            append(text, tcpdx::render(
                             {N_("sent {0} times"), {std::int64_t{life.syn_retransmissions} + 1}}));
        }
    } else if (step.state == TcpState::Established && life.fast_open) {
        append(text, _("fast open"));
    }
    return text;
}

std::string reason_for(const Event& event, const ReasonNames& names) {
    switch (event.kind) {
        case EventKind::ResetSent:
            return std::string(names.reset(event.reason));
        case EventKind::PacketDropped: {
            const auto name = names.drop(event.reason);
            return name.empty() ? std::to_string(event.reason) : std::string(name);
        }
        case EventKind::ErrorReported:
            return error_name(event.error);
        case EventKind::Retransmission:
            return event.error != 0 ? error_name(event.error) : std::string();
        case EventKind::StateChange:
        case EventKind::RequestStarted:
        case EventKind::RequestExpired:
        case EventKind::RequestStopped:
        case EventKind::TimeWaitStarted:
        case EventKind::TimeWaitExpired:
        case EventKind::TimeWaitStopped:
        case EventKind::SynAckRepeated:
        case EventKind::ResetReceived:
        case EventKind::OwnerSeen:
        case EventKind::Released:
            break;
    }
    return {};
}

}  // namespace tcpdx::trace
