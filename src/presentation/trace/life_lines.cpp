#include "presentation/trace/life_lines.h"

#include <charconv>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/list/printable.h"
#include "presentation/text/display_width.h"
#include "presentation/trace/trace_words.h"

namespace tcpdx::trace {
namespace {

constexpr std::size_t kHow = 16;
constexpr std::size_t kCloser = 9;
constexpr std::size_t kNumber = 9;

char* append_count(char* out, const std::optional<std::uint64_t>& count) {
    char* const begin = out;
    if (count) {
        out = std::to_chars(out, out + 20, *count).ptr;
    } else {
        *out++ = '-';
    }
    return pad(out, begin, kNumber);
}

}  // namespace

LifeLines::LifeLines(OutputStream& out, const TraceContext& context, bool header)
    : out_(out), context_(context), cells_(context) {
    if (header) {
        out_.write(inked(context_.screen, Ink::Bold,
                         pad_right(_("Ended"), kTimeColumns + 2) +
                             pad_right(_("Lasted"), kDwellColumns + 2) +
                             pad_right(_("How"), kHow + 2) + pad_right(_("1st FIN"), kCloser + 2) +
                             pad_right(_("Sent"), kNumber + 2) +
                             pad_right(_("Received"), kNumber + 2) +
                             pad_right(_("Retrans"), kNumber + 2) + cells_.header() + _("States")) +
                   '\n');
    }
}

void LifeLines::stepped(const Life& /*life*/, std::size_t /*index*/) {}

void LifeLines::happened(const Event& /*event*/, const Life* /*life*/) {}

// "reset" alone would leave open who did it.
char* LifeLines::append_how(char* out, const Life& life) const {
    char* const begin = out;
    out = append(out, word_for(life.ending));
    if (life.ending == Ending::Reset) {
        out = append(append(append(out, " ("), word_for(life.reset_by)), ")");
    }
    return pad(out, begin, kHow);
}

char* LifeLines::append_states(char* out, const Life& life) const {
    const auto steps = life.steps();
    if (!life.began_as) {
        out = append(out, _("older than this trace"));
        out = append(out, ": ");
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const bool last = i + 1 == steps.size();
        if (last && life.ended()) {
            break;
        }
        out = append(append(out, i == 0 ? "" : ", "), rfc_name(steps[i].state));
        *out++ = ' ';
        out = last ? append(out, "...") : dwell_.append(out, dwell_in(life, i, {}));
        if (steps[i].flaw != Flaw::None) {
            *out++ = '?';
        }
    }
    const std::size_t last = steps.size() - 1;
    if (life.ended() && life.ending != Ending::Closed) {
        out = append(out, "; ");
        out = append_printable(out, reason_for(life, last, *context_.reasons), 512);
    }
    if (life.syn_cookie) {
        out = append(append(out, "; "), _("SYN cookie"));
    }
    if (life.fast_open) {
        out = append(append(out, "; "), _("fast open"));
    }
    if (!life.complete() && life.began_as) {
        out = append(append(out, "; "), _("incomplete"));
    } else if (life.details_lost) {
        out = append(append(out, "; "), _("details may be missing"));
    }
    return out;
}

void LifeLines::ended(const Life& life) {
    if (life.is_listener()) {
        return;
    }
    char* out = out_.row();
    out = pad(context_.clock.append_time_of_day(out, life.last().latest), out, kTimeColumns);
    char* begin = out;
    out = pad(dwell_.append(out, whole_life(life)), begin, kDwellColumns);
    out = append_how(out, life);
    begin = out;
    out = pad(append(out, word_for(life.first_fin)), begin, kCloser);
    out = append_count(out, life.bytes_sent);
    out = append_count(out, life.bytes_received);
    out = append_count(out, life.retransmissions);
    out = cells_.append_ends(out, life.local, life.remote, life.network_namespace);
    out = cells_.append_owner(out, &life);
    out = append_states(out, life);
    *out++ = '\n';
    out_.commit(out);
}

}  // namespace tcpdx::trace
