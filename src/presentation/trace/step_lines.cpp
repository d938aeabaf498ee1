#include "presentation/trace/step_lines.h"

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/list/printable.h"
#include "presentation/text/display_width.h"
#include "presentation/trace/trace_words.h"

namespace tcpdx::trace {
namespace {

constexpr std::size_t kStateColumns = 26;
constexpr std::size_t kMostReasonBytes = 512;
constexpr std::size_t kStates = kAllTcpStates.size();

}  // namespace

StepLines::StepLines(OutputStream& out, const TraceContext& context, Look look)
    : out_(out), context_(context), look_(look), cells_(context) {
    prepare_states();
    prepare_reasons();
    if (look_.header) {
        out_.write(inked(context_.screen, Ink::Bold,
                         pad_right(_("Time"), kTimeColumns + 2) +
                             pad_right(_("State"), kStateColumns + 2) +
                             pad_right(_("Lasted"), kDwellColumns + 2) + cells_.header() +
                             _("Why")) +
                   '\n');
    }
}

void StepLines::prepare_states() {
    const std::string arrow = can_show_unicode() ? " → " : " > ";
    for (std::size_t from = 0; from <= kStates; ++from) {
        for (const TcpState to : kAllTcpStates) {
            const std::string_view name =
                from < kStates ? rfc_name(kAllTcpStates.at(from)) : std::string_view("?");
            states_.push_back(pad_right(std::string(name) + arrow + std::string(rfc_name(to)),
                                        kStateColumns + 2));
        }
    }
}

void StepLines::prepare_reasons() {
    for (const Transition& row : transitions()) {
        reasons_.push_back(reason_for(row));
    }
}

const std::string& StepLines::state_cell(std::optional<TcpState> from, TcpState to) const {
    const std::size_t row = from ? static_cast<std::size_t>(*from) : kStates;
    return states_.at(row * kStates + static_cast<std::size_t>(to));
}

char* StepLines::append_reason(char* out, const Life& life, std::size_t index) const {
    const Step& step = life.steps()[index];
    const bool more_to_say =
        step.state == TcpState::Closed ? life.ending != Ending::Closed : life.fast_open;
    if (step.cause != nullptr && step.flaw == Flaw::None && !more_to_say) {
        return append(out,
                      reasons_.at(static_cast<std::size_t>(step.cause - transitions().data())));
    }
    return append_printable(out, reason_for(life, index, *context_.reasons), kMostReasonBytes);
}

void StepLines::stepped(const Life& life, std::size_t index) {
    const Step& step = life.steps()[index];
    char* out = out_.row();
    out = pad(context_.clock.append_time_of_day(out, step.latest), out, kTimeColumns);
    out = append(out, state_cell(state_before(life, index), step.state));
    char* const begin = out;
    out = index == 0 ? append(out, "-") : dwell_.append(out, dwell_in(life, index - 1, {}));
    out = pad(out, begin, kDwellColumns);
    out = cells_.append_ends(out, life.local, life.remote, life.network_namespace);
    out = cells_.append_owner(out, &life);
    out = append_reason(out, life, index);
    *out++ = '\n';
    out_.commit(out);
}

void StepLines::happened(const Event& event, const Life* life) {
    if (!look_.details) {
        return;
    }
    char* out = out_.row();
    out = pad(context_.clock.append_time_of_day(out, event.at), out, kTimeColumns);
    char* begin = out;
    out = append(append(out, can_show_unicode() ? "· " : "* "), word_for(event.kind));
    out = pad(out, begin, kStateColumns);
    begin = out;
    out = pad(append(out, "-"), begin, kDwellColumns);
    // A socket whose connection has ended has given its port back.
    const SocketAddress& local = life != nullptr ? life->local : event.local;
    out = cells_.append_ends(out, local, life != nullptr ? life->remote : event.remote,
                             event.network_namespace);
    out = cells_.append_owner(out, life);
    out = append_printable(out, reason_for(event, *context_.reasons), kMostReasonBytes);
    *out++ = '\n';
    out_.commit(out);
}

void StepLines::ended(const Life& /*life*/) {}

}  // namespace tcpdx::trace
