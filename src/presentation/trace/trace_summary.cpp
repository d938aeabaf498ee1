#include "presentation/trace/trace_summary.h"

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "presentation/trace/json_members.h"
#include "presentation/trace/trace_words.h"

namespace tcpdx::trace {
namespace {

std::int64_t number(std::uint64_t count) {
    return static_cast<std::int64_t>(count);
}

using ByName = std::map<std::string, std::uint64_t, std::less<>>;

std::string list_of(const ByName& by_name) {
    std::string text;
    for (const auto& [name, count] : by_name) {
        text += (text.empty() ? "" : ", ") + std::to_string(count) + ' ' +
                (name.empty() ? _("without a reason") : name);
    }
    return text;
}

// `,"key":{"NAME":3}`, or nothing when there are none.
std::string json_of(std::string_view key, const ByName& by_name) {
    if (by_name.empty()) {
        return {};
    }
    std::string text = ",\"" + std::string(key) + "\":{";
    bool first = true;
    for (const auto& [name, count] : by_name) {
        text += (first ? "\"" : ",\"") + (name.empty() ? "UNKNOWN" : name) +
                "\":" + std::to_string(count);
        first = false;
    }
    return text + '}';
}

std::string endings_text(const Totals& totals) {
    std::string text;
    for (const Ending ending : kAllEndings) {
        if (totals.endings(ending) > 0) {
            text += (text.empty() ? "" : ", ") + std::to_string(totals.endings(ending)) + ' ' +
                    word_for(ending);
        }
    }
    return text;
}

}  // namespace

std::string summary_text(const Summary& summary) {
    const Totals& totals = summary.totals;
    std::string text;
    const auto add = [&text](const Message& message) { text += tcpdx::render(message) + '\n'; };
    add({N_("Watched for {0}: {1} changes of state, {2} connections ended, {3} still open."),
         {summary.lasted, number(totals.steps), number(totals.all_ended()),
          number(summary.still_open)}});
    if (totals.all_ended() > 0) {
        add({N_("Ended: {0}."), {endings_text(totals)}});
    }
    if (!totals.resets_sent.empty()) {
        add({N_("Resets sent: {0}."), {list_of(totals.resets_sent)}});
    }
    if (!totals.drops.empty()) {
        add({N_("Packets dropped: {0}."), {list_of(totals.drops)}});
    }
    if (summary.lost_changes + summary.lost_details > 0) {
        add({N_("Lost: {0} changes of state and {1} details that came faster than they could be "
                "read; connections that lack something are marked."),
             {number(summary.lost_changes), number(summary.lost_details)}});
        for (std::size_t cpu = 0; cpu < summary.lost_per_cpu.size(); ++cpu) {
            if (summary.lost_per_cpu[cpu] > 0) {
                add({N_("  CPU {0}: {1}"), {number(cpu), number(summary.lost_per_cpu[cpu])}});
            }
        }
    } else if (!summary.sampled) {
        add({N_("Nothing was lost.")});
    }
    if (summary.unreadable > 0) {
        add({N_("{0} events could not be understood."), {number(summary.unreadable)}});
    }
    return text;
}

std::string summary_json(const Summary& summary) {
    const Totals& totals = summary.totals;
    char room[1024];
    char* out = room;
    const auto add = [&out](std::string_view key, std::uint64_t value) {
        out = member(out, key, number(value));
    };
    add("lasted_ms", static_cast<std::uint64_t>(summary.lasted.count()));
    add("steps", totals.steps);
    add("opened_actively", totals.opened_actively);
    add("opened_passively", totals.opened_passively);
    add("established", totals.established);
    add("still_open", summary.still_open);
    add("incomplete", totals.incomplete);
    add("retransmissions", totals.retransmissions);
    add("resets_received", totals.resets_received);
    add("lost_changes", summary.lost_changes);
    add("lost_details", summary.lost_details);
    if (summary.sampled) {
        out = flag(out, "sampled");
    }
    std::string text = R"({"type":"end")" + std::string(room, out) + ",\"ended\":{";
    bool first = true;
    for (const Ending ending : kAllEndings) {
        if (totals.endings(ending) > 0) {
            text += (first ? "\"" : ",\"") + std::string(name_of(ending)) +
                    "\":" + std::to_string(totals.endings(ending));
            first = false;
        }
    }
    text += '}' + json_of("resets_sent", totals.resets_sent) + json_of("drops", totals.drops);
    if (summary.lost_changes + summary.lost_details > 0) {
        text += ",\"lost_per_cpu\":[";
        for (std::size_t cpu = 0; cpu < summary.lost_per_cpu.size(); ++cpu) {
            text += (cpu == 0 ? "" : ",") + std::to_string(summary.lost_per_cpu[cpu]);
        }
        text += ']';
    }
    if (!summary.unseen.empty()) {
        text += ",\"unseen\":[";
        for (std::size_t i = 0; i < summary.unseen.size(); ++i) {
            const std::string what = tcpdx::render(summary.unseen[i].what);
            std::string quoted(what.size() * 6 + 2, '\0');
            quoted.resize(
                static_cast<std::size_t>(append_json_string(quoted.data(), what) - quoted.data()));
            text += (i == 0 ? "" : ",") + quoted;
        }
        text += ']';
    }
    return text + "}\n";
}

}  // namespace tcpdx::trace
