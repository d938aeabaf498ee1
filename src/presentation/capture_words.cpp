#include "presentation/capture_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/i18n.h"
#include "presentation/i18n.h"

namespace tcpdx {

std::string_view outcome_name(CapturedOutcome outcome) {
    switch (outcome) {
        case CapturedOutcome::Closed:
            return "closed";
        case CapturedOutcome::Closing:
            return "closing";
        case CapturedOutcome::HalfClosed:
            return "half-closed";
        case CapturedOutcome::Reset:
            return "reset";
        case CapturedOutcome::Refused:
            return "refused";
        case CapturedOutcome::RefusedIcmp:
            return "refused-icmp";
        case CapturedOutcome::Unanswered:
            return "unanswered";
        case CapturedOutcome::HalfOpen:
            return "half-open";
        case CapturedOutcome::Aborted:
            return "aborted";
        case CapturedOutcome::Open:
            return "open";
        case CapturedOutcome::Stray:
            return "stray";
    }
    return "";
}

std::string_view limit_name(CaptureLimit limit) {
    switch (limit) {
        case CaptureLimit::StartsMidWay:
            return "starts-mid-way";
        case CaptureLimit::EndsMidWay:
            return "ends-mid-way";
        case CaptureLimit::OneDirection:
            return "one-direction";
        case CaptureLimit::PacketsMissing:
            return "packets-missing";
        case CaptureLimit::HeadersCut:
            return "headers-cut";
        case CaptureLimit::NoTimes:
            return "no-times";
        case CaptureLimit::ArrivalAssumed:
            return "arrival-assumed";
        case CaptureLimit::FinNotSent:
            return "fin-not-sent";
        case CaptureLimit::SilentTimeout:
            return "silent-timeout";
        case CaptureLimit::CloseOrder:
            return "close-order";
        case CaptureLimit::ListenerUnknown:
            return "listener-unknown";
        case CaptureLimit::MarksLimited:
            return "marks-limited";
        case CaptureLimit::SynNotSent:
            return "syn-not-sent";
    }
    return "";
}

std::string_view cause_name(CapturedCause cause) {
    switch (cause) {
        case CapturedCause::Start:
            return "start";
        case CapturedCause::Sent:
            return "sent";
        case CapturedCause::Received:
            return "received";
        case CapturedCause::Icmp:
            return "icmp";
        case CapturedCause::Unseen:
            return "unseen";
        case CapturedCause::NewOpen:
            return "new-open";
    }
    return "";
}

std::string_view mark_name(SegmentMark mark) {
    switch (mark) {
        case SegmentMark::Syn:
            return "syn";
        case SegmentMark::SynAgain:
            return "syn-again";
        case SegmentMark::SynAck:
            return "syn-ack";
        case SegmentMark::SynAckAgain:
            return "syn-ack-again";
        case SegmentMark::Ack:
            return "ack-of-syn";
        case SegmentMark::AckAgain:
            return "ack-of-syn-again";
        case SegmentMark::Data:
            return "data";
        case SegmentMark::Fin:
            return "fin";
        case SegmentMark::FinAgain:
            return "fin-again";
        case SegmentMark::AckOfFin:
            return "ack-of-fin";
        case SegmentMark::AckOfFinAgain:
            return "ack-of-fin-again";
        case SegmentMark::Rst:
            return "rst";
        case SegmentMark::RstIgnored:
            return "rst-ignored";
        case SegmentMark::IcmpError:
            return "icmp-error";
        case SegmentMark::ZeroWindow:
            return "zero-window";
        case SegmentMark::WindowOpen:
            return "window-open";
        case SegmentMark::Speaks:
            return "ack";
        case SegmentMark::NewSyn:
            return "new-syn";
        case SegmentMark::AfterRst:
            return "after-rst";
        case SegmentMark::BusySince:
            return "busy-since";
        case SegmentMark::DataAgain:
            return "data-again";
        case SegmentMark::FinBefore:
            return "fin-before";
        case SegmentMark::MayBeFin:
        case SegmentMark::LastHeard:
            return "may-be-fin";
    }
    return "";
}

std::string_view near_name(NearEnd near) {
    switch (near) {
        case NearEnd::Unknown:
            return "unknown";
        case NearEnd::First:
            return "first";
        case NearEnd::Second:
            return "second";
        case NearEnd::Both:
            return "both";
        case NearEnd::Between:
            return "between";
    }
    return "";
}

const char* outcome_text(CapturedOutcome outcome) {
    switch (outcome) {
        case CapturedOutcome::Closed:
            return N_("closed");
        case CapturedOutcome::Closing:
            return N_("last ACK not seen");
        case CapturedOutcome::HalfClosed:
            return N_("half closed");
        case CapturedOutcome::Reset:
            return N_("reset");
        case CapturedOutcome::Refused:
            return N_("refused (RST)");
        case CapturedOutcome::RefusedIcmp:
            return N_("refused (ICMP)");
        case CapturedOutcome::Unanswered:
            return N_("no answer");
        case CapturedOutcome::HalfOpen:
            return N_("half open");
        case CapturedOutcome::Aborted:
            return N_("given up by opener");
        case CapturedOutcome::Open:
            return N_("no end seen");
        case CapturedOutcome::Stray:
            return N_("stray segments");
    }
    return "";
}

const char* limit_text(CaptureLimit limit) {
    switch (limit) {
        case CaptureLimit::StartsMidWay:
            return N_(
                "The capture has no start of this connection: earlier states are those that "
                "the packets leave possible.");
        case CaptureLimit::EndsMidWay:
            return N_("The capture has no end of this connection.");
        case CaptureLimit::OneDirection:
            return N_(
                "Only one end's packets were captured; the other end is inferred from what "
                "these acknowledge.");
        case CaptureLimit::PacketsMissing:
            return N_(
                "Data was acknowledged that is not in the capture: packets are missing here "
                "that did arrive.");
        case CaptureLimit::HeadersCut:
            return N_("The snap length cut TCP headers, so not every flag could be read.");
        case CaptureLimit::NoTimes:
            return N_("Times are missing or go backwards; durations mean little.");
        case CaptureLimit::ArrivalAssumed:
            return N_(
                "That the last segments arrived at the far end is assumed: nothing in the "
                "capture contradicts it.");
        case CaptureLimit::FinNotSent:
            return N_(
                "Behind a closed window a close() shows no FIN: FIN-WAIT-1 may have begun "
                "unseen.");
        case CaptureLimit::SilentTimeout:
            return N_(
                "An end that gives up by a timer sends nothing, so CLOSED may have come "
                "unseen.");
        case CaptureLimit::CloseOrder:
            return N_(
                "Both ends closed at once: which FIN comes first depends on where the "
                "capture was made.");
        case CaptureLimit::ListenerUnknown:
            return N_("Whether anybody listens there, and whether the SYN arrived, is not known.");
        case CaptureLimit::MarksLimited:
            return N_("More repetitions than are shown one by one.");
        case CaptureLimit::SynNotSent:
            return N_(
                "The sender that this SYN names went on with the connection before on these "
                "ports, so it did not send it: it was forged on the way, or came from another "
                "host behind the same address.");
    }
    return "";
}

std::string segment_label(const CapturedSegment& segment) {
    switch (segment.mark) {
        case SegmentMark::Syn:
        case SegmentMark::SynAgain:
        case SegmentMark::NewSyn:
            return "SYN";
        case SegmentMark::SynAck:
        case SegmentMark::SynAckAgain:
            return "SYN+ACK";
        case SegmentMark::Ack:
        case SegmentMark::AckAgain:
        case SegmentMark::AckOfFin:
        case SegmentMark::AckOfFinAgain:
        case SegmentMark::Speaks:
        case SegmentMark::AfterRst:
        case SegmentMark::BusySince:
        case SegmentMark::FinBefore:
        case SegmentMark::MayBeFin:
        case SegmentMark::LastHeard:
            return "ACK";
        case SegmentMark::Data:
        case SegmentMark::DataAgain:
            return "DATA";
        case SegmentMark::Fin:
        case SegmentMark::FinAgain:
            return "FIN+ACK";
        case SegmentMark::Rst:
        case SegmentMark::RstIgnored:
            return "RST";
        case SegmentMark::IcmpError:
            return fmt::format("ICMP {}/{}", segment.icmp_type, segment.icmp_code);
        case SegmentMark::ZeroWindow:
            return "ACK win=0";
        case SegmentMark::WindowOpen:
            return "ACK win>0";
    }
    return "";
}

bool is_too_many(const StateSet& possible) {
    constexpr std::ptrdiff_t kMostNamed = 4;
    return std::count_if(kAllTcpStates.begin(), kAllTcpStates.end(),
                         [&](TcpState state) { return possible.contains(state); }) > kMostNamed;
}

std::string possible_states(const StateSet& possible) {
    if (is_too_many(possible)) {
        return _("many possible");
    }
    std::string text;
    for (const TcpState state : kAllTcpStates) {
        if (possible.contains(state)) {
            text += text.empty() ? "" : " | ";
            text += rfc_name(state);
        }
    }
    return text;
}

}  // namespace tcpdx
