#include "presentation/cause_names.h"

namespace tcpdx {

std::string_view name_of(CauseKind kind) {
    switch (kind) {
        case CauseKind::SystemCall:
            return "system-call";
        case CauseKind::Segment:
            return "segment";
        case CauseKind::Timer:
            return "timer";
        case CauseKind::Limit:
            return "limit";
    }
    return "";
}

}  // namespace tcpdx
