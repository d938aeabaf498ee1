#include "presentation/html/capture_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/i18n.h"
#include "presentation/capture_words.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "presentation/text/capture_ladder.h"
#include "presentation/text/capture_table.h"
#include "presentation/text/finding_text.h"

namespace tcpdx {
namespace {

// A page with more becomes slower than a terminal.
constexpr std::size_t kMostLadders = 500;
constexpr std::size_t kMostRows = 5000;

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}"
    "pre{font:13px/1.35 ui-monospace,monospace;overflow-x:auto;padding:.7rem;"
    "background:#8881;border-radius:.4rem}"
    "table{border-collapse:collapse;font-size:13px;display:block;overflow-x:auto}"
    "th,td{padding:.2rem .6rem;text-align:left;border-bottom:1px solid #8884;white-space:nowrap}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}"
    "summary{cursor:pointer;padding:.2rem 0}"
    ".problem{border-left:.3rem solid #c22}.warning{border-left:.3rem solid #c90}"
    ".information{border-left:.3rem solid #47a}"
    ".bad td:last-child{color:#c22;font-weight:600}"
    ":root{color-scheme:light dark}"
    "@media (prefers-color-scheme:dark){body{background:#16181c;color:#ddd}a{color:#8bf}"
    ".bad td:last-child{color:#f77}}";

// Addresses and file names come from outside.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

const char* css_class(diagnosis::Severity severity) {
    switch (severity) {
        case diagnosis::Severity::Information:
            return "information";
        case diagnosis::Severity::Warning:
            return "warning";
        case diagnosis::Severity::Problem:
            return "problem";
    }
    return "";
}

bool went_wrong(CapturedOutcome outcome) {
    return outcome == CapturedOutcome::Refused || outcome == CapturedOutcome::RefusedIcmp ||
           outcome == CapturedOutcome::Unanswered || outcome == CapturedOutcome::Reset ||
           outcome == CapturedOutcome::HalfOpen;
}

struct HostSum {
    std::uint64_t opened = 0;
    std::uint64_t listened = 0;
    std::uint64_t failed = 0;
    std::uint64_t resent = 0;
    std::uint64_t bytes = 0;
};

std::string hosts(const Captured& captured) {
    std::map<IpAddress, HostSum> sums;
    for (const auto& [address, host] : captured.compact_sums.hosts) {
        sums[address] = {.opened = host.opened,
                         .listened = host.accepted,
                         .failed = host.failed,
                         .resent = host.retransmissions,
                         .bytes = host.payload_bytes};
    }
    for (const CapturedConnection& connection : captured.connections) {
        for (std::size_t end = 0; end < 2; ++end) {
            const CapturedEnd& one = connection.ends.at(end);
            HostSum& sum = sums[one.address.address];
            sum.opened += one.opener == Opener::Active ? 1U : 0U;
            sum.listened += one.opener == Opener::Passive ? 1U : 0U;
            sum.failed += went_wrong(connection.outcome) ? 1U : 0U;
            sum.resent += one.sent.retransmissions;
            sum.bytes += one.sent.payload_bytes;
        }
    }
    std::vector<std::pair<IpAddress, HostSum>> order(sums.begin(), sums.end());
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
        return a.second.opened + a.second.listened > b.second.opened + b.second.listened;
    });
    std::string text = fmt::format(
        "<h2>{}</h2><table><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th>"
        "</tr>\n",
        _("Hosts"), _("ADDRESS"), _("OPENED"), _("ACCEPTED"), _("FAILED"), _("RESENT"), _("BYTES"));
    constexpr std::size_t kMostHosts = 200;
    for (std::size_t i = 0; i < std::min(kMostHosts, order.size()); ++i) {
        const HostSum& sum = order[i].second;
        text += fmt::format(
            "<tr><td>{}</td><td class=n>{}</td><td class=n>{}</td><td class=n>{}</td>"
            "<td class=n>{}</td><td class=n>{}</td></tr>\n",
            to_string(order[i].first), sum.opened, sum.listened, sum.failed, sum.resent, sum.bytes);
    }
    return text + "</table>\n";
}

std::string row(const CapturedConnection& connection, const Captured& captured, bool has_ladder) {
    const auto start = connection.first - captured.first.value_or(connection.first);
    const auto state = [](const CapturedEnd& end) {
        const CapturedState* last = end.last();
        return last == nullptr ? std::string("-")
               : is_too_many(last->possible) ||
                       (last->packet == 0 && last->inferred && !last->certain() &&
                        !last->possible.contains(TcpState::SynSent))
                   ? std::string("?")
                   : possible_states(last->possible);
    };
    const std::string number = has_ladder
                                   ? fmt::format("<a href=\"#c{0}\">{0}</a>", connection.number)
                                   : std::to_string(connection.number);
    return fmt::format(
        "<tr{}><td class=n>{}</td><td>{}</td><td>{}</td><td class=n>{:.3f}</td><td class=n>{}</td>"
        "<td>{}</td><td>{}</td><td class=n>{}/{}</td><td class=n>{}/{}</td><td>{}</td></tr>\n",
        went_wrong(connection.outcome) ? " class=bad" : "", number,
        to_string(connection.ends[0].address), to_string(connection.ends[1].address),
        std::chrono::duration<double>(start).count(),
        short_time(connection.last - connection.first), state(connection.ends[0]),
        state(connection.ends[1]), connection.ends[0].sent.payload_bytes,
        connection.ends[1].sent.payload_bytes, connection.ends[0].sent.retransmissions,
        connection.ends[1].sent.retransmissions, _(outcome_text(connection.outcome)));
}

}  // namespace

std::string capture_page(const Captured& captured, const Observations& seen,
                         const std::vector<diagnosis::Finding>& findings,
                         const std::vector<std::uint32_t>& numbers) {
    const Screen plain{.terminal = false, .colour = false, .width = 100};
    std::string title;
    for (const std::string& file : captured.files) {
        title += (title.empty() ? "" : ", ") + file;
    }
    std::string page = fmt::format(
        "<!doctype html>\n<html lang=\"{}\"><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\"><title>tcpdx: {}</title>"
        "<style>{}</style>\n<h1>{}</h1>\n<pre>{}</pre>\n",
        language() == Language::Korean ? "ko" : "en", escaped(title), kStyle, escaped(title),
        escaped(capture_summary(captured, plain)));
    for (const diagnosis::Finding& finding : findings) {
        page += fmt::format("<pre class=\"{}\">{}</pre>\n", css_class(finding.severity),
                            escaped(finding_text(finding, seen, plain)));
    }
    page += hosts(captured);
    page += fmt::format(
        "<h2>{}</h2><table><tr><th>#</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th>"
        "<th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr>\n",
        _("Connections"), _("OPENER"), _("OTHER END"), _("START s"), _("LASTED"), _("STATE"),
        _("STATE"), _("BYTES"), _("RESENT"), _("OUTCOME"));
    for (std::size_t i = 0; i < std::min(kMostRows, numbers.size()); ++i) {
        if (const auto connection = captured.find(numbers[i])) {
            page += row(*connection, captured, i < kMostLadders);
        }
    }
    page += "</table>\n";
    if (numbers.size() > kMostLadders) {
        page += fmt::format("<p>{}</p>\n",
                            render(Message{N_("Ladders of the first {0} of {1} connections."),
                                           {static_cast<std::int64_t>(kMostLadders),
                                            static_cast<std::int64_t>(numbers.size())}}));
    }
    for (std::size_t i = 0; i < std::min(kMostLadders, numbers.size()); ++i) {
        const auto found = captured.find(numbers[i]);
        if (!found) {
            continue;
        }
        const CapturedConnection& connection = *found;
        // The first is open: it shows what the others hold.
        page += fmt::format(
            "<details id=\"c{}\"{}><summary>{}. {} – {}</summary><pre>{}</pre>"
            "</details>\n",
            connection.number, i == 0 ? " open" : "", connection.number,
            to_string(connection.ends[0].address), to_string(connection.ends[1].address),
            escaped(capture_ladder(connection, findings_about(captured, connection, findings),
                                   plain, true)));
    }
    return page + "</html>\n";
}

}  // namespace tcpdx
