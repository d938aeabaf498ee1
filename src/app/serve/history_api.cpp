#include "app/serve/history_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/serve/connections_api.h"
#include "app/serve/parameters.h"
#include "base/i18n.h"
#include "presentation/ending_names.h"
#include "presentation/json/life_json.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

using history::Micros;
using history::Sample;
using history::Seconds;
using nlohmann::ordered_json;

std::string dumped(const ordered_json& document) {
    return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Answer failed(const Error& error) {
    return error_answer(500, "failed", _(error.doing.c_str()));
}

Answer no_history() {
    return error_answer(404, "not-found", _("No history is kept here."));
}

// The members of a finding that the log adds, before those of the document.
ordered_json finding_with(std::int64_t id, bool active, Micros first, Micros last,
                          const ordered_json& document) {
    ordered_json object{{"id", "f-" + std::to_string(id)},
                        {"active", active},
                        {"first_seen_unix_s", unix_seconds(first)},
                        {"last_seen_unix_s", unix_seconds(last)}};
    object.update(document);
    return object;
}

ordered_json parsed(const std::string& text) {
    ordered_json document = ordered_json::parse(text, nullptr, false);
    return document.is_object() ? document : ordered_json::object();
}

// Steps that answers are made of, and no more than so many.
constexpr Seconds::rep kMostSteps = 2000;
constexpr Seconds::rep kFewestSteps = 300;

Seconds choose_step(const Period& period, std::int64_t wanted) {
    const auto length = std::chrono::duration_cast<Seconds>(period.to - period.from).count();
    Seconds chosen = history::kSteps.back();
    for (const Seconds step : history::kSteps) {
        const bool enough =
            wanted > 0 ? step.count() >= wanted : length / step.count() <= kFewestSteps * 3;
        if (enough && length / step.count() <= kMostSteps) {
            chosen = step;
            break;
        }
    }
    return chosen;
}

// Fits samples of one second into longer steps, as the recorder does.
std::vector<Sample> rolled_up(const std::vector<Sample>& samples, Seconds step) {
    std::vector<Sample> rolled;
    const auto add = [](std::optional<std::uint64_t>& sum,
                        const std::optional<std::uint64_t>& more) {
        sum = more ? std::optional(sum.value_or(0) + *more) : sum;
    };
    for (const Sample& sample : samples) {
        const Seconds begin(sample.begin.count() / step.count() * step.count());
        if (rolled.empty() || rolled.back().begin != begin) {
            rolled.push_back(sample);
            rolled.back().begin = begin;
            continue;
        }
        Sample& last = rolled.back();
        last.seconds += sample.seconds;
        for (std::size_t i = 0; i < last.sum.size(); ++i) {
            last.sum.at(i) += sample.sum.at(i);
            last.most.at(i) = std::max(last.most.at(i), sample.most.at(i));
        }
        last.happened.opened_actively += sample.happened.opened_actively;
        last.happened.opened_passively += sample.happened.opened_passively;
        last.happened.closed += sample.happened.closed;
        add(last.happened.resets_sent, sample.happened.resets_sent);
        add(last.happened.resets_received, sample.happened.resets_received);
        add(last.happened.retransmissions, sample.happened.retransmissions);
        add(last.happened.drops, sample.happened.drops);
    }
    return rolled;
}

ordered_json count_or_null(const std::optional<std::uint64_t>& count) {
    return count ? ordered_json(*count) : ordered_json(nullptr);
}

// One list per line of a chart, with null where nothing was recorded.
ordered_json series_json(const std::vector<Sample>& samples, Seconds from, Seconds to,
                         Seconds step) {
    ordered_json document{{"schema", "tcpdx.series/1"},
                          {"from_unix_s", from.count()},
                          {"to_unix_s", to.count()},
                          {"step_s", step.count()}};
    const char* const counts[] = {"opened_actively", "opened_passively", "closed", "resets_sent",
                                  "resets_received", "retransmissions",  "drops"};
    document["time_unix_s"] = ordered_json::array();
    for (const char* list : {"states", "states_most"}) {
        for (const TcpState state : kAllTcpStates) {
            document[list][std::string(rfc_name(state))] = ordered_json::array();
        }
    }
    for (const char* count : counts) {
        document[count] = ordered_json::array();
    }
    auto next = samples.begin();
    for (Seconds begin = from; begin < to; begin += step) {
        while (next != samples.end() && next->begin < begin) {
            ++next;
        }
        const Sample* sample = next != samples.end() && next->begin == begin ? &*next : nullptr;
        document["time_unix_s"].push_back(begin.count());
        for (const TcpState state : kAllTcpStates) {
            const auto index = static_cast<std::size_t>(state);
            const std::string name(rfc_name(state));
            if (sample == nullptr) {
                document["states"][name].push_back(nullptr);
                document["states_most"][name].push_back(nullptr);
                continue;
            }
            const double mean = static_cast<double>(sample->sum.at(index)) /
                                static_cast<double>(std::max<std::int64_t>(sample->seconds, 1));
            document["states"][name].push_back(std::round(mean * 100) / 100);
            document["states_most"][name].push_back(sample->most.at(index));
        }
        const history::Happened none{};
        const history::Happened& happened = sample == nullptr ? none : sample->happened;
        const auto known = [&](std::uint64_t count) {
            return sample == nullptr ? ordered_json(nullptr) : ordered_json(count);
        };
        document["opened_actively"].push_back(known(happened.opened_actively));
        document["opened_passively"].push_back(known(happened.opened_passively));
        document["closed"].push_back(known(happened.closed));
        document["resets_sent"].push_back(count_or_null(happened.resets_sent));
        document["resets_received"].push_back(count_or_null(happened.resets_received));
        document["retransmissions"].push_back(count_or_null(happened.retransmissions));
        document["drops"].push_back(count_or_null(happened.drops));
    }
    return document;
}

ordered_json gap_json(const history::Gap& gap) {
    ordered_json object{{"from_unix_s", unix_seconds(gap.begin)},
                        {"to_unix_s", unix_seconds(gap.end)},
                        {"reason", name_of(gap.reason)}};
    if (gap.lost > 0) {
        object["lost"] = gap.lost;
    }
    return object;
}

// A life without what the API does not know of the end of: ids, and when it began and ended.
ordered_json closed_json(const history::KeptLife& kept) {
    ordered_json object{
        {"id", ConnectionsApi::id_of(kept.life.network_namespace, kept.life.cookie)}};
    if (!kept.life.steps().front().began_unseen()) {
        object["opened_unix_s"] = unix_seconds(kept.life.steps().front().latest);
    }
    object["ended_unix_s"] = unix_seconds(kept.ended.value_or(Micros(0)));
    object.update(life_json(kept.life, {}, kept.reset_reason));
    return object;
}

}  // namespace

std::string findings_json(const std::vector<ShownFinding>& findings, Language language) {
    ordered_json list = ordered_json::array();
    for (const ShownFinding& finding : findings) {
        list.push_back(
            finding_with(finding.entry.id, finding.entry.active, finding.entry.first_seen,
                         finding.entry.last_seen,
                         parsed(language == Language::Korean ? finding.korean : finding.english)));
    }
    return dumped(list);
}

std::string findings_json(const std::vector<history::KeptFinding>& findings, Micros from, Micros to,
                          Language language) {
    ordered_json document{{"schema", "tcpdx.findings/1"},
                          {"from_unix_s", unix_seconds(from)},
                          {"to_unix_s", unix_seconds(to)}};
    document["findings"] = ordered_json::array();
    for (const history::KeptFinding& finding : findings) {
        const ordered_json documents = parsed(finding.document);
        const auto in_language = documents.find(language == Language::Korean ? "ko" : "en");
        if (in_language != documents.end()) {
            document["findings"].push_back(finding_with(
                finding.id, finding.active, finding.first_seen, finding.last_seen, *in_language));
        }
    }
    return dumped(document);
}

Answer HistoryApi::series(const Question& question) const {
    const auto asked = period(question);
    const auto wanted = whole_number(question, "step", 0, 1, 86400);
    if (!asked || !wanted) {
        return asked ? wanted.error() : asked.error();
    }
    Seconds step = choose_step(*asked, *wanted);
    std::vector<Sample> samples;
    std::vector<history::Gap> gaps;
    std::optional<Micros> oldest;
    const auto begin = [&] {
        return Seconds(std::chrono::duration_cast<Seconds>(asked->from).count() / step.count() *
                       step.count());
    };
    const auto end = std::chrono::ceil<Seconds>(asked->to);
    if (!file_.empty()) {
        const auto read = [&]() -> Result<> {
            history::Reader reader = TRY(history::Reader::open(file_));
            step = TRY(reader.kept_step(step, begin()));
            samples = TRY(reader.samples(step, begin(), end));
            gaps = TRY(reader.gaps(asked->from, asked->to));
            oldest = TRY(reader.oldest());
            return {};
        }();
        if (!read) {
            return failed(read.error());
        }
    } else {
        samples = monitor_.last_hour();
        std::erase_if(samples, [&](const Sample& sample) { return sample.begin < begin(); });
        samples = rolled_up(samples, step);
        if (const auto now = monitor_.now()) {
            oldest = now->host.watching_since;
        }
    }
    ordered_json document = series_json(samples, begin(), end, step);
    document["gaps"] = ordered_json::array();
    for (const history::Gap& gap : gaps) {
        document["gaps"].push_back(gap_json(gap));
    }
    if (oldest) {
        document["oldest_unix_s"] = unix_seconds(*oldest);
    }
    return {.body = dumped(document)};
}

Answer HistoryApi::findings(const Question& question) const {
    const auto asked = period(question);
    if (!asked) {
        return asked.error();
    }
    if (file_.empty()) {
        ordered_json document{{"schema", "tcpdx.findings/1"},
                              {"from_unix_s", unix_seconds(asked->from)},
                              {"to_unix_s", unix_seconds(asked->to)}};
        const auto looked = monitor_.looked();
        document["findings"] =
            looked == nullptr
                ? ordered_json::array()
                : ordered_json::parse(findings_json(looked->findings, question.language));
        return {.body = dumped(document)};
    }
    const auto read = [&]() -> Result<std::vector<history::KeptFinding>> {
        constexpr std::int64_t kMostFindings = 1000;
        history::Reader reader = TRY(history::Reader::open(file_));
        return reader.findings(asked->from, asked->to, kMostFindings);
    }();
    return read ? Answer{.body = findings_json(*read, asked->from, asked->to, question.language)}
                : failed(read.error());
}

Answer HistoryApi::closed(const Question& question) const {
    const auto asked = period(question);
    const auto offset = whole_number(question, "offset", 0, 0, INT32_MAX);
    const auto limit = whole_number(question, "limit", 100, 1, 1000);
    const auto port = whole_number(question, "port", 0, 1, 65535);
    for (const Answer* wrong :
         {asked ? nullptr : &asked.error(), offset ? nullptr : &offset.error(),
          limit ? nullptr : &limit.error(), port ? nullptr : &port.error()}) {
        if (wrong != nullptr) {
            return *wrong;
        }
    }
    if (file_.empty()) {
        return no_history();
    }
    history::EndedQuery query{.from = asked->from,
                              .to = asked->to,
                              .process = question.parameter("process").value_or(""),
                              .offset = *offset,
                              .limit = *limit};
    if (*port > 0) {
        query.port = static_cast<std::uint16_t>(*port);
    }
    if (const auto name = question.parameter("ending")) {
        const auto* const ending =
            std::find_if(trace::kAllEndings.begin(), trace::kAllEndings.end(),
                         [&](trace::Ending each) { return trace::name_of(each) == *name; });
        if (ending == trace::kAllEndings.end()) {
            return error_answer(400, "bad-number",
                                render({N_("'{0}' is no way for a connection to end."), {*name}}),
                                "ending");
        }
        query.ending = *ending;
    }
    ordered_json document{{"schema", "tcpdx.closed/1"},
                          {"from_unix_s", unix_seconds(asked->from)},
                          {"to_unix_s", unix_seconds(asked->to)},
                          {"total", 0},
                          {"offset", *offset},
                          {"limit", *limit}};
    document["connections"] = ordered_json::array();
    const auto read = [&]() -> Result<> {
        history::Reader reader = TRY(history::Reader::open(file_));
        document["total"] = TRY(reader.count_ended(query));
        return reader.lives_ended(query, [&](const history::KeptLife& life) {
            document["connections"].push_back(closed_json(life));
        });
    }();
    return read ? Answer{.body = dumped(document)} : failed(read.error());
}

// A life and, where it is on this host too, the one at the other end.
struct HistoryApi::Found {
    history::KeptLife life;
    std::optional<history::KeptLife> other;
};

std::optional<HistoryApi::Found> HistoryApi::find_open(std::uint32_t network_namespace,
                                                       std::uint64_t cookie) const {
    std::optional<Found> found;
    const trace::ReasonNames no_names;
    const trace::Time offset = HostMonitor::wall_offset();
    monitor_.with_tracker([&](const trace::LifeTracker& tracker) {
        const std::optional<trace::Life> life = tracker.open_life(cookie);
        if (!life || (network_namespace != 0 && life->network_namespace != 0 &&
                      life->network_namespace != network_namespace)) {
            return;
        }
        found = Found{.life = HostMonitor::kept(*life, offset, no_names), .other = {}};
        tracker.for_each_open([&](const trace::Life& each) {
            if (each.local == life->remote && each.remote == life->local && each.id != life->id &&
                !each.is_listener()) {
                found->other = HostMonitor::kept(each, offset, no_names);
            }
        });
    });
    return found;
}

std::optional<HistoryApi::Found> HistoryApi::find_kept(std::uint32_t network_namespace,
                                                       std::uint64_t cookie) const {
    if (file_.empty()) {
        return std::nullopt;
    }
    auto reader = history::Reader::open(file_);
    auto life = reader ? reader->life(network_namespace, cookie)
                       : Result<std::optional<history::KeptLife>>(std::nullopt);
    if (!life || !*life) {
        return std::nullopt;
    }
    Found found{.life = **life, .other = {}};
    if (auto other = reader->other_end(found.life)) {
        found.other = *other;
    }
    return found;
}

Answer HistoryApi::connection(const std::string& id, const std::string& row) const {
    const auto wanted = ConnectionsApi::parse_id(id);
    std::optional<Found> found;
    if (wanted) {
        found = find_open(wanted->network_namespace, wanted->cookie);
        if (!found) {
            found = find_kept(wanted->network_namespace, wanted->cookie);
        } else if (!found->other) {
            // The other end may have ended before.
            if (auto kept = find_kept(wanted->network_namespace, wanted->cookie)) {
                found->other = std::move(kept->other);
            }
        }
    }
    if (!found) {
        return error_answer(404, "not-found",
                            _("There is no such connection, as far as is known here."));
    }
    const trace::Life& life = found->life.life;
    const Micros now = since_epoch();
    ordered_json document{{"schema", "tcpdx.connection/1"},
                          {"at_unix_s", unix_seconds(now)},
                          {"id", id},
                          {"open", !life.ended() && !found->life.ended}};
    if (!row.empty()) {
        document["row"] = ordered_json::parse(row, nullptr, false);
    }
    document["life"] = life_json(life, now, found->life.reset_reason);
    if (!life.is_listener()) {
        ordered_json& peer = document["peer"];
        if (found->other) {
            const history::KeptLife& other = *found->other;
            peer = {{"where", "here"}};
            if (other.life.cookie != 0) {
                peer["id"] = ConnectionsApi::id_of(other.life.network_namespace, other.life.cookie);
            }
            peer["life"] = life_json(other.life, now, other.reset_reason);
        } else {
            peer = {{"where", "elsewhere"}};
            peer["possible_states"] = ordered_json::array();
            for (const TcpState state : possible_at_peer(life.state())) {
                peer["possible_states"].push_back(rfc_name(state));
            }
        }
    }
    return {.body = dumped(document)};
}

}  // namespace tcpdx::app
