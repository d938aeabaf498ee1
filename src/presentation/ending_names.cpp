#include "presentation/ending_names.h"

#include "presentation/i18n.h"

namespace tcpdx::trace {

std::string_view name_of(Ending ending) {
    switch (ending) {
        case Ending::Open:
            return "open";
        case Ending::Closed:
            return "closed";
        case Ending::Reset:
            return "reset";
        case Ending::Refused:
            return "refused";
        case Ending::Unreachable:
            return "unreachable";
        case Ending::Unanswered:
            return "unanswered";
        case Ending::TimedOut:
            return "timed-out";
        case Ending::Orphaned:
            return "orphaned";
        case Ending::NoSourcePort:
            return "no-source-port";
        case Ending::Dropped:
            return "dropped";
        case Ending::Unseen:
            return "unseen";
    }
    return "";
}

const char* word_for(Ending ending) {
    switch (ending) {
        case Ending::Open:
            return _("still open");
        case Ending::Closed:
            return _("closed normally");
        case Ending::Reset:
            return _("reset");
        case Ending::Refused:
            return _("refused");
        case Ending::Unreachable:
            return _("unreachable");
        case Ending::Unanswered:
            return _("unanswered");
        case Ending::TimedOut:
            return _("timed out");
        case Ending::Orphaned:
            return _("orphaned");
        case Ending::NoSourcePort:
            return _("no source port");
        case Ending::Dropped:
            return _("dropped");
        case Ending::Unseen:
            return _("end not seen");
    }
    return "";
}

}  // namespace tcpdx::trace
